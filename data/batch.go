package data

import (
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Batch is N images with what is known of each: as a tensor holds them, or from a Loader, as a pack does.
type Batch struct {
	N, C, H, W int
	Bits       int       // of Levels
	Pixels     []float32 // N*C*H*W values in [-1, 1]; nil in a Loader's batch
	Levels     []byte    // of a Loader's batch: the fresh images, C*H*W samples of Bits each, 16-bit ones little-endian
	Fresh      []int     // places of the images whose levels these are, ascending
	Labels     []float32 // N*K values, nil where there are no labels
	Index      []int     // in the data set
	Names      []string  // nil in a Loader's batch
	Staged     any       // what the user of a Loader's batch keeps with it: where on a device its images are
}

// NewBatch is a batch with room for n images, which Put fills.
func NewBatch(n int, info Info) *Batch {
	b := newLevels(n, info)
	b.Pixels, b.Names, b.Bits = make([]float32, n*info.C*info.H*info.W), make([]string, n), 0
	return b
}

// newLevels is a Loader's batch without room for its levels.
func newLevels(n int, info Info) *Batch {
	b := &Batch{N: n, C: info.C, H: info.H, W: info.W, Bits: info.Bits, Index: make([]int, n)}
	if info.LabelNames != nil {
		b.Labels = make([]float32, n*len(info.LabelNames))
	}
	return b
}

// Put fills place k of NewBatch's batch with image index of a data set.
func (b *Batch) Put(k, index int, s Sample) {
	size := b.C * b.H * b.W
	ToUnit(s.Image, b.Pixels[k*size:(k+1)*size])
	copy(b.Labels[k*len(s.Label):], s.Label)
	b.Index[k], b.Names[k] = index, s.Name
}

// ToUnit writes the image's samples v as v/(2^bits-1)*2-1, in [-1, 1]: UnitScale's product, rounded, minus 1, as a device
// does it.
func ToUnit(m Image, dst []float32) {
	scale := UnitScale(m.Bits)
	for i, v := range m.Pix {
		dst[i] = float32(float32(v)*scale) - 1
	}
}

// UnitScale is what levels of the bits are multiplied by, before 1 is taken off.
func UnitScale(bits int) float32 { return 2 / float32(int(1)<<bits-1) }

// FromUnit is ToUnit's inverse: fixed scaling, rounded to the nearest level, clamped; no stretch an image.
func FromUnit(pixels []float32, c, h, w, bits int) Image {
	m := NewImage(c, h, w, bits)
	top := float64(int(1)<<bits - 1)
	for i, v := range pixels {
		m.Pix[i] = uint16(math.Round(min(max((float64(v)+1)/2*top, 0), top)))
	}
	return m
}

// Images are the batch's images again, of the given bits.
func (b *Batch) Images(bits int) []Image { return Unbatch(b.Pixels, b, bits) }

// Unbatch cuts pixels of the batch's shape, in [-1, 1], into images of the given bits.
func Unbatch(pixels []float32, b *Batch, bits int) []Image {
	images := make([]Image, b.N)
	size := b.C * b.H * b.W
	for i := range images {
		images[i] = FromUnit(pixels[i*size:(i+1)*size], b.C, b.H, b.W, bits)
	}
	return images
}

// LoadIndex loads the chosen images in parallel, in the order of index.
func LoadIndex(ds Dataset, index []int) (*Batch, error) {
	b := NewBatch(len(index), ds.Info())
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for k, i := range index {
		group.Go(func() error {
			s, err := ds.Sample(i)
			if err == nil {
				b.Put(k, i, s)
			}
			return err
		})
	}
	return b, group.Wait()
}

// LoadRange loads images from..to-1.
func LoadRange(ds Dataset, from, to int) (*Batch, error) {
	index := make([]int, to-from)
	for k := range index {
		index[k] = from + k
	}
	return LoadIndex(ds, index)
}

// Slice is the images from..to-1. Levels and Fresh of a Loader's batch stay the whole batch's: what is Staged has them.
func (b *Batch) Slice(from, to int) *Batch {
	part := *b
	k := len(b.Labels) / b.N
	part.N, part.Labels, part.Index = to-from, b.Labels[from*k:to*k], b.Index[from:to]
	if b.Pixels != nil {
		size := b.C * b.H * b.W
		part.Pixels, part.Names = b.Pixels[from*size:to*size], b.Names[from:to]
	}
	return &part
}

// Label is image k's label, nil where there are none.
func (b *Batch) Label(k int) []float32 {
	n := len(b.Labels) / b.N
	return b.Labels[k*n : (k+1)*n]
}
