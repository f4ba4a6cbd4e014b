// Package jpegcrop cuts a window out of a baseline JPEG without decoding it (as jpegtran -crop does; ITU-T T.81): the
// window's blocks are copied bit by bit into a small JPEG, so that image/jpeg gives exactly the pixels that it gives for
// the whole file, and spends its time on them alone. What lies behind the window's last row is not looked at, beside that
// the file has an end.
package jpegcrop

import (
	"bytes"
	"encoding/binary"
	"image"
	"slices"
)

// Markers of T.81, table B.1.
const (
	mSOF0, mDHT, mSOI, mEOI, mSOS, mDQT, mDRI = 0xc0, 0xc4, 0xd8, 0xd9, 0xda, 0xdb, 0xdd
	mRST0, mAPP0, mAPP14, mAPP15, mCOM        = 0xd0, 0xe0, 0xee, 0xef, 0xfe
)

// component is a colour plane.
type component struct {
	id, h, v, quant byte
	dc, ac          byte // tables
	last            int  // the DC value before
	written         int  // the DC value written last
}

// picture is a JPEG being read.
type picture struct {
	width, height int
	parts         []component
	blocks        []int // of an MCU: the component of each
	hMax, vMax    int
	dc            [4]*dcTable
	ac            [4]*acTable
	restart       int    // MCUs between restart markers, 0: none
	scan          []byte // the entropy-coded data and what follows
}

// Cutter cuts windows out of JPEGs, one at a time. What it makes room for and its tables are there for the next.
type Cutter struct {
	picture
	known struct { // tables made last; most files of a set have the same
		dc [4]*dcTable
		ac [4]*acTable
	}
	copied []byte // segments that the window needs as they are
	plain  []byte // the entropy-coded data without stuffed bytes, with slack more behind it
	ends   []int  // of the segments between restart markers, in plain
	out    writer
}

// Open reads a JPEG's header; ok is false where it is none of a baseline JPEG of one scan. Window reads content again.
func (c *Cutter) Open(content []byte) (width, height int, ok bool) {
	c.picture = picture{parts: c.parts[:0], blocks: c.blocks[:0]}
	c.copied = c.copied[:0]
	if !c.header(content) {
		c.picture = picture{}
		return 0, 0, false
	}
	return c.width, c.height, true
}

// Window is a JPEG, valid until the next call, whose picture is the smallest part of the opened one's that holds r and is
// cut at its MCUs, and where that part begins. ok is false where the file is not whole, or r is not inside the picture.
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

// header reads all up to the entropy-coded data.
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

// frame reads a start of frame: 8 bits a sample, 1 or 3 components.
func (p *picture) frame(body []byte) bool {
	if len(p.parts) > 0 || len(body) < 6 || body[0] != 8 || len(body) != 6+3*int(body[5]) || body[5] != 1 && body[5] != 3 {
		return false
	}
	p.height, p.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	for b := body[6:]; len(b) > 0; b = b[3:] {
		c := component{id: b[0], h: b[1] >> 4, v: b[1] & 15, quant: b[2]}
		if !factor(c.h) || !factor(c.v) {
			return false
		}
		if len(body) == 9 { // a single component's blocks come one by one, whatever its factors
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

// factor tells whether image/jpeg knows a sampling factor.
func factor(n byte) bool { return n == 1 || n == 2 || n == 4 }

// scanHeader reads a start of scan: of all components, all coefficients at once.
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

// entropy takes the scan apart at its restart markers, without stuffed bytes; ok is false where the file does not end
// with it.
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

// newHeader appends to out all in front of the window's entropy-coded data. Its rows of MCUs are restart intervals, so that each
// begins at DC 0; the tables for DC are the standard's, which have every difference.
func (c *Cutter) newHeader(out []byte, size image.Point, mcusPerRow int) []byte {
	out = append(append(out, 0xff, mSOI), c.copied...)
	out = append(out, 0xff, mSOF0, 0, byte(8+3*len(c.parts)), 8)
	out = binary.BigEndian.AppendUint16(out, uint16(size.Y))
	out = binary.BigEndian.AppendUint16(out, uint16(size.X))
	out = append(out, byte(len(c.parts)))
	for _, p := range c.parts {
		out = append(out, p.id, p.h<<4|p.v, p.quant)
	}
	out = append(append(append(out, 0xff, mDHT, 0, byte(3+len(dcCounts)+len(dcValues)), 0), dcCounts[:]...), dcValues[:]...)
	out = append(out, 0xff, mDRI, 0, 4)
	out = binary.BigEndian.AppendUint16(out, uint16(mcusPerRow))
	out = append(out, 0xff, mSOS, 0, byte(6+2*len(c.parts)), byte(len(c.parts)))
	for _, p := range c.parts {
		out = append(out, p.id, p.ac)
	}
	return append(out, 0, 63, 0)
}
