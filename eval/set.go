package eval

import (
	"context"
	"fmt"

	"simgan/data"
	"simgan/data/picture"
	"simgan/internal/exit"
	"simgan/internal/memory"
)

// set holds labelled images in memory as levels, which take a quarter or half of the memory of float32. Several
// versions of the same scenes lie one after the other: image i of version v is image v*scenes + i.
type set struct {
	*data.Batch
	scenes int
}

// variants returns the number of versions of each scene.
func (d set) variants() int { return d.N / d.scenes }

// repeated returns a set of n versions of d's images with their labels. The caller fills the levels.
func (d set) repeated(n int) set {
	out := d.Empty()
	out.Levels = make([]byte, len(d.Levels)*n)
	for range n {
		out.Append(d.Batch)
	}
	return set{out, d.scenes}
}

// joined returns a set of the images of all sets, which are versions of the same scenes.
func joined(sets ...set) set {
	out := sets[0].Empty()
	for _, d := range sets {
		out.Levels = append(out.Levels, d.Levels...)
		out.Append(d.Batch)
	}
	return set{out, sets[0].scenes}
}

// checkFits refuses n versions of every image if memory does not hold them. wayOut says what to do then.
func (d set) checkFits(n int, wayOut string) error {
	what := fmt.Sprintf("%d versions of %d images", n, d.N)
	return memory.Check(what, float64(len(d.Levels))*float64(n), wayOut)
}

// choose returns a set of the images at index, each a scene of its own.
func (d set) choose(index []int) set { return set{d.Choose(index), len(index)} }

// atMost returns n images spread over the set, or the set itself if it has no more. Its images are scenes of their own.
func (d set) atMost(n int) set {
	if d.N <= n {
		return d
	}
	return d.choose(spread(d.N, n))
}

// spread returns n numbers spread evenly over 0 to total-1.
func spread(total, n int) []int {
	index := make([]int, n)
	for i := range index {
		index[i] = i * total / n
	}
	return index
}

// pictures returns images spread over the set, at most n.
func (d set) pictures(n int) []picture.Image {
	out := make([]picture.Image, min(n, d.N))
	for k, i := range spread(d.N, len(out)) {
		out[k] = d.ImageOf(i)
	}
	return out
}

// sameSize refuses images of another size than d's: one estimator takes both.
func (d set) sameSize(other data.Info, key, spec string) error {
	if d.C == other.C && d.H == other.H && d.W == other.W {
		return nil
	}
	return exit.Usagef("%s: images of %s are %dx%dx%d (channels, height, width), the synthetic ones %dx%dx%d; "+
		"add size=HxW (or grey=true) to its SPEC", key, spec, other.C, other.H, other.W, d.C, d.H, d.W)
}

func (t task) open(ctx context.Context, o Options, spec, key string) (set, error) {
	if spec == "" {
		return set{}, exit.Usagef("eval %s needs labelled images: give --%s SPEC, or set data.%s in the run's config",
			t.name, key, key)
	}
	ds, err := o.open(ctx, spec)
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	defer ds.Close()
	return t.load(ctx, ds, key)
}

// load reads a whole data set of labelled images.
func (t task) load(ctx context.Context, ds data.Dataset, key string) (set, error) {
	if err := t.labels.check(ds.Info()); err != nil {
		return set{}, fmt.Errorf("%s: eval %s %w", key, t.name, err)
	}
	b, err := data.LoadLevels(ctx, ds)
	if err == nil {
		err = t.labels.encode(b, ds.Info(), false)
	}
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	return set{b, b.N}, nil
}
