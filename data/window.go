package data

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"os"

	"simgan/data/jpegcrop"
)

// decodeWindow is a window of a PNG or JPEG, chosen when the picture's width and height are known: x, y from the top
// left, w, h. Outside of the picture its border is repeated. Of a baseline JPEG only the window is decoded, to the same
// pixels; damage behind the window, short of a cut end, is not seen then.
func decodeWindow(path string, choose func(width, height int) (x, y, w, h int)) (Image, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Image{}, err
	}
	config, kind, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return Image{}, unreadable(path, "PNG or JPEG", err)
	}
	if config.Width > maxSide || config.Height > maxSide {
		return Image{}, fmt.Errorf("%s: %dx%d pixels are more than %d a side", path, config.Width, config.Height, maxSide)
	}
	x, y, w, h := choose(config.Width, config.Height)
	inside := image.Rect(clampTo(x, config.Width), clampTo(y, config.Height), clampTo(x+w-1, config.Width)+1, clampTo(y+h-1, config.Height)+1)
	var at image.Point
	if kind == "jpeg" {
		if small, corner, ok := jpegcrop.Window(content, inside); ok {
			content, at = small, corner
		}
	}
	m, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return Image{}, unreadable(path, kind, err)
	}
	if part, ok := m.(interface {
		SubImage(image.Rectangle) image.Image
	}); ok {
		m = part.SubImage(inside.Sub(at))
	} else {
		inside.Min = at
	}
	return fromStd(m).Crop(x-inside.Min.X, y-inside.Min.Y, w, h), nil
}

// clampTo is the place in 0..n-1 nearest to v.
func clampTo(v, n int) int { return min(max(v, 0), n-1) }

// fromYCbCr is fromColour for JPEGs, the same values without an interface call a pixel.
func fromYCbCr(m *image.YCbCr) Image {
	b := m.Bounds()
	out := NewImage(3, b.Dy(), b.Dx(), 8)
	n := out.H * out.W
	for y := range out.H {
		for x := range out.W {
			luma, chroma := m.YOffset(b.Min.X+x, b.Min.Y+y), m.COffset(b.Min.X+x, b.Min.Y+y)
			red, green, blue := color.YCbCrToRGB(m.Y[luma], m.Cb[chroma], m.Cr[chroma])
			i := y*out.W + x
			out.Pix[i], out.Pix[n+i], out.Pix[2*n+i] = uint16(red), uint16(green), uint16(blue)
		}
	}
	return out
}
