package data

import (
	"bytes"
	"image"
	"image/color"
	"os"
	"sync"

	"simgan/data/jpegcrop"
)

// contents are buffers for files that are read whole and not kept.
var contents = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// cutters have room for what they do, and the tables of the files before.
var cutters = sync.Pool{New: func() any { return new(jpegcrop.Cutter) }}

// decodeWindow is a grey window of a PNG or JPEG, chosen when the picture's width and height are known: x, y from the top
// left, w, h. Outside of the picture its border is repeated. Of a baseline JPEG only the window is decoded, to the same
// pixels; damage behind the window, short of a cut end, is not seen then.
func decodeWindow(path string, choose func(width, height int) (x, y, w, h int)) (Image, error) {
	buffer, cutter := contents.Get().(*bytes.Buffer), cutters.Get().(*jpegcrop.Cutter)
	defer contents.Put(buffer)
	defer cutters.Put(cutter)
	if err := readInto(buffer, path); err != nil {
		return Image{}, err
	}
	content, kind := buffer.Bytes(), "jpeg"
	width, height, cuttable := cutter.Open(content)
	if !cuttable {
		config, other, err := image.DecodeConfig(bytes.NewReader(content))
		if err != nil {
			return Image{}, unreadable(path, "PNG or JPEG", err)
		}
		width, height, kind = config.Width, config.Height, other
	}
	if err := checkSides(path, width, height); err != nil {
		return Image{}, err
	}
	x, y, w, h := choose(width, height)
	inside := image.Rect(clampTo(x, width), clampTo(y, height), clampTo(x+w-1, width)+1, clampTo(y+h-1, height)+1)
	var at image.Point
	if cuttable {
		if small, corner, ok := cutter.Window(inside); ok {
			content, at = small, corner
		}
	}
	m, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		if _, _, header := image.DecodeConfig(bytes.NewReader(buffer.Bytes())); header != nil {
			kind, err = "PNG or JPEG", header
		}
		return Image{}, unreadable(path, kind, err)
	}
	if part, ok := m.(interface {
		SubImage(image.Rectangle) image.Image
	}); ok {
		m = part.SubImage(inside.Sub(at))
	} else {
		inside.Min = at
	}
	return greyStd(m).Crop(x-inside.Min.X, y-inside.Min.Y, w, h), nil
}

// readInto reads a whole file in the place of what the buffer had.
func readInto(b *bytes.Buffer, path string) error {
	b.Reset()
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = b.ReadFrom(file)
	return err
}

// clampTo is the place in 0..n-1 nearest to v.
func clampTo(v, n int) int { return min(max(v, 0), n-1) }

// greyStd is fromStd(m).Grey(), of a JPEG without its colours in between.
func greyStd(m image.Image) Image {
	colour, ok := m.(*image.YCbCr)
	if !ok {
		return fromStd(m).Grey()
	}
	b := m.Bounds()
	out, row := NewImage(1, b.Dy(), b.Dx(), 8), make([]uint16, 3*b.Dx())
	w := out.W
	for y := range out.H {
		rowRGB(colour, y, row[:w], row[w:2*w], row[2*w:])
		greyRow(row[:w], row[w:2*w], row[2*w:], out.Pix[y*w:(y+1)*w])
	}
	return out
}

// fromYCbCr is fromColour for JPEGs, the same values without an interface call a pixel.
func fromYCbCr(m *image.YCbCr) Image {
	b := m.Bounds()
	out := NewImage(3, b.Dy(), b.Dx(), 8)
	n, w := out.H*out.W, out.W
	for y := range out.H {
		rowRGB(m, y, out.Pix[y*w:(y+1)*w], out.Pix[n+y*w:n+(y+1)*w], out.Pix[2*n+y*w:2*n+(y+1)*w])
	}
	return out
}

// chromaShift says how many columns share a chroma sample: 1 << shift.
var chromaShift = map[image.YCbCrSubsampleRatio]int{
	image.YCbCrSubsampleRatio422: 1, image.YCbCrSubsampleRatio420: 1, image.YCbCrSubsampleRatio411: 2, image.YCbCrSubsampleRatio410: 2,
}

// rowRGB converts row y of a JPEG's picture, counted from its bounds.
func rowRGB(m *image.YCbCr, y int, red, green, blue []uint16) {
	from, shift := m.Rect.Min.X, chromaShift[m.SubsampleRatio]
	luma, chroma := m.Y[m.YOffset(from, m.Rect.Min.Y+y):], m.COffset(from, m.Rect.Min.Y+y)
	cb, cr := m.Cb[chroma:], m.Cr[chroma:]
	for x := range red {
		c := (from+x)>>shift - from>>shift
		r, g, b := color.YCbCrToRGB(luma[x], cb[c], cr[c])
		red[x], green[x], blue[x] = uint16(r), uint16(g), uint16(b)
	}
}
