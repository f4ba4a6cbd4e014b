package eval

import (
	"context"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models/architecture"
	"simgan/trainer"
)

// RefineOptions are what RefineSet takes.
type RefineOptions struct {
	Run        string  // the run folder whose refiner is used
	Checkpoint string  // best, latest or a step; "": latest
	Data       string  // SPEC of the images
	Out        string  // the new folder
	Variants   int     // versions of each image; more than 1 needs a refiner that takes noise
	Seed       *uint64 // of the noise; nil: the run's
	Clips      string  // whose images share their noise: ClipFolders or a pattern, as in clipsOf; "": no two images
	Skip       data.Skip
	Device     cgo.Device
	Progress   func(done, total int) // called as images are refined
}

// RefineSet writes the refined data set with its labels: every image of it, bad files aside that Skip allows.
func RefineSet(ctx context.Context, o RefineOptions) error {
	if o.Variants < 1 || o.Variants > data.MaxVariants {
		return exit.Usagef("--variants is %d; use 1 or more, at most %d", o.Variants, data.MaxVariants)
	}
	l, err := trainer.LoadCheckpoint(o.Run, o.Checkpoint, o.Device)
	if err != nil {
		return err
	}
	r := l.Refiner
	defer r.Close()
	if o.Variants > 1 && r.Config.Noise.Kind == architecture.NoNoise {
		return exit.Usagef("--variants %d: all would be the same, "+
			"because the run's refiner takes no noise (refiner.noise.kind)", o.Variants)
	}
	if o.Seed != nil && r.Config.Noise.Kind == architecture.NoNoise {
		return exit.Usagef("--seed %d: changes nothing, because the run's refiner takes no noise "+
			"(refiner.noise.kind)", *o.Seed)
	}
	if o.Clips != "" && r.Config.Noise.Kind == architecture.NoNoise {
		return exit.Usagef("--clips: changes nothing, because the run's refiner takes no noise (refiner.noise.kind)")
	}
	source, err := data.OpenContext(ctx, o.Data)
	if err != nil {
		return exit.Usagef("%w", err)
	}
	defer source.Close()
	ds, err := data.Readable(ctx, source, o.Skip)
	if err != nil {
		return err
	}
	if ds.Info().C != r.Channels {
		return exit.Usagef("%s has %d channel(s), the refiner was trained on %d", o.Data, ds.Info().C, r.Channels)
	}
	seed := l.Config.Seed
	if o.Seed != nil {
		seed = *o.Seed
	}
	refine, err := o.refining(r, ds, seed)
	if err != nil {
		return err
	}
	defer refine.close()
	return data.Export(ds, o.Out, o.Variants, func(e *data.Exporter) error {
		for from := 0; from < ds.Len(); from += refineBatch {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			b, err := data.LoadRange(ds, from, min(from+refineBatch, ds.Len()))
			if err != nil {
				return data.SkipHint(err)
			}
			for variant := range o.Variants {
				refined, err := refine.batch(b, variant)
				if err != nil {
					return err
				}
				for k, m := range refined.Images(ds.Info().Bits) {
					if err := e.Write(from+k, variant, m, b.Label(k)); err != nil {
						return err
					}
				}
			}
			o.Progress(from+b.N, ds.Len())
		}
		return nil
	})
}

// refineAll returns the refined variants of every synthetic image, rounded to levels as in a written data set.
func refineAll(ctx context.Context, r refiner, d set, o Options) (set, error) {
	device, err := r.Device()
	if err != nil {
		return set{}, err
	}
	noise, err := cgo.NewGenerator(device, r.seed)
	if err != nil {
		return set{}, err
	}
	defer noise.Close()
	variants := o.Variants
	if r.Config.Noise.Kind == architecture.NoNoise {
		variants = 1
	}
	if err := d.checkFits(variants); err != nil {
		return set{}, err
	}
	out := d.repeated(variants)
	for v := range variants {
		for from := 0; from < d.N; from += refineBatch {
			if ctx.Err() != nil {
				return set{}, context.Cause(ctx)
			}
			refined, err := trainer.Refine(r.Refiner, noise, d.Pixels(from, min(from+refineBatch, d.N)))
			if err != nil {
				return set{}, err
			}
			for k, m := range refined.Images(d.Bits) {
				out.PutLevels(v*d.N+from+k, m)
			}
			o.report("refining", "images", v*d.N+from+refined.N, variants*d.N)
		}
	}
	return out, nil
}

// refineBatch is the number of images that are refined at once.
const refineBatch = 128
