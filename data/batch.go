package data

import "simgan/data/picture"

// Batch holds N images as raw levels, with labels and indices. A Loader's batch holds the levels of its fresh images
// only; a batch of LoadLevels holds the levels of all N.
type Batch struct {
	N, C, H, W int
	Bits       int       // per level: 8 or 16
	Levels     []byte    // C*H*W levels per image, 16-bit ones little-endian
	Fresh      []int     // places of the images that Levels holds, ascending; only a Loader sets it
	Labels     []float32 // N*K values, nil without labels
	Texts      []string  // N values per column of Info.Text, image by image; only LoadLevels sets it
	Index      []int     // index in the data set per image
	Names      []string  // per image; only LoadLevels sets it
}

// newBatch returns a batch of n images. The caller sets Levels.
func newBatch(n int, info Info) *Batch {
	b := &Batch{N: n, C: info.C, H: info.H, W: info.W, Bits: info.Bits, Index: make([]int, n)}
	if info.LabelNames != nil {
		b.Labels = make([]float32, n*len(info.LabelNames))
	}
	return b
}

// imageBytes returns the size of one image's levels.
func (b *Batch) imageBytes() int { return b.C * b.H * b.W * b.Bits / 8 }

// PutLevels sets the levels of image k in a batch of LoadLevels. The image must have the batch's size and bits.
func (b *Batch) PutLevels(k int, m picture.Image) {
	m.PutLevels(b.Levels[k*b.imageBytes() : (k+1)*b.imageBytes()])
}

// ImageOf returns image k of a batch of LoadLevels.
func (b *Batch) ImageOf(k int) picture.Image {
	return picture.FromLevels(b.C, b.H, b.W, b.Bits, b.Levels[k*b.imageBytes():(k+1)*b.imageBytes()])
}

// PixelsOf writes the pixels of image k in a batch of LoadLevels.
func (b *Batch) PixelsOf(k int, dst []float32) { picture.ToUnit(b.ImageOf(k), dst) }

// Label returns image k's label, nil without labels.
func (b *Batch) Label(k int) []float32 { return label(b.Labels, b.N, k) }

// Text returns image k's texts in a batch of LoadLevels, nil without columns of text.
func (b *Batch) Text(k int) []string { return label(b.Texts, b.N, k) }

// Empty returns a batch of no images, for ones of b's form.
func (b *Batch) Empty() *Batch { return &Batch{C: b.C, H: b.H, W: b.W, Bits: b.Bits} }

// Append adds the images of other, a batch of LoadLevels, without their levels.
func (b *Batch) Append(other *Batch) {
	b.N += other.N
	b.Labels, b.Texts = append(b.Labels, other.Labels...), append(b.Texts, other.Texts...)
	b.Index, b.Names = append(b.Index, other.Index...), append(b.Names, other.Names...)
}

// label returns the values of image k of n.
func label[V any](all []V, n, k int) []V {
	size := len(all) / n
	return all[k*size : (k+1)*size]
}

// Pixels returns images from..to-1 of a batch of LoadLevels as pixels, with labels and names.
func (b *Batch) Pixels(from, to int) *Pixels {
	size, k, names := b.C*b.H*b.W, len(b.Labels)/b.N, len(b.Names)/b.N
	p := &Pixels{N: to - from, C: b.C, H: b.H, W: b.W, Values: make([]float32, (to-from)*size)}
	p.Labels, p.Index, p.Names = b.Labels[from*k:to*k], b.Index[from:to], b.Names[from*names:to*names]
	for i := range p.N {
		b.PixelsOf(from+i, p.Values[i*size:(i+1)*size])
	}
	return p
}
