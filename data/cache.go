package data

import "sync/atomic"

// cached keeps decoded samples of a data set in memory.
type cached struct {
	Dataset
	entries []atomic.Pointer[cachedSample]
	left    atomic.Int64 // bytes
}

// cachedSample holds 8-bit pixels in a byte each.
type cachedSample struct {
	small []uint8
	large []uint16
	label []float32
}

// Cached is ds, whose decoded images stay in memory until maxBytes are used: later epochs decode only the rest.
func Cached(ds Dataset, maxBytes int64) Dataset {
	c := &cached{Dataset: ds, entries: make([]atomic.Pointer[cachedSample], ds.Len())}
	c.left.Store(maxBytes)
	return c
}

// Sample is image i, from memory if it is there.
func (c *cached) Sample(i int) (Sample, error) {
	info := c.Info()
	if e := c.entries[i].Load(); e != nil {
		m := Image{C: info.C, H: info.H, W: info.W, Bits: info.Bits, Pix: e.large}
		if e.large == nil {
			m.Pix = widen(e.small)
		}
		return Sample{Name: c.Name(i), Image: m, Label: e.label}, nil
	}
	s, err := c.Dataset.Sample(i)
	if err != nil {
		return s, err
	}
	bytes := int64(len(s.Image.Pix) * info.Bits / 8)
	if c.left.Add(-bytes) < 0 {
		c.left.Add(bytes)
		return s, nil
	}
	e := &cachedSample{large: s.Image.Pix, label: s.Label}
	if info.Bits == 8 {
		e.large, e.small = nil, narrow(s.Image.Pix)
	}
	c.entries[i].Store(e)
	return s, nil
}

func narrow(values []uint16) []uint8 {
	out := make([]uint8, len(values))
	for i, v := range values {
		out[i] = uint8(v)
	}
	return out
}
