package data

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
)

// maxSide bounds an image's height and width, so that a broken header cannot ask for all memory.
const maxSide = 16384

// NewImage is a black image.
func NewImage(c, h, w, bits int) Image {
	return Image{C: c, H: h, W: w, Bits: bits, Pix: make([]uint16, c*h*w)}
}

// decodeFile reads a PNG or JPEG of 8 or 16 bits: grey as 1 channel, all else as 3; alpha is dropped.
func decodeFile(path string) (Image, error) {
	file, err := os.Open(path)
	if err != nil {
		return Image{}, err
	}
	defer file.Close()
	config, kind, err := image.DecodeConfig(bufio.NewReader(file))
	if err != nil {
		return Image{}, unreadable(path, "PNG or JPEG", err)
	}
	if err := checkSides(path, config.Width, config.Height); err != nil {
		return Image{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return Image{}, err
	}
	m, _, err := image.Decode(bufio.NewReader(file))
	if err != nil {
		return Image{}, unreadable(path, kind, err)
	}
	return fromStd(m), nil
}

// checkSides refuses pictures without pixels, which JPEG's header allows, and beyond maxSide.
func checkSides(path string, width, height int) error {
	switch {
	case width < 1 || height < 1:
		return fmt.Errorf("%s: %dx%d pixels are no picture: replace or remove the file", path, width, height)
	case width > maxSide || height > maxSide:
		return fmt.Errorf("%s: %dx%d pixels are more than %d a side", path, width, height, maxSide)
	}
	return nil
}

// imageSize is the width and height that a PNG or JPEG says it has.
func imageSize(path string) (w, h int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	config, _, err := image.DecodeConfig(bufio.NewReader(file))
	if err != nil {
		return 0, 0, unreadable(path, "PNG or JPEG", err)
	}
	return config.Width, config.Height, nil
}

// cutShort are what the decoders of PNG and JPEG say where the data ends too early.
var cutShort = []string{"not enough pixel data", "short Huffman data"}

func unreadable(path, kind string, err error) error {
	what := "is no readable " + kind
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || slices.ContainsFunc(cutShort, func(sign string) bool { return strings.Contains(err.Error(), sign) }) {
		what = "is a truncated " + kind
	}
	return fmt.Errorf("%s: %s (%w): replace or remove the file", path, what, err)
}

// fromStd copies a standard library image.
func fromStd(m image.Image) Image {
	b := m.Bounds()
	switch g := m.(type) {
	case *image.Gray:
		out := NewImage(1, b.Dy(), b.Dx(), 8)
		for y := range out.H {
			widenInto(out.Pix[y*out.W:(y+1)*out.W], g.Pix[y*g.Stride:])
		}
		return out
	case *image.Gray16:
		out := NewImage(1, b.Dy(), b.Dx(), 16)
		for i := range out.Pix {
			out.Pix[i] = g.Gray16At(b.Min.X+i%out.W, b.Min.Y+i/out.W).Y
		}
		return out
	case *image.YCbCr:
		return fromYCbCr(g)
	}
	return fromColour(m)
}

// fromColour takes the colours without their alpha: a transparent pixel keeps the colour it is stored with.
func fromColour(m image.Image) Image {
	b := m.Bounds()
	bits, shift := 8, 8
	switch m.(type) {
	case *image.RGBA64, *image.NRGBA64:
		bits, shift = 16, 0
	}
	out := NewImage(3, b.Dy(), b.Dx(), bits)
	n := out.H * out.W
	for i := range n {
		c := color.NRGBA64Model.Convert(m.At(b.Min.X+i%out.W, b.Min.Y+i/out.W)).(color.NRGBA64)
		out.Pix[i], out.Pix[n+i], out.Pix[2*n+i] = c.R>>shift, c.G>>shift, c.B>>shift
	}
	return out
}

// std is the image as the standard library's, for encoding: 8 or 16 bits, grey or colour.
func (m Image) std() image.Image {
	r := image.Rect(0, 0, m.W, m.H)
	n := m.H * m.W
	switch {
	case m.C == 1 && m.Bits == 8:
		g := image.NewGray(r)
		for i, v := range m.Pix {
			g.Pix[i] = uint8(v)
		}
		return g
	case m.C == 1:
		g := image.NewGray16(r)
		for i, v := range m.Pix {
			g.SetGray16(i%m.W, i/m.W, color.Gray16{Y: v})
		}
		return g
	case m.Bits == 8:
		g := image.NewNRGBA(r)
		for i := range n {
			g.SetNRGBA(i%m.W, i/m.W, color.NRGBA{uint8(m.Pix[i]), uint8(m.Pix[n+i]), uint8(m.Pix[2*n+i]), 255})
		}
		return g
	}
	g := image.NewNRGBA64(r)
	for i := range n {
		g.SetNRGBA64(i%m.W, i/m.W, color.NRGBA64{m.Pix[i], m.Pix[n+i], m.Pix[2*n+i], 65535})
	}
	return g
}

// EncodePNG writes the image, 1 or 3 channels of 8 or 16 bits, under a temporary name and renames it.
func EncodePNG(path string, m Image) error {
	file, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer file.Cleanup()
	if err := png.Encode(file, m.std()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return file.CloseAtomicallyReplace()
}

// encodeJPEG writes the image, 1 or 3 channels of 8 bits, at quality 95, under a temporary name and renames it.
func encodeJPEG(path string, m Image) error {
	file, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer file.Cleanup()
	if err := jpeg.Encode(file, m.std(), &jpeg.Options{Quality: 95}); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return file.CloseAtomicallyReplace()
}

// Grey is the image's luma (Rec. 601: 0.299 R + 0.587 G + 0.114 B); a grey image is itself.
func (m Image) Grey() Image {
	if m.C == 1 {
		return m
	}
	out := NewImage(1, m.H, m.W, m.Bits)
	n := m.H * m.W
	greyRow(m.Pix[:n], m.Pix[n:2*n], m.Pix[2*n:], out.Pix)
	return out
}

// greyRow writes the luma of pixels.
func greyRow(red, green, blue, dst []uint16) {
	for i, r := range red {
		dst[i] = uint16(0.299*float64(r) + 0.587*float64(green[i]) + 0.114*float64(blue[i]) + 0.5)
	}
}

// Crop is the window of w x h at (x0, y0); where it leaves the image, the border is repeated.
func (m Image) Crop(x0, y0, w, h int) Image {
	if x0 == 0 && y0 == 0 && w == m.W && h == m.H {
		return m
	}
	out := NewImage(m.C, h, w, m.Bits)
	for c := range m.C {
		for y := range h {
			row := (c*m.H + min(max(y0+y, 0), m.H-1)) * m.W
			for x := range w {
				out.Pix[(c*h+y)*w+x] = m.Pix[row+min(max(x0+x, 0), m.W-1)]
			}
		}
	}
	return out
}

// Mirror is the image flipped left to right.
func (m Image) Mirror() Image {
	out := NewImage(m.C, m.H, m.W, m.Bits)
	for i := range m.Pix {
		out.Pix[i] = m.Pix[i-i%m.W+m.W-1-i%m.W]
	}
	return out
}
