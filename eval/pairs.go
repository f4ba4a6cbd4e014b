package eval

import (
	"context"
	"io"

	"simgan/cgo"
	"simgan/data"
	"simgan/data/picture"
	"simgan/trainer"
)

// Pair is a rendered image beside its refined version.
type Pair struct {
	Name              string
	Rendered, Refined picture.Image
	// Told is the mean probability, over its patches, that D gives to the refined image being refined; NaN: not known.
	Told float64
}

// Pairs refines up to n images from all parts of the run's synthetic data set. progress is called as images are
// refined.
func Pairs(
	ctx context.Context, run, checkpoint string, device cgo.Device, n int, progress func(done, total int),
) ([]Pair, error) {
	l, err := trainer.LoadCheckpoint(run, checkpoint, device)
	if err != nil {
		return nil, err
	}
	r, config := l.Refiner, l.Config
	defer r.Close()
	d, err := trainer.LoadDiscriminator(run, l, device)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	ds, err := openReadable(ctx, config.Data.Synthetic, config.Data.SkipBad, io.Discard) // the run has named them
	if err != nil {
		return nil, err
	}
	defer ds.Close()
	var pairs []Pair
	index := data.Scattered(ds.Len(), n)
	for from := 0; from < len(index); from += pairsBatch {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		x, err := data.LoadIndex(ctx, ds, index[from:min(from+pairsBatch, len(index))])
		if err != nil {
			return nil, err
		}
		refined, err := trainer.Refine(r, x, config.Seed, x.Names, 0)
		if err != nil {
			return nil, err
		}
		told, err := trainer.Told(d, refined, device)
		if err != nil {
			return nil, err
		}
		after := refined.Images(ds.Info().Bits)
		for k, before := range x.Images(ds.Info().Bits) {
			pairs = append(pairs, Pair{x.Names[k], before, after[k], told[k]})
		}
		progress(len(pairs), len(index))
	}
	return pairs, nil
}

// pairsBatch is the number of images that are refined at once.
const pairsBatch = 16
