package picture

import (
	"encoding/binary"
	"io"
)

// upright is the orientation of a picture that is stored as it is to be seen.
const upright = 1

// orientation returns the EXIF orientation (tag 0x0112, 1 to 8) of a JPEG, PNG, WebP or TIFF. It is upright if the file
// has none or a damaged one.
func orientation(file io.ReaderAt) int {
	var head [12]byte
	if n, _ := file.ReadAt(head[:], 0); n < len(head) {
		return upright
	}
	switch {
	case head[0] == 0xff && head[1] == 0xd8:
		return jpegOrientation(file)
	case string(head[:8]) == "\x89PNG\r\n\x1a\n":
		return chunkOrientation(file, 8, binary.BigEndian, 4, "eXIf")
	case string(head[:4]) == "RIFF" && string(head[8:]) == "WEBP":
		return chunkOrientation(file, 12, binary.LittleEndian, 0, "EXIF")
	}
	return tiffOrientation(file, 0)
}

// jpegOrientation looks for EXIF's segment before the picture's data.
func jpegOrientation(file io.ReaderAt) int {
	for at := int64(2); ; {
		var head [10]byte // marker, length, EXIF's name
		if n, _ := file.ReadAt(head[:], at); n < len(head) || head[0] != 0xff || head[1] == 0xda {
			return upright
		}
		switch {
		case head[1] == 0xff: // fill
			at++
			continue
		case head[1] == 0xe1 && string(head[4:]) == "Exif\x00\x00":
			return tiffOrientation(file, at+10)
		}
		at += 2 + int64(binary.BigEndian.Uint16(head[2:]))
	}
}

// chunkOrientation looks for EXIF's chunk in a PNG or WebP: there a chunk is its length and its name, in either order,
// then data, padded to 2 bytes in a WebP, and trailer bytes.
func chunkOrientation(file io.ReaderAt, at int64, order binary.ByteOrder, trailer int64, name string) int {
	for {
		var head [8]byte
		if n, _ := file.ReadAt(head[:], at); n < len(head) {
			return upright
		}
		size, kind := head[:4], string(head[4:])
		if trailer == 0 {
			size, kind = head[4:], string(head[:4])
		}
		length := int64(order.Uint32(size))
		if kind == name {
			return tiffOrientation(file, at+8)
		}
		if trailer == 0 {
			length += length % 2
		}
		at += 8 + length + trailer
	}
}

// tiffOrientation reads the tag from the first directory of a TIFF that begins at start. EXIF is such a TIFF; in a WebP
// some programs put a JPEG's name for it first.
func tiffOrientation(file io.ReaderAt, start int64) int {
	var head [8]byte
	if n, _ := file.ReadAt(head[:], start); n < len(head) {
		return upright
	}
	if string(head[:6]) == "Exif\x00\x00" {
		return tiffOrientation(file, start+6)
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(head[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	directory := start + int64(order.Uint32(head[4:]))
	var count [2]byte
	if n, _ := file.ReadAt(count[:], directory); n < len(count) {
		return upright
	}
	for i := range int64(order.Uint16(count[:])) {
		var entry [12]byte // tag, type, count, value
		if n, _ := file.ReadAt(entry[:], directory+2+12*i); n < len(entry) {
			return upright
		}
		value := order.Uint16(entry[8:])
		if order.Uint16(entry[:]) == 0x0112 && value >= 1 && value <= 8 {
			return int(value)
		}
	}
	return upright
}

// turned returns the picture as it is to be seen, from how it is stored.
func (m Image) turned(orientation int) Image {
	if orientation == upright {
		return m
	}
	out := NewImage(m.C, m.H, m.W, m.Bits)
	if orientation >= 5 {
		out.H, out.W = m.W, m.H
	}
	fromRight := orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8
	fromBottom := orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7
	for i := range out.Pix {
		c, y, x := i/(out.H*out.W), i/out.W%out.H, i%out.W
		if orientation >= 5 {
			x, y = y, x
		}
		if fromRight {
			x = m.W - 1 - x
		}
		if fromBottom {
			y = m.H - 1 - y
		}
		out.Pix[i] = m.Pix[(c*m.H+y)*m.W+x]
	}
	return out
}
