package picture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"

	"simgan/internal/atomicfile"
	"simgan/internal/inputfile"
	"simgan/internal/memory"
)

// Bounds of a picture, so that a small file cannot request all memory.
const (
	MaxSide   = 16384    // height and width
	maxPixels = 64 << 20 // their product; decoding takes up to 30 bytes per pixel, 2 GB in all
)

// Decode reads a PNG, JPEG, TIFF or WebP of 8 or 16 bits, turned as its EXIF orientation says: grey as 1 channel,
// everything else as 3. Alpha is dropped: a transparent pixel has the colour that it is stored with.
func Decode(path string) (Image, error) {
	file, err := inputfile.Open(path)
	if err != nil {
		return Image{}, err
	}
	defer file.Close()
	config, _, err := image.DecodeConfig(bufio.NewReader(file))
	if err != nil {
		return Image{}, unknown(path, file, err)
	}
	if err := CheckSize(path, config.Width, config.Height); err != nil {
		return Image{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return Image{}, err
	}
	m, kind, err := image.Decode(bufio.NewReader(file))
	if err != nil {
		return Image{}, Unreadable(path, kind, err)
	}
	return fromFile(m, kind, file), nil
}

// CheckSize refuses pictures larger than MaxSide and maxPixels or than the free memory, and pictures without pixels,
// which JPEG headers allow. what is the file, or what else asks for the size.
func CheckSize(what string, width, height int) error {
	const decoded = 30 // bytes per pixel, measured with colour of 16 bits
	switch {
	case width < 1 || height < 1:
		return fmt.Errorf("%s: has %dx%d pixels: replace or remove the file", what, width, height)
	case width > MaxSide || height > MaxSide || width*height > maxPixels:
		return fmt.Errorf("%s: has %dx%d pixels; a picture may have %d per side and %d in all: make it smaller, or cut it",
			what, width, height, MaxSide, maxPixels)
	}
	return memory.Check(what, decoded*float64(width*height), "make the picture smaller, or lower data.workers")
}

// ReadSize returns the width and height of a picture that Decode reads, from its header.
func ReadSize(path string) (w, h int, err error) {
	file, err := inputfile.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	config, _, err := image.DecodeConfig(bufio.NewReader(file))
	if err != nil {
		return 0, 0, unknown(path, file, err)
	}
	if orientation(file) >= 5 {
		return config.Height, config.Width, nil
	}
	return config.Width, config.Height, nil
}

// cutShort holds what the decoders of PNG and JPEG report if the data ends too early.
var cutShort = []string{"not enough pixel data", "short Huffman data"}

// Unreadable returns the error for a file of the kind, for instance "PNG", whose decoder failed with err.
func Unreadable(path, kind string, err error) error {
	truncated := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		slices.ContainsFunc(cutShort, func(sign string) bool { return strings.Contains(err.Error(), sign) })
	what := "is not a readable " + kind
	if truncated {
		what = "is a truncated " + kind
	}
	return fmt.Errorf("%s: %s (%w): replace or remove the file", path, what, err)
}

// EncodePNG writes an image of 1 or 3 channels and 8 or 16 bits under a temporary name, then renames the file.
func EncodePNG(path string, m Image) error {
	return replace(path, func(w io.Writer) error { return WritePNG(w, m) })
}

// WritePNG writes an image of 1 or 3 channels and 8 or 16 bits as a PNG.
func WritePNG(w io.Writer, m Image) error { return png.Encode(w, m.std()) }

// EncodeJPEG writes an image of 1 or 3 channels and 8 bits at quality 95 under a temporary name, then renames the file.
func EncodeJPEG(path string, m Image) error {
	return replace(path, func(w io.Writer) error { return jpeg.Encode(w, m.std(), &jpeg.Options{Quality: 95}) })
}

// Recompress returns an image of 1 or 3 channels and 8 bits as a JPEG of the quality (1 to 100) shows it.
func (m Image) Recompress(quality int) Image {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m.std(), &jpeg.Options{Quality: quality}); err != nil {
		return m // cannot happen: the sides are below MaxSide, and writing to a buffer never fails
	}
	decoded, err := jpeg.Decode(&file)
	if err != nil {
		return m // cannot happen: the JPEG was just encoded
	}
	return fromStd(decoded)
}

func replace(path string, encode func(io.Writer) error) error {
	file, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer file.Cleanup()
	if err := encode(file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return file.CloseAtomicallyReplace()
}
