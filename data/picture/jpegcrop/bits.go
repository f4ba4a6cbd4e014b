package jpegcrop

import (
	"encoding/binary"
	"math/bits"
)

// slack is the number of bytes that a reader may read after its data's end: a block of 64 coefficients of at most 31
// bits, plus one peek.
const slack = 64*31/8 + 16

// reader reads bits, highest first.
type reader struct {
	data []byte // followed by slack bytes of any content
	at   int    // position in bits
	end  int    // length in bits
}

// peek returns the bits from at on, at least 57, in the highest places.
func (r *reader) peek(at int) uint64 { return binary.BigEndian.Uint64(r.data[at>>3:]) << (at & 7) }

// block reads a block's DC difference and skips its AC coefficients, which are the bits from..r.at-1.
func (r *reader) block(dc *dcTable, ac *acTable) (difference, from int, ok bool) {
	if r.at > r.end {
		return 0, 0, false
	}
	next := r.peek(r.at)
	d := dc.looks[next>>(64-lookBits)]
	if d.bits == 0 {
		if d, ok = dc.read(next); !ok {
			return 0, 0, false
		}
	}
	from = r.at + int(d.bits)
	next <<= d.bits & 63
	at, k := from, 1
	for left := 64 - r.at&7 - int(d.bits); ; left = 64 - at&7 {
		for left >= 16 && k < 64 { // a code has 16 bits at most
			s := ac.looks[next>>(64-lookBits)]
			if k+int(s.before) >= 64 {
				if s, ok = ac.read(next); !ok {
					return 0, 0, false
				}
			}
			next <<= s.bits & 63
			left -= int(s.bits)
			at += int(s.bits)
			k += int(s.places)
		}
		if k >= 64 {
			break
		}
		next = r.peek(at)
	}
	r.at = at
	// A run that leaves the block is damage. Decoders differ in handling it.
	return int(d.value), from, at <= r.end && (k == 64 || k >= endOfBlock)
}

// writer writes bits, highest first, and adds a zero byte after each byte of ones.
type writer struct {
	out  []byte
	held uint64
	n    uint // number of bits held, below 32
}

// put writes the n lowest bits of v, at most 32. The other bits of v must be 0.
func (w *writer) put(v uint32, n uint) {
	w.held = w.held<<n | uint64(v)
	if w.n += n; w.n >= 32 {
		w.n -= 32
		w.word(uint32(w.held >> w.n))
	}
}

// word writes 4 bytes.
func (w *writer) word(v uint32) {
	if (v&^(v+0x01010101))&0x80808080 == 0 { // no byte of ones
		w.out = binary.BigEndian.AppendUint32(w.out, v)
		return
	}
	for shift := 24; shift >= 0; shift -= 8 {
		w.byte(byte(v >> shift))
	}
}

func (w *writer) byte(b byte) {
	if w.out = append(w.out, b); b == 0xff {
		w.out = append(w.out, 0)
	}
}

// copy writes bits from..to-1 of r's data.
func (w *writer) copy(r *reader, from, to int) {
	for from < to {
		n := min(32, to-from)
		w.put(uint32(r.peek(from)>>(64-n)), uint(n))
		from += n
	}
}

// difference writes a DC difference with the standard's table. It returns false if no baseline JPEG can hold the value.
func (w *writer) difference(v int) bool {
	size := uint(bits.Len(uint(max(v, -v))))
	if size > 11 {
		return false
	}
	w.put(dcCodes[size].bits, dcCodes[size].length)
	if v < 0 {
		v += 1<<size - 1
	}
	w.put(uint32(v), size)
	return true
}

// align fills the last byte with ones and writes the held bits.
func (w *writer) align() {
	if rest := w.n % 8; rest > 0 {
		w.put(1<<(8-rest)-1, 8-rest)
	}
	for ; w.n > 0; w.n -= 8 {
		w.byte(byte(w.held >> (w.n - 8)))
	}
}
