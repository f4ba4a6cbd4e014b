package jpegcrop

import (
	"encoding/binary"
	"math/bits"
)

// The standard's table for DC differences (T.81, table K.3): codes of each length, then the categories.
var (
	dcCounts = [16]byte{0, 1, 5, 1, 1, 1, 1, 1, 1}
	dcValues = [12]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	dcCodes  = newCodes()
)

// code is a Huffman code.
type code struct {
	bits   uint32
	length uint
}

func newCodes() (codes [12]code) {
	next, k := uint32(0), 0
	for i, n := range dcCounts {
		for range n {
			codes[dcValues[k]] = code{next, uint(i + 1)}
			next++
			k++
		}
		next <<= 1
	}
	return codes
}

// lookBits is how many bits of a code one look at the table decides.
const lookBits = 10

// table decodes one Huffman table.
type table struct {
	fast    [1 << lookBits]entry
	skip    [1 << lookBits]step // of an AC table
	maxCode [17]int32           // largest code of each length, -1: none
	first   [17]int32           // place of a length's first value, less its first code
	values  []byte
}

// entry is a decoded code: its length in bits (0: longer than lookBits) and its value.
type entry struct{ length, value uint8 }

// step is an AC coefficient passed over: the bits of its code and value, and how far it is to the next one (endOfBlock:
// none follows). 0 bits: not to be told from lookBits.
type step struct{ bits, places uint8 }

const endOfBlock = 128

// newStep is what an AC code means.
func newStep(e entry) step {
	size := e.value & 15
	s := step{bits: e.length + size}
	switch {
	case size > 0:
		s.places = e.value>>4 + 1
	case e.value == 0xf0:
		s.places = 16
	case e.value == 0:
		s.places = endOfBlock
	default:
		return step{}
	}
	return s
}

// tables reads a DHT segment.
func (p *picture) tables(body []byte) bool {
	for len(body) > 0 {
		if len(body) < 17 {
			return false
		}
		class, id, counts := body[0]>>4, body[0]&15, body[1:17]
		total := 0
		for _, n := range counts {
			total += int(n)
		}
		if class > 1 || id > 3 || total > 256 || len(body) < 17+total {
			return false
		}
		t, ok := newTable(counts, body[17:17+total])
		if !ok {
			return false
		}
		if class == 0 {
			p.dc[id] = t
		} else {
			p.ac[id] = t
		}
		body = body[17+total:]
	}
	return true
}

func newTable(counts, values []byte) (*table, bool) {
	t := &table{values: values}
	next, k := int32(0), int32(0)
	for i, n := range counts {
		length := i + 1
		t.maxCode[length], t.first[length] = -1, k-next
		for range n {
			if next >= 1<<length {
				return nil, false
			}
			if length <= lookBits {
				shift := lookBits - length
				for j := range int32(1) << shift {
					e := entry{uint8(length), values[k]}
					t.fast[next<<shift|j], t.skip[next<<shift|j] = e, newStep(e)
				}
			}
			t.maxCode[length] = next
			next++
			k++
		}
		next <<= 1
	}
	return t, true
}

// slack is how many bytes a reader may look at behind its data's end: a block's 64 coefficients of 31 bits at most, and
// a look more.
const slack = 64*31/8 + 16

// reader reads bits, the highest first.
type reader struct {
	data []byte // with slack zeros behind end
	at   int    // bits
	end  int    // bits
}

func newReader(segment []byte) *reader {
	return &reader{data: append(segment, make([]byte, slack)...), end: 8 * len(segment)}
}

// peek is the next 57 bits at least, at the top.
func (r *reader) peek() uint64 { return binary.BigEndian.Uint64(r.data[r.at>>3:]) << (r.at & 7) }

// symbol reads one code; ok is false where there is none.
func (t *table) symbol(next uint64) (e entry, ok bool) {
	if e = t.fast[next>>(64-lookBits)]; e.length > 0 {
		return e, true
	}
	for length := lookBits + 1; length <= 16; length++ {
		if c := int32(next >> (64 - length)); c <= t.maxCode[length] {
			k := c + t.first[length]
			if k < 0 || int(k) >= len(t.values) {
				return e, false
			}
			return entry{uint8(length), t.values[k]}, true
		}
	}
	return e, false
}

// block passes over a block's AC coefficients; their bits are those from r.at before to r.at after.
func (r *reader) block(ac *table) bool {
	if r.at > r.end {
		return false
	}
	data, at, k := r.data, r.at, 1
	for k < 64 {
		next := binary.BigEndian.Uint64(data[at>>3:]) << (at & 7)
		for left := 64 - at&7; left >= 16 && k < 64; { // a code has 16 bits at most
			s := ac.skip[next>>(64-lookBits)]
			if s.bits == 0 {
				e, ok := ac.symbol(next)
				if s = newStep(e); !ok || s.bits == 0 {
					return false
				}
			}
			next <<= s.bits & 63
			left -= int(s.bits)
			at += int(s.bits)
			k += int(s.places)
		}
	}
	r.at = at
	// A run that leaves the block is damage, which decoders take each in their own way.
	return at <= r.end && (k == 64 || k >= endOfBlock)
}

// difference reads a DC difference.
func (r *reader) difference(dc *table) (int, bool) {
	next := r.peek()
	e, ok := dc.symbol(next)
	size := uint(e.value)
	if !ok || size > 11 {
		return 0, false
	}
	r.at += int(e.length) + int(size)
	if size == 0 {
		return 0, r.at <= r.end
	}
	v := int(next << e.length >> (64 - size))
	if v < 1<<(size-1) {
		v -= 1<<size - 1
	}
	return v, r.at <= r.end
}

// writer writes bits, the highest first, and stuffs a zero behind each byte of ones.
type writer struct {
	out  []byte
	held uint64
	n    uint
}

func (w *writer) put(v uint32, n uint) {
	w.held = w.held<<n | uint64(v)
	for w.n += n; w.n >= 8; w.n -= 8 {
		b := byte(w.held >> (w.n - 8))
		if w.out = append(w.out, b); b == 0xff {
			w.out = append(w.out, 0)
		}
	}
}

// copy writes the bits from..to-1 of r's data.
func (w *writer) copy(r *reader, from, to int) {
	part := reader{data: r.data, at: from}
	for part.at < to {
		n := min(32, to-part.at)
		w.put(uint32(part.peek()>>(64-n)), uint(n))
		part.at += n
	}
}

// difference writes a DC difference with the standard's table; ok is false where it is beyond every baseline JPEG's.
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

// align fills the byte with ones.
func (w *writer) align() {
	if rest := w.n % 8; rest > 0 {
		w.put(1<<(8-rest)-1, 8-rest)
	}
}
