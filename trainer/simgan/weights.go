package simgan

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/internal/memory"
	"simgan/models"
)

// weights are soft maps that say how much each pixel of a synthetic image counts in l_reg, and each patch in l_real and
// L_D: 0 not at all, 1 fully. The same weights apply to both, so that lambda keeps its meaning. In L_D the weights of a
// batch's refined images also weigh its real images: at each place both classes count the same.
type weights struct {
	pixels  cgo.Tensor // (N, 1, H, W) float32
	patches cgo.Tensor // (N, 1, h, w) float32: means over the part of the image that belongs to a patch
	n       int        // N: one map for all images, or one per image
	digest  string     // SHA-256 of all pixels
	index   *cgo.Feed  // int64 (b): the maps of a step's synthetic images
}

// LoadWeights reads the maps of data.weights as pixels from 0 to 1: one for all images of the synthetic data set, or one
// per image of the same name. Without a SPEC it returns nil. An exit.ErrUsage says what does not fit.
func LoadWeights(ctx context.Context, spec string, synthetic data.Dataset) (*data.Pixels, error) {
	if spec == "" {
		return nil, nil
	}
	ds, err := data.OpenContext(ctx, spec)
	if err != nil {
		return nil, exit.Usagef("config: data.weights: %w", err)
	}
	defer ds.Close()
	if err := weightsFit(ds, synthetic); err != nil {
		return nil, exit.Usagef("config: data.weights: %s: %w", spec, err)
	}
	p, err := data.LoadRange(ctx, ds, 0, ds.Len())
	if err != nil {
		return nil, exit.Usagef("config: data.weights: %w", err)
	}
	sum := float32(0)
	for i, v := range p.Values {
		p.Values[i] = (v + 1) / 2
		sum += p.Values[i]
	}
	if sum == 0 {
		return nil, exit.Usagef("config: data.weights: %s: every pixel is black, so nothing would be learned", spec)
	}
	return p, nil
}

// weightsFit returns an error if the maps are not grey images of the synthetic ones' size, one for all or one per image.
func weightsFit(maps, synthetic data.Dataset) error {
	m, x := maps.Info(), synthetic.Info()
	if m.C != 1 || m.H != x.H || m.W != x.W {
		return fmt.Errorf("its images are %dx%dx%d (channels, height, width), but weights are 1x%dx%d; "+
			"add grey=true or size=%[4]dx%[5]d to the SPEC", m.C, m.H, m.W, x.H, x.W)
	}
	if maps.Len() == 1 {
		return memory.Check("one map of weights", floatBytes*float64(m.H*m.W), "use smaller images")
	}
	if maps.Len() != synthetic.Len() {
		return fmt.Errorf("has %d images, data.synthetic %d: give one for all, or one per synthetic image",
			maps.Len(), synthetic.Len())
	}
	for i := range maps.Len() {
		if a, b := maps.Name(i), synthetic.Name(i); stem(a) != stem(b) {
			return fmt.Errorf("image %d is %s, that of data.synthetic %s: give the weights the names of their images", i, a, b)
		}
	}
	return memory.Check(fmt.Sprintf("%d maps of weights", maps.Len()), floatBytes*float64(maps.Len()*m.H*m.W),
		"use one map for all")
}

func stem(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// newWeights copies the maps to the networks' device. It returns nil for nil.
func newWeights(p *data.Pixels, n *networks, image data.Info) (w *weights, err error) {
	if p == nil {
		return nil, nil
	}
	h, width := n.D.Map(image.H, image.W)
	patches := make([]float32, 0, p.N*h*width)
	hash := sha256.New()
	for i := range p.N {
		one := p.Values[i*p.H*p.W : (i+1)*p.H*p.W]
		patches = append(patches, shrink(one, p.H, p.W, h, width)...)
		if err := binary.Write(hash, binary.LittleEndian, one); err != nil {
			return nil, err
		}
	}
	w = &weights{n: p.N, digest: hex.EncodeToString(hash.Sum(nil))}
	return w, cgo.Within(func(s *cgo.Scope) error {
		pixels := s.From(p.Values, n.device, int64(p.N), 1, int64(p.H), int64(p.W))
		means := s.From(patches, n.device, int64(p.N), 1, int64(h), int64(width))
		if s.Err() == nil {
			w.pixels, w.patches = s.Keep(pixels), s.Keep(means)
		}
		return s.Err()
	})
}

// shrink returns means of an h x w map over the cells of a grid of outH x outW. A pixel on a border belongs to both
// cells.
func shrink(v []float32, h, w, outH, outW int) []float32 {
	out := make([]float32, outH*outW)
	for i := range out {
		top, bottom := cell(i/outW, h, outH)
		left, right := cell(i%outW, w, outW)
		for y := top; y < bottom; y++ {
			for x := left; x < right; x++ {
				out[i] += v[y*w+x] / float32((bottom-top)*(right-left))
			}
		}
	}
	return out
}

// cell returns the pixels of cell i of n that share a side of length.
func cell(i, length, n int) (from, to int) { return i * length / n, ((i+1)*length + n - 1) / n }

// prepare makes room for batches of b images.
func (w *weights) prepare(device cgo.Device, b int) (err error) {
	if w != nil {
		w.index, err = cgo.NewFeed(8*b, device)
	}
	return err
}

// maps returns the number of the map of each synthetic image; nil without weights.
func (w *weights) maps(images []int) []int64 {
	if w == nil {
		return nil
	}
	maps := make([]int64, len(images))
	for k, i := range images {
		maps[k] = int64(i % w.n)
	}
	return maps
}

// put sends the maps of a step's synthetic images.
func (w *weights) put(maps []int64) error {
	if w == nil {
		return nil
	}
	return w.index.Send(func(b []byte) { encodeInts(b, maps) })
}

// psi weighs the features of the step's b images.
func (w *weights) psi(s *cgo.Scope, psi models.Psi, b int) models.Psi {
	if w == nil {
		return psi
	}
	return models.Weighted(psi, s.Rows(w.pixels, ints(s, w.index, 0, b)))
}

// ofPatches returns the weights of D's patches (b, 1, h, w); no tensor without weights.
func (w *weights) ofPatches(s *cgo.Scope, b int) cgo.Tensor {
	if w == nil {
		return cgo.Tensor{}
	}
	return s.Rows(w.patches, ints(s, w.index, 0, b))
}

// checkMaps refuses a checkpoint whose history holds images of other weights, or of none. Checkpoints from before the
// digest was kept have an empty one.
func (w *weights) checkMaps(st State, held int) error {
	if w == nil || held == 0 {
		return nil
	}
	if len(st.Maps) < held {
		return exit.Usagef("data.weights: the run's history holds images without weights: give it in a new run")
	}
	if st.Digest != "" && st.Digest != w.digest {
		return exit.Usagef("data.weights: these are other weights than those of the images in the run's history: " +
			"give those, or start a new run")
	}
	for _, i := range st.Maps {
		if i < 0 || i >= int64(w.n) {
			return exit.Usagef("data.weights: has %d images, the run's history needs image %d: "+
				"the weights cannot change in a run that has begun", w.n, i)
		}
	}
	return nil
}

// Close frees the maps.
func (w *weights) Close() {
	if w == nil {
		return
	}
	if w.index != nil {
		w.index.Close()
	}
	cgo.Free(w.pixels, w.patches)
}
