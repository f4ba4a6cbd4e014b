package jpegcrop

import "bytes"

// The standard's table for DC differences (T.81, table K.3): the number of codes per length, then the categories.
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

// lookBits is the number of bits that one lookup in a table uses.
const lookBits = 11

// table decodes one Huffman table.
type table struct {
	source  []byte    // from the file: the number of codes per length, then the values
	maxCode [17]int32 // largest code per length; -1: none
	first   [17]int32 // per length: index of the first value minus the first code
}

// entry is a decoded code: its length in bits (0: longer than lookBits, or none) and its value.
type entry struct{ length, value uint8 }

// newTable also returns the code at the start of each lookup's
// bits. ok is false if there are too many codes of a length.
func newTable(source []byte) (t table, short *[1 << lookBits]entry, ok bool) {
	t.source, short = bytes.Clone(source), new([1 << lookBits]entry)
	counts, values := source[:16], source[16:]
	next, k := int32(0), int32(0)
	for i, n := range counts {
		length := i + 1
		t.maxCode[length], t.first[length] = -1, k-next
		for range n {
			if next >= 1<<length {
				return t, nil, false
			}
			if shift := lookBits - length; shift >= 0 {
				for j := next << shift; j < (next+1)<<shift; j++ {
					short[j] = entry{uint8(length), values[k]}
				}
			}
			t.maxCode[length] = next
			next++
			k++
		}
		next <<= 1
	}
	return t, short, true
}

// from reports whether the table was created from source.
func (t *table) from(source []byte) bool { return bytes.Equal(t.source, source) }

// symbol reads one code. ok is false if there is none.
func (t *table) symbol(next uint64) (e entry, ok bool) {
	values := t.source[16:]
	for length := 1; length <= 16; length++ {
		if c := int32(next >> (64 - length)); c <= t.maxCode[length] {
			k := c + t.first[length]
			if k < 0 || int(k) >= len(values) {
				return e, false
			}
			return entry{uint8(length), values[k]}, true
		}
	}
	return e, false
}

// tables reads a DHT segment.
func (c *Cutter) tables(body []byte) (ok bool) {
	for len(body) > 0 {
		if len(body) < 17 {
			return false
		}
		class, id, size := body[0]>>4, body[0]&15, 17
		for _, n := range body[1:17] {
			size += int(n)
		}
		if class > 1 || id > 3 || size > 17+256 || len(body) < size {
			return false
		}
		source := body[1:size]
		if class == 0 {
			c.dc[id], ok = remembered(&c.known.dc[id], source, newDC)
		} else {
			c.ac[id], ok = remembered(&c.known.ac[id], source, newAC)
		}
		if !ok {
			return false
		}
		body = body[size:]
	}
	return true
}

// remembered returns the known table if it was created from the
// same source. Otherwise it creates one and keeps it in known.
func remembered[T interface {
	comparable
	from(source []byte) bool
}](known *T, source []byte, create func([]byte) (T, bool)) (T, bool) {
	var none T
	if *known != none && (*known).from(source) {
		return *known, true
	}
	t, ok := create(source)
	if ok {
		*known = t
	}
	return t, ok
}
