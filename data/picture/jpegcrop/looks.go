package jpegcrop

// dcTable decodes DC differences.
type dcTable struct {
	table
	looks [1 << lookBits]difference
}

// difference is a DC difference and the number of bits of its code and value. bits is 0 if lookBits bits are too few.
type difference struct {
	value int16
	bits  uint8
}

func newDC(source []byte) (*dcTable, bool) {
	base, short, ok := newTable(source)
	if !ok {
		return nil, false
	}
	t := &dcTable{table: base}
	for i, e := range short {
		if e.length == 0 {
			continue
		}
		if d, ok := newDifference(e, uint64(i)<<(64-lookBits)); ok && d.bits <= lookBits {
			t.looks[i] = d
		}
	}
	return t, true
}

// read returns the difference at the start of next. ok is false if there is none.
func (t *dcTable) read(next uint64) (d difference, ok bool) {
	e, ok := t.symbol(next)
	if !ok {
		return d, false
	}
	return newDifference(e, next)
}

// newDifference returns the difference that the code e at the start of next means.
func newDifference(e entry, next uint64) (d difference, ok bool) {
	size := e.value
	if size > 11 {
		return d, false
	}
	v := int(next << e.length >> 1 >> (63 - size))
	if size > 0 && v < 1<<(size-1) {
		v -= 1<<size - 1
	}
	return difference{int16(v), e.length + size}, true
}

// acTable skips AC coefficients.
type acTable struct {
	table
	looks [1 << lookBits]run
}

// run describes skipped AC coefficients: the number of bits of their codes and values, the distance to the next
// coefficient (endOfBlock: none follows), and the distance to the last one of them.
type run struct{ bits, places, before uint8 }

const (
	endOfBlock = 128
	unknown    = 255 // value of before if lookBits bits are too few
)

func newAC(source []byte) (*acTable, bool) {
	base, short, ok := newTable(source)
	if !ok {
		return nil, false
	}
	t := &acTable{table: base}
	for i := range t.looks {
		t.looks[i] = newRun(short, i)
	}
	return t, true
}

// newRun returns the run of all coefficients whose codes lie within look. The last one's value may continue after look.
func newRun(short *[1 << lookBits]entry, look int) run {
	all := run{before: unknown}
	for all.bits < lookBits && all.places < 64 {
		e := short[look<<all.bits&(1<<lookBits-1)]
		one, ok := newStep(e)
		if !ok || all.bits+e.length > lookBits {
			break
		}
		all = run{all.bits + one.bits, all.places + one.places, all.places}
	}
	return all
}

// read returns the one coefficient at the start of next. ok is false if there is none.
func (t *acTable) read(next uint64) (one run, ok bool) {
	e, ok := t.symbol(next)
	if !ok {
		return one, false
	}
	return newStep(e)
}

// newStep returns the coefficient that a code means. ok is false if the code is invalid.
func newStep(e entry) (one run, ok bool) {
	size := e.value & 15
	one.bits = e.length + size
	switch {
	case e.length == 0:
		return one, false
	case size > 0:
		one.places = e.value>>4 + 1
	case e.value == 0xf0:
		one.places = 16
	case e.value == 0:
		one.places = endOfBlock
	default:
		return one, false
	}
	return one, true
}
