package eval

import (
	"context"
	"errors"
	"fmt"

	"simgan/data"
	"simgan/internal/exit"
)

// realismSources are what the rows of Realism are made of, n images each.
type realismSources struct {
	sources
	given    set // refined images that are not of a run; empty without
	compared set // one half of the real images, which rows are compared with
	other    set // the other half: what the control is fitted to, KID's features are learned from, and the row real
}

// prepareRealism loads the refiners and the images, and fits the control.
func prepareRealism(ctx context.Context, o *RealismOptions) (s *realismSources, err error) {
	o.smaller = "lower --images"
	s = &realismSources{sources: sources{refined: map[uint64]set{}}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.loadRefiners(&o.Options); err != nil {
		return s, err
	}
	s.options = o.Options
	synthetic, err := openUnlabelled(ctx, o.Options, o.Synthetic, "synthetic")
	refined, refinedErr := openUnlabelled(ctx, o.Options, o.Refined, "refined")
	reals, realErr := openUnlabelled(ctx, o.Options, o.Real, "real")
	defer closeAll(synthetic, refined, reals)
	if err := errors.Join(err, refinedErr, realErr); err != nil {
		return s, err
	}
	n, err := o.imagesPerRow(synthetic, refined, reals)
	if err != nil {
		return s, err
	}
	if s.synthetic, err = loadSpread(ctx, synthetic, n, "synthetic"); err != nil {
		return s, err
	}
	if s.given, err = loadSpread(ctx, refined, n, "refined"); err != nil {
		return s, err
	}
	all, err := loadSpread(ctx, reals, 2*n, "real")
	if err != nil {
		return s, err
	}
	s.compared, s.other = all.halves()
	return s, s.fitRealismControl(ctx)
}

// fitRealismControl fits the control to real images that no row is compared with.
func (s *realismSources) fitRealismControl(ctx context.Context) error {
	if s.synthetic.Batch == nil || !s.wantsControl() {
		return nil
	}
	s.examples = s.other.pictures(min(mostExamples, max(16, mostExamplePixels/(s.other.C*s.other.H*s.other.W))))
	return s.fitControl(ctx, mostExamples)
}

// openUnlabelled opens a SPEC, nil if it is empty.
func openUnlabelled(ctx context.Context, o Options, spec, key string) (data.Dataset, error) {
	if spec == "" {
		return nil, nil
	}
	ds, err := o.open(ctx, spec)
	if err != nil {
		return nil, exit.Usagef("%s: %w", key, err)
	}
	return ds, nil
}

func closeAll(sets ...data.Dataset) {
	for _, ds := range sets {
		if ds != nil {
			ds.Close()
		}
	}
}

// imagesPerRow returns how many images each row has. It refuses images of different sizes, and too few to learn from.
func (o *RealismOptions) imagesPerRow(synthetic, refined, reals data.Dataset) (n int, err error) {
	n = o.Images
	want := reals.Info()
	for _, d := range []struct {
		key, spec string
		set       data.Dataset
		halves    int // of which one counts for a row
	}{{"synthetic", o.Synthetic, synthetic, 1}, {"refined", o.Refined, refined, 1}, {"real", o.Real, reals, 2}} {
		if d.set == nil {
			continue
		}
		if i := d.set.Info(); i.C != want.C || i.H != want.H || i.W != want.W || i.Bits != want.Bits {
			return 0, exit.Usagef("%s: images of %s are %dx%dx%d (channels, height, width) of %d bits, the real ones "+
				"%dx%dx%d of %d bits; add size=HxW (or grey=true) to its SPEC, and give sets of one depth",
				d.key, d.spec, i.C, i.H, i.W, i.Bits, want.C, want.H, want.W, want.Bits)
		}
		if least := d.halves * o.fewest(); d.set.Len() < least {
			return 0, exit.Usagef("%s: %s has %d images; eval realism needs at least %d, %d times --batch: "+
				"give more, or lower --batch", d.key, d.spec, d.set.Len(), least, 2*d.halves)
		}
		n = min(n, d.set.Len()/d.halves)
	}
	if n < o.fewest() {
		return 0, exit.Usagef("--images is %d; use at least %d, twice --batch", o.Images, o.fewest())
	}
	return n, nil
}

// fewest returns the least number of images per row: half of them are a mini-batch.
func (o *RealismOptions) fewest() int { return max(2*o.Estimator.Batch, fewestKID) }

// loadSpread loads n images spread over a data set without asking for labels. No data set gives no set.
func loadSpread(ctx context.Context, ds data.Dataset, n int, key string) (set, error) {
	if ds == nil {
		return set{}, nil
	}
	b, err := data.LoadLevels(ctx, data.Spread(ds, n))
	if err != nil {
		return set{}, fmt.Errorf("%s: %w", key, err)
	}
	b.Labels = nil
	return set{b, b.N}, nil
}

// halves returns the images of even and those of odd places.
func (d set) halves() (even, odd set) {
	index := [2][]int{}
	for i := range d.N / 2 * 2 {
		index[i%2] = append(index[i%2], i)
	}
	return d.choose(index[0]), d.choose(index[1])
}
