// Package jpegcrop cuts a window out of a baseline JPEG without decoding it (as jpegtran -crop does; ITU-T T.81): the
// window's blocks are copied bit by bit into a small JPEG, so that image/jpeg gives exactly the pixels that it gives for
// the whole file, and spends its time on them alone. What lies behind the window's last row is not looked at, beside that
// the file has an end.
package jpegcrop

import (
	"bytes"
	"encoding/binary"
	"image"
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
}

// picture is a JPEG being read.
type picture struct {
	width, height int
	parts         []component
	hMax, vMax    int
	dc, ac        [4]*table
	copied        []byte // segments that the window needs as they are
	restart       int    // MCUs between restart markers, 0: none
}

// Window is a JPEG whose picture is the smallest part of content's that holds r and is cut at its MCUs, and where that
// part begins. ok is false where content is no whole baseline JPEG of one scan, or r is not inside the picture.
func Window(content []byte, r image.Rectangle) (window []byte, at image.Point, ok bool) {
	p := &picture{}
	scan, ok := p.header(content)
	if !ok || r.Empty() || !r.In(image.Rect(0, 0, p.width, p.height)) {
		return nil, at, false
	}
	segments, ok := entropy(scan)
	if !ok {
		return nil, at, false
	}
	w, h := 8*p.hMax, 8*p.vMax
	mcus := image.Rect(r.Min.X/w, r.Min.Y/h, (r.Max.X+w-1)/w, (r.Max.Y+h-1)/h)
	blocks, ok := p.cut(segments, mcus)
	if !ok {
		return nil, at, false
	}
	size := image.Pt(min(mcus.Max.X*w, p.width)-mcus.Min.X*w, min(mcus.Max.Y*h, p.height)-mcus.Min.Y*h)
	return append(p.newHeader(size, mcus.Dx()), blocks...), image.Pt(mcus.Min.X*w, mcus.Min.Y*h), true
}

// header reads all up to the entropy-coded data and gives what follows.
func (p *picture) header(content []byte) (scan []byte, ok bool) {
	if !bytes.HasPrefix(content, []byte{0xff, mSOI}) {
		return nil, false
	}
	for rest := content[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		marker, length := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		if length < 2 || length+2 > len(rest) {
			return nil, false
		}
		segment, body := rest[:length+2], rest[4:length+2]
		rest = rest[length+2:]
		switch {
		case marker == mSOS:
			return rest, p.scanHeader(body)
		case marker == mSOF0:
			ok = p.frame(body)
		case marker == mDHT:
			ok = p.tables(body)
			p.copied = append(p.copied, segment...)
		case marker == mDQT || marker == mAPP0 || marker == mAPP14:
			ok = true
			p.copied = append(p.copied, segment...)
		case marker == mDRI && length == 4:
			ok = true
			p.restart = int(binary.BigEndian.Uint16(body))
		default:
			ok = marker >= mAPP0 && marker <= mAPP15 || marker == mCOM
		}
		if !ok {
			return nil, false
		}
	}
	return nil, false
}

// frame reads a start of frame: 8 bits a sample, 1 or 3 components.
func (p *picture) frame(body []byte) bool {
	if p.parts != nil || len(body) < 6 || body[0] != 8 || len(body) != 6+3*int(body[5]) || body[5] != 1 && body[5] != 3 {
		return false
	}
	p.height, p.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	for b := body[6:]; len(b) > 0; b = b[3:] {
		c := component{id: b[0], h: b[1] >> 4, v: b[1] & 15, quant: b[2]}
		if len(body) == 9 { // a single component's blocks come one by one, whatever its factors
			c.h, c.v = 1, 1
		}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return false
		}
		p.hMax, p.vMax = max(p.hMax, int(c.h)), max(p.vMax, int(c.v))
		p.parts = append(p.parts, c)
	}
	return p.width > 0 && p.height > 0
}

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
func entropy(scan []byte) (segments [][]byte, ok bool) {
	segment := make([]byte, 0, len(scan)+slack)
	for {
		i := bytes.IndexByte(scan, 0xff)
		if i < 0 || i+1 >= len(scan) {
			return nil, false
		}
		segment = append(segment, scan[:i]...)
		marker := scan[i+1]
		scan = scan[i+2:]
		switch {
		case marker == 0:
			segment = append(segment, 0xff)
		case marker >= mRST0 && marker < mRST0+8:
			segments = append(segments, segment)
			segment = make([]byte, 0, len(segment)+slack)
		default:
			return append(segments, segment), marker == mEOI
		}
	}
}

// newHeader is all in front of the window's entropy-coded data. Its rows of MCUs are restart intervals, so that each
// begins at DC 0; the tables for DC are the standard's, which have every difference.
func (p *picture) newHeader(size image.Point, mcusPerRow int) []byte {
	out := append([]byte{0xff, mSOI}, p.copied...)
	out = append(out, 0xff, mSOF0, 0, byte(8+3*len(p.parts)), 8)
	out = binary.BigEndian.AppendUint16(out, uint16(size.Y))
	out = binary.BigEndian.AppendUint16(out, uint16(size.X))
	out = append(out, byte(len(p.parts)))
	for _, c := range p.parts {
		out = append(out, c.id, c.h<<4|c.v, c.quant)
	}
	out = append(append(append(out, 0xff, mDHT, 0, byte(3+len(dcCounts)+len(dcValues)), 0), dcCounts[:]...), dcValues[:]...)
	out = append(out, 0xff, mDRI, 0, 4)
	out = binary.BigEndian.AppendUint16(out, uint16(mcusPerRow))
	out = append(out, 0xff, mSOS, 0, byte(6+2*len(p.parts)), byte(len(p.parts)))
	for _, c := range p.parts {
		out = append(out, c.id, c.ac)
	}
	return append(out, 0, 63, 0)
}
