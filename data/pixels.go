package data

import (
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Pixels holds N images as float32 in [-1, 1], with their labels, indices and names.
type Pixels struct {
	N, C, H, W int
	Values     []float32 // N*C*H*W pixels, row-major
	Labels     []float32 // N*K values, nil without labels
	Index      []int     // of each image in the data set
	Names      []string
}

// NewPixels returns room for n images, which Put fills.
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
	ToUnit(s.Image, p.Values[k*size:(k+1)*size])
	copy(p.Labels[k*len(s.Label):], s.Label)
	p.Index[k], p.Names[k] = index, s.Name
}

// With returns the same images with other pixels, for instance refined ones.
func (p *Pixels) With(values []float32) *Pixels {
	other := *p
	other.Values = values
	return &other
}

// Images returns the images with levels of the given bits.
func (p *Pixels) Images(bits int) []Image {
	images := make([]Image, p.N)
	size := p.C * p.H * p.W
	for i := range images {
		images[i] = FromUnit(p.Values[i*size:(i+1)*size], p.C, p.H, p.W, bits)
	}
	return images
}

// Label returns image k's label, nil without labels.
func (p *Pixels) Label(k int) []float32 {
	n := len(p.Labels) / p.N
	return p.Labels[k*n : (k+1)*n]
}

// ToUnit writes the image's levels v as v/(2^bits-1)*2-1, in [-1, 1]: UnitScale's product, rounded, minus 1, as a device
// computes it.
func ToUnit(m Image, dst []float32) {
	scale := UnitScale(m.Bits)
	for i, v := range m.Pix {
		dst[i] = float32(float32(v)*scale) - 1
	}
}

// UnitScale returns the factor of levels of the given bits, before 1 is subtracted.
func UnitScale(bits int) float32 { return 2 / float32(int(1)<<bits-1) }

// FromUnit is ToUnit's inverse: fixed scaling, rounded to the nearest level, clamped; no contrast stretch per image.
func FromUnit(pixels []float32, c, h, w, bits int) Image {
	m := NewImage(c, h, w, bits)
	top := float64(int(1)<<bits - 1)
	for i, v := range pixels {
		m.Pix[i] = uint16(math.Round(min(max((float64(v)+1)/2*top, 0), top)))
	}
	return m
}

// LoadIndex loads the chosen images in parallel, in the order of index.
func LoadIndex(ds Dataset, index []int) (*Pixels, error) {
	p := NewPixels(len(index), ds.Info())
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for k, i := range index {
		group.Go(func() error {
			s, err := ds.Sample(i)
			if err == nil {
				p.Put(k, i, s)
			}
			return err
		})
	}
	return p, group.Wait()
}

// LoadRange loads images from..to-1.
func LoadRange(ds Dataset, from, to int) (*Pixels, error) {
	index := make([]int, to-from)
	for k := range index {
		index[k] = from + k
	}
	return LoadIndex(ds, index)
}
