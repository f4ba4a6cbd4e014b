// Package jpegcrop cuts a window out of a baseline JPEG without decoding it, as jpegtran -crop does (ITU-T T.81). It
// copies the window's blocks bit by bit into a small JPEG. image/jpeg decodes that JPEG to exactly the pixels of the
// whole file, in time proportional to the window. Data after the window's last row is not checked, except that the file
// must have its end marker.
package jpegcrop

import (
	"bytes"
	"encoding/binary"
	"image"
	"slices"
)

// Markers from T.81, table B.1.
const (
	mSOF0, mDHT, mSOI, mEOI, mSOS, mDQT, mDRI = 0xc0, 0xc4, 0xd8, 0xd9, 0xda, 0xdb, 0xdd
	mRST0, mAPP0, mAPP14, mAPP15, mCOM        = 0xd0, 0xe0, 0xee, 0xef, 0xfe
)

// component is a colour plane.
type component struct {
	id, h, v, quant byte
	dc, ac          byte // indices of the Huffman tables
	last            int  // last DC value read
	written         int  // last DC value written
}

// picture holds the header of the JPEG being read.
type picture struct {
	width, height int
	parts         []component
	blocks        []int // component of each block of an MCU
	hMax, vMax    int
	dc            [4]*dcTable
	ac            [4]*acTable
	restart       int    // MCUs between restart markers; 0: no markers
	scan          []byte // the entropy-coded data and all after it
}

// Cutter cuts windows out of JPEGs, one at a time. It keeps its buffers and Huffman tables for the next JPEG.
type Cutter struct {
	picture
	known struct { // the last tables; most files of a set share them
		dc [4]*dcTable
		ac [4]*acTable
	}
	copied []byte // segments that the window's JPEG gets unchanged
	plain  []byte // the entropy-coded data without stuffed bytes, followed by slack bytes
	ends   []int  // offsets in plain of the ends of segments between restart markers
	out    writer
}

// Open reads a JPEG's header. ok is false unless it is a baseline
// JPEG of one scan. The caller must not change content before Window.
func (c *Cutter) Open(content []byte) (width, height int, ok bool) {
	c.picture = picture{parts: c.parts[:0], blocks: c.blocks[:0]}
	c.copied = c.copied[:0]
	if !c.header(content) {
		c.picture = picture{}
		return 0, 0, false
	}
	return c.width, c.height, true
}

// Window returns a JPEG of the smallest part of the opened picture that contains r and consists of whole MCUs, valid
// until the next call, and the part's top left corner. ok is false if the file is truncated or damaged, or if r is not
// inside the picture.
func (c *Cutter) Window(r image.Rectangle) (window []byte, at image.Point, ok bool) {
	if r.Empty() || !r.In(image.Rect(0, 0, c.width, c.height)) || !c.entropy() {
		return nil, at, false
	}
	w, h := 8*c.hMax, 8*c.vMax
	mcus := image.Rect(r.Min.X/w, r.Min.Y/h, (r.Max.X+w-1)/w, (r.Max.Y+h-1)/h)
	size := image.Pt(min(mcus.Max.X*w, c.width)-mcus.Min.X*w, min(mcus.Max.Y*h, c.height)-mcus.Min.Y*h)
	c.out = writer{out: c.newHeader(c.out.out[:0], size, mcus.Dx())}
	if !c.cut(mcus) {
		return nil, at, false
	}
	return c.out.out, image.Pt(mcus.Min.X*w, mcus.Min.Y*h), true
}

// header reads everything before the entropy-coded data.
func (c *Cutter) header(content []byte) (ok bool) {
	if !bytes.HasPrefix(content, []byte{0xff, mSOI}) {
		return false
	}
	for rest := content[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		marker, length := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		if length < 2 || length+2 > len(rest) {
			return false
		}
		segment, body := rest[:length+2], rest[4:length+2]
		rest = rest[length+2:]
		switch {
		case marker == mSOS:
			c.scan = rest
			return c.scanHeader(body)
		case marker == mSOF0:
			ok = c.frame(body)
		case marker == mDHT:
			ok = c.tables(body)
			c.copied = append(c.copied, segment...)
		case marker == mDQT || marker == mAPP0 || marker == mAPP14:
			ok = true
			c.copied = append(c.copied, segment...)
		case marker == mDRI && length == 4:
			ok = true
			c.restart = int(binary.BigEndian.Uint16(body))
		default:
			ok = marker >= mAPP0 && marker <= mAPP15 || marker == mCOM
		}
		if !ok {
			return false
		}
	}
	return false
}

