package jpegcrop

// dcTable decodes DC differences.
type dcTable struct {
	table
	looks [1 << lookBits]difference
}

// difference is a DC difference and the bits of its code and value, 0: not to be told from a look.
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

// read is the difference that next begins with; ok is false where there is none.
func (t *dcTable) read(next uint64) (d difference, ok bool) {
	e, ok := t.symbol(next)
	if !ok {
		return d, false
	}
	return newDifference(e, next)
}

// newDifference is what the code means that next begins with.
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

// acTable passes over AC coefficients.
type acTable struct {
	table
	looks [1 << lookBits]run
}

// run is AC coefficients passed over: the bits of their codes and values, how far it is to the next one (endOfBlock: none
// follows), and how far it was to the last of them.
type run struct{ bits, places, before uint8 }

const (
	endOfBlock = 128
	unknown    = 255 // before, where a look does not tell
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

// newRun is all coefficients whose codes the look's bits hold, the last one's value may go on behind them.
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

// read is the one coefficient that next begins with; ok is false where there is none.
func (t *acTable) read(next uint64) (one run, ok bool) {
	e, ok := t.symbol(next)
	if !ok {
		return one, false
	}
	return newStep(e)
}

// newStep is what a code means; ok is false where it means nothing.
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
