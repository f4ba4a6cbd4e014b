package data

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"simgan/internal/memory"
)

// LoadLevels loads a whole data set as levels of 1 or 2 bytes,
// with labels. If ctx is cancelled, the error is its cause.
func LoadLevels(ctx context.Context, ds Dataset) (*Batch, error) {
	if err := memory.Check(fmt.Sprintf("%d images", ds.Len()), float64(ds.Len())*float64(ds.Info().bytes()),
		"use fewer images (n=) or a smaller size"); err != nil {
		return nil, err
	}
	b := newBatch(ds.Len(), ds.Info())
	b.Levels, b.Texts = make([]byte, b.N*ds.Info().bytes()), make([]string, b.N*len(ds.Info().Text))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i := 0; i < b.N && inner.Err() == nil; i++ {
		group.Go(func() error {
			s, err := ds.Sample(i)
			if err == nil {
				b.PutLevels(i, s.Image)
				copy(b.Labels[i*len(s.Label):], s.Label)
				copy(b.Texts[i*len(s.Text):], s.Text)
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

// bytes returns the size of one image's levels.
func (i Info) bytes() int { return i.C * i.H * i.W * i.Bits / 8 }