// frame reads a start of frame: 8 bits per level, 1 or 3 components.
func (p *picture) frame(body []byte) bool {
	if len(p.parts) > 0 || len(body) < 6 || body[0] != 8 ||
		len(body) != 6+3*int(body[5]) || body[5] != 1 && body[5] != 3 {
		return false
	}
	p.height, p.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	for b := body[6:]; len(b) > 0; b = b[3:] {
		c := component{id: b[0], h: b[1] >> 4, v: b[1] & 15, quant: b[2]}
		if !factor(c.h) || !factor(c.v) {
			return false
		}
		if len(body) == 9 { // a single component has one block per MCU, whatever its factors
			c.h, c.v = 1, 1
		}
		p.hMax, p.vMax = max(p.hMax, int(c.h)), max(p.vMax, int(c.v))
		for range int(c.h) * int(c.v) {
			p.blocks = append(p.blocks, len(p.parts))
		}
		p.parts = append(p.parts, c)
	}
	return p.width > 0 && p.height > 0
}

// factor reports whether image/jpeg supports a sampling factor.
func factor(n byte) bool { return n == 1 || n == 2 || n == 4 }

// scanHeader reads a start of scan. The scan must hold all components with all coefficients.
func (p *picture) scanHeader(body []byte) bool {
	n := len(p.parts)
	if n == 0 || len(body) != 4+2*n || int(body[0]) != n || !bytes.Equal(body[1+2*n:], []byte{0, 63, 0}) {
		return false
	}
	for i := range p.parts {
		c := &p.parts[i]
		c.dc, c.ac = body[2+2*i]>>4, body[2+2*i]&15
		if body[1+2*i] != c.id || c.dc > 3 || c.ac > 3 || p.dc[c.dc] == nil || p.ac[c.ac] == nil {
			return false
		}
	}
	return true
}

// entropy splits the scan at its restart markers and removes stuffed bytes. ok is false unless the scan is followed by
// the end of the file.
func (c *Cutter) entropy() (ok bool) {
	scan := c.scan
	plain, ends := slices.Grow(c.plain[:0], len(scan)+slack), c.ends[:0]
	for !ok {
		i := bytes.IndexByte(scan, 0xff)
		if i < 0 || i+1 >= len(scan) {
			return false
		}
		plain = append(plain, scan[:i]...)
		marker := scan[i+1]
		scan = scan[i+2:]
		switch {
		case marker == 0:
			plain = append(plain, 0xff)
		case marker >= mRST0 && marker < mRST0+8:
			ends = append(ends, len(plain))
		case marker != mEOI:
			return false
		default:
			ok = true
		}
	}
	c.ends = append(ends, len(plain))
	c.plain = plain[:len(plain)+slack]
	return true
}

// newHeader appends everything before the window's entropy-coded data to out. Each row of MCUs is a restart interval,
// so its DC values begin at 0. The DC tables are the standard's, which have a code for every difference.
func (c *Cutter) newHeader(out []byte, size image.Point, mcusPerRow int) []byte {
	out = append(append(out, 0xff, mSOI), c.copied...)
	out = append(out, 0xff, mSOF0, 0, byte(8+3*len(c.parts)), 8)
	out = binary.BigEndian.AppendUint16(out, uint16(size.Y))
	out = binary.BigEndian.AppendUint16(out, uint16(size.X))
	out = append(out, byte(len(c.parts)))
	for _, p := range c.parts {
		out = append(out, p.id, p.h<<4|p.v, p.quant)
	}
	out = append(out, 0xff, mDHT, 0, byte(3+len(dcCounts)+len(dcValues)), 0)
	out = append(append(out, dcCounts[:]...), dcValues[:]...)
	out = append(out, 0xff, mDRI, 0, 4)
	out = binary.BigEndian.AppendUint16(out, uint16(mcusPerRow))
	out = append(out, 0xff, mSOS, 0, byte(6+2*len(c.parts)), byte(len(c.parts)))
	for _, p := range c.parts {
		out = append(out, p.id, p.ac)
	}
	return append(out, 0, 63, 0)
}
