package data

import (
	"context"
	"encoding/binary"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// LoadLevels loads a whole data set as levels, with labels: 1 or 2 bytes a sample. Where ctx is cancelled the error is its
// cause.
func LoadLevels(ctx context.Context, ds Dataset) (*Batch, error) {
	b := newBatch(ds.Len(), ds.Info())
	b.Levels = make([]byte, b.N*ds.Info().bytes())
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i := 0; i < b.N && inner.Err() == nil; i++ {
		group.Go(func() error {
			s, err := ds.Sample(i)
			if err == nil {
				b.PutLevels(i, s.Image)
				copy(b.Labels[i*len(s.Label):], s.Label)
				b.Index[i] = i
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return b, context.Cause(ctx)
}

// bytes is the size of an image as levels.
func (i Info) bytes() int { return i.C * i.H * i.W * i.Bits / 8 }

// toLevels writes samples as a pack and a device hold them: a byte each, or two, the low one first.
func toLevels(pix []uint16, bits int, dst []byte) {
	if bits == 8 {
		for i, v := range pix {
			dst[i] = byte(v)
		}
		return
	}
	for i, v := range pix {
		binary.LittleEndian.PutUint16(dst[2*i:], v)
	}
}

// fromLevels is toLevels' inverse.
func fromLevels(levels []byte, bits int) []uint16 {
	if bits == 8 {
		return widen(levels)
	}
	pix := make([]uint16, len(levels)/2)
	for i := range pix {
		pix[i] = binary.LittleEndian.Uint16(levels[2*i:])
	}
	return pix
}

func widen(bytes []uint8) []uint16 {
	out := make([]uint16, len(bytes))
	widenInto(out, bytes)
	return out
}

// widenInto widens the first bytes, as many as dst has samples.
func widenInto(dst []uint16, bytes []uint8) {
	for i, v := range bytes[:len(dst)] {
		dst[i] = uint16(v)
	}
}
