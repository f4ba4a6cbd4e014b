package data

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"simgan/internal/memory"
)

// LoadLevels loads a whole data set as levels of 1 or 2 bytes, with labels. If ctx is cancelled, the error is its cause.
func LoadLevels(ctx context.Context, ds Dataset) (*Batch, error) {
	return loadLevels(ctx, ds, ds.Len(), func(k int) int { return k }, func(_ int, err error) error { return err })
}

// LoadReadable loads, as LoadLevels does, the images at index that can be read. If none can, the error is one of theirs.
func LoadReadable(ctx context.Context, ds Dataset, index []int) (*Batch, error) {
	bad := make([]error, len(index))
	b, err := loadLevels(ctx, ds, len(index), func(k int) int { return index[k] },
		func(k int, err error) error { bad[k] = err; return nil })
	if err != nil {
		return nil, err
	}
	var good []int
	for k, err := range bad {
		if err == nil {
			good = append(good, k)
		}
	}
	if good == nil {
		return nil, bad[0]
	}
	return b.Choose(good), nil
}

// Choose returns the images at index, with their labels.
func (b *Batch) Choose(index []int) *Batch {
	out, size := b.Empty(), b.imageBytes()
	out.N = len(index)
	for _, k := range index {
		out.Levels = append(out.Levels, b.Levels[k*size:(k+1)*size]...)
		out.Labels, out.Texts = append(out.Labels, b.Label(k)...), append(out.Texts, b.Text(k)...)
		out.Index, out.Names = append(out.Index, b.Index[k]), append(out.Names, label(b.Names, b.N, k)...)
	}
	return out
}

// loadLevels loads n images. at returns the place of the k-th, failed what its error means.
func loadLevels(
	ctx context.Context, ds Dataset, n int, at func(k int) int, failed func(k int, err error) error,
) (*Batch, error) {
	info := ds.Info()
	if err := memory.Check(fmt.Sprintf("%d images", n), float64(n)*float64(info.bytes()),
		"use fewer images (n=) or a smaller size"); err != nil {
		return nil, err
	}
	b := newBatch(n, info)
	b.Levels, b.Texts = make([]byte, n*info.bytes()), make([]string, n*len(info.Text))
	b.Names = make([]string, n)
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for k := 0; k < n && inner.Err() == nil; k++ {
		group.Go(func() error {
			s, err := checkedSample(ds, at(k))
			if err != nil {
				return failed(k, err)
			}
			b.PutLevels(k, s.Image)
			copy(b.Labels[k*len(s.Label):], s.Label)
			copy(b.Texts[k*len(s.Text):], s.Text)
			b.Index[k], b.Names[k] = at(k), s.Name
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return b, context.Cause(ctx)
}

// bytes returns the size of one image's levels.
func (i Info) bytes() int { return i.C * i.H * i.W * i.Bits / 8 }
