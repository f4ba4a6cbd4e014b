package data

import (
	"bufio"
	"fmt"
	"image"
	"image/png"
	"io"

	"simgan/data/picture"
	"simgan/data/simulate"
	"simgan/internal/inputfile"
)

// readNYU reads a depth picture in NYU's encoding: 640 x 480 RGB, 8 bits, R = 0, depth in mm = G*256 + B.
func readNYU(path string) ([]uint16, error) {
	file, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return decodeNYU(path, file)
}

func decodeNYU(path string, file io.ReadSeeker) ([]uint16, error) {
	config, err := png.DecodeConfig(bufio.NewReader(file))
	if err != nil {
		return nil, picture.Unreadable(path, "PNG", err)
	}
	if config.Width != simulate.DepthWidth || config.Height != simulate.DepthHeight {
		return nil, notNYU(path, fmt.Sprintf("it has %dx%d pixels", config.Width, config.Height))
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	m, err := png.Decode(bufio.NewReader(file))
	if err != nil {
		return nil, picture.Unreadable(path, "PNG", err)
	}
	rgb, ok := m.(*image.RGBA) // the decoder's type for RGB without alpha
	if !ok {
		return nil, notNYU(path, fmt.Sprintf("it is not RGB of 8 bits but a %T", m))
	}
	depth := make([]uint16, len(rgb.Pix)/4)
	for i := range depth {
		p := rgb.Pix[4*i : 4*i+4]
		if p[0] != 0 {
			x, y := i%simulate.DepthWidth, i/simulate.DepthWidth
			return nil, notNYU(path, fmt.Sprintf("R is %d at pixel (%d, %d)", p[0], x, y))
		}
		depth[i] = uint16(p[1])<<8 | uint16(p[2])
	}
	return depth, nil
}

func notNYU(path, why string) error {
	return fmt.Errorf("%s: is not a depth picture of NYU (640x480 RGB, R = 0, depth in mm = G*256 + B): %s; "+
		"folder:DIR reads other pictures", path, why)
}

// nyuPicture returns depth in mm in NYU's encoding.
func nyuPicture(depth []uint16) picture.Image {
	m := picture.NewImage(3, simulate.DepthHeight, simulate.DepthWidth, 8)
	n := len(depth)
	for i, mm := range depth {
		m.Pix[n+i], m.Pix[2*n+i] = mm>>8, mm&255
	}
	return m
}
