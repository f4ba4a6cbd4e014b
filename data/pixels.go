package data

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"simgan/data/picture"
)

// Pixels holds N images as float32 in [-1, 1], with labels, indices and names.
type Pixels struct {
	N, C, H, W int
	Values     []float32 // N*C*H*W pixels, row-major
	Labels     []float32 // N*K values, nil without labels
	Index      []int     // index in the data set per image
	Names      []string
}

// NewPixels allocates n images, which Put fills.
func NewPixels(n int, info Info) *Pixels {
	p := &Pixels{N: n, C: info.C, H: info.H, W: info.W, Index: make([]int, n), Names: make([]string, n)}
	p.Values = make([]float32, n*info.C*info.H*info.W)
	if info.LabelNames != nil {
		p.Labels = make([]float32, n*len(info.LabelNames))
	}
	return p
}

// Put sets place k to image index of a data set.
func (p *Pixels) Put(k, index int, s Sample) {
	size := p.C * p.H * p.W
	picture.ToUnit(s.Image, p.Values[k*size:(k+1)*size])
	copy(p.Labels[k*len(s.Label):], s.Label)
	p.Index[k], p.Names[k] = index, s.Name
}

// With returns the images with other pixels, for instance refined ones.
func (p *Pixels) With(values []float32) *Pixels {
	other := *p
	other.Values = values
	return &other
}

// Part returns images from..to-1. It shares their pixels.
func (p *Pixels) Part(from, to int) *Pixels {
	size, k := p.C*p.H*p.W, len(p.Labels)/max(p.N, 1)
	return &Pixels{
		N: to - from, C: p.C, H: p.H, W: p.W, Values: p.Values[from*size : to*size], Labels: p.Labels[from*k : to*k],
		Index: p.Index[from:to], Names: p.Names[from:to],
	}
}

// Images returns the images as levels of the given bits.
func (p *Pixels) Images(bits int) []picture.Image {
	images := make([]picture.Image, p.N)
	size := p.C * p.H * p.W
	for i := range images {
		images[i] = picture.FromUnit(p.Values[i*size:(i+1)*size], p.C, p.H, p.W, bits)
	}
	return images
}

// Label returns image k's label, nil without labels.
func (p *Pixels) Label(k int) []float32 { return label(p.Labels, p.N, k) }

// LoadIndex loads the chosen images in parallel, in the order of index. If ctx is cancelled, the error is its cause.
func LoadIndex(ctx context.Context, ds Dataset, index []int) (*Pixels, error) {
	p := NewPixels(len(index), ds.Info())
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for k := 0; k < len(index) && inner.Err() == nil; k++ {
		group.Go(func() error {
			s, err := checkedSample(ds, index[k])
			if err == nil {
				p.Put(k, index[k], s)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return p, context.Cause(ctx)
}

// LoadRange loads images from..to-1, as LoadIndex does.
func LoadRange(ctx context.Context, ds Dataset, from, to int) (*Pixels, error) {
	index := make([]int, to-from)
	for k := range index {
		index[k] = from + k
	}
	return LoadIndex(ctx, ds, index)
}
