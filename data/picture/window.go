package picture

import (
	"bytes"
	"image"
	"sync"

	"simgan/data/picture/jpegcrop"
	"simgan/internal/inputfile"
)

// contents holds buffers for whole files.
var contents = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// cutters keep their buffers and the tables of earlier files.
var cutters = sync.Pool{New: func() any { return new(jpegcrop.Cutter) }}

// DecodeWindow returns a grey window of a picture that Decode reads. choose gets the picture's width and height and returns the
// window's top left corner, width and height. Outside the picture its border is repeated. For a baseline JPEG only the
// window is decoded, with identical pixels; damage after the window goes unnoticed unless the file is truncated.
func DecodeWindow(path string, choose func(width, height int) (x, y, w, h int)) (Image, error) {
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
			return Image{}, unknown(path, bytes.NewReader(content), err)
		}
		width, height, kind = config.Width, config.Height, other
	}
	if kind != "jpeg" && kind != "png" || orientation(bytes.NewReader(content)) != upright {
		return cropWhole(path, choose)
	}
	if err := CheckSize(path, width, height); err != nil {
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
			kind, err = kinds, header
		}
		return Image{}, Unreadable(path, kind, err)
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

// cropWhole is DecodeWindow for files whose pixels are not where their window is.
func cropWhole(path string, choose func(width, height int) (x, y, w, h int)) (Image, error) {
	m, err := Decode(path)
	if err != nil {
		return Image{}, err
	}
	x, y, w, h := choose(m.W, m.H)
	return m.Grey().Crop(x, y, w, h), nil
}

// readInto replaces the buffer's content with a whole file.
func readInto(b *bytes.Buffer, path string) error {
	b.Reset()
	file, err := inputfile.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = b.ReadFrom(file)
	return err
}

// clampTo returns the integer in 0..n-1 nearest to v.
func clampTo(v, n int) int { return min(max(v, 0), n-1) }
