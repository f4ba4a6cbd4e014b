package eval

import (
	"context"
	"fmt"
	"path/filepath"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models/architecture"
	"simgan/trainer"
)

// RefineOptions are what RefineSet takes.
type RefineOptions struct {
	Run        string     // the run folder whose refiner is used
	Checkpoint string     // best, latest or a step; "": latest
	Data       string     // SPEC of the images
	Out        string     // the new folder
	Variants   int        // versions of each image; more than 1 needs a refiner that takes noise
	Seed       *uint64    // of the noise; nil: the run's
	Clips      string     // whose images share their noise: ClipFolders or a pattern, as in clipsOf; "": no two images
	Shard      data.Shard // the part of the images that is refined; the zero value: all of them
	Skip       data.Skip
	Device     cgo.Device
	Progress   func(done, total int) // called as images are refined
}

// RefineSet writes the refined data set with its labels: every image of it, bad files aside that Skip allows. Of a data
// set in parts it writes one; finished is false until all are written.
func RefineSet(ctx context.Context, o RefineOptions) (finished bool, err error) {
	if o.Variants < 1 || o.Variants > data.MaxVariants {
		return false, exit.Usagef("--variants is %d; use 1 or more, at most %d", o.Variants, data.MaxVariants)
	}
	l, err := trainer.LoadCheckpoint(o.Run, o.Checkpoint, o.Device)
	if err != nil {
		return false, err
	}
	r := l.Refiner
	defer r.Close()
	if o.Variants > 1 && r.Config.Noise.Kind == architecture.NoNoise {
		return false, exit.Usagef("--variants %d: all would be the same, "+
			"because the run's refiner takes no noise (refiner.noise.kind)", o.Variants)
	}
	if o.Seed != nil && r.Config.Noise.Kind == architecture.NoNoise {
		return false, exit.Usagef("--seed %d: changes nothing, because the run's refiner takes no noise "+
			"(refiner.noise.kind)", *o.Seed)
	}
	if o.Clips != "" && r.Config.Noise.Kind == architecture.NoNoise {
		return false, exit.Usagef("--clips: changes nothing, because the run's refiner takes no noise (refiner.noise.kind)")
	}
	source, err := data.OpenContext(ctx, o.Data)
	if err != nil {
		return false, exit.Usagef("%w", err)
	}
	defer source.Close()
	ds, err := data.Readable(ctx, source, o.Skip)
	if err != nil {
		return false, err
	}
	if ds.Info().C != r.Channels {
		return false, exit.Usagef("%s has %d channel(s), the refiner was trained on %d", o.Data, ds.Info().C, r.Channels)
	}
	seed := l.Config.Seed
	if o.Seed != nil {
		seed = *o.Seed
	}
	clips, err := clipsOf(ds, o.Clips)
	if err != nil {
		return false, err
	}
	refine := func(x *data.Pixels, variant int) (*data.Pixels, error) {
		return trainer.Refine(r, x, seed, clips[x.Index[0]:x.Index[0]+x.N], variant)
	}
	write := func(e *data.Exporter, first, end int) error { return o.refineRange(ctx, e, ds, refine, first, end) }
	if o.Shard.Of <= 1 {
		return true, data.Export(ds, o.Out, o.Variants, func(e *data.Exporter) error { return write(e, 0, ds.Len()) })
	}
	what := fmt.Sprintf("%s refined by %s, checkpoint %s, seed %d, clips %q",
		o.Data, filepath.Clean(o.Run), l.Checkpoint, seed, o.Clips)
	return data.ExportShard(ds, o.Out, o.Variants, o.Shard, what, write)
}

// refineRange refines the images first..end of ds.
func (o RefineOptions) refineRange(
	ctx context.Context, e *data.Exporter, ds data.Dataset,
	refine func(x *data.Pixels, variant int) (*data.Pixels, error), first, end int,
) error {
	for from := first; from < end; from += refineBatch {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		b, err := data.LoadRange(ctx, ds, from, min(from+refineBatch, end))
		if err != nil {
			return data.SkipHint(err)
		}
		for variant := range o.Variants {
			refined, err := refine(b, variant)
			if err != nil {
				return err
			}
			for k, m := range refined.Images(ds.Info().Bits) {
				if err := e.Write(from+k, variant, m, b.Label(k)); err != nil {
					return err
				}
			}
		}
		o.Progress(from-first+b.N, end-first)
	}
	return nil
}

// refineAll returns the refined variants of every synthetic image, as RefineSet writes them.
func refineAll(ctx context.Context, r refiner, d set, o Options) (set, error) {
	if r.Config.Noise.Kind == architecture.NoNoise {
		o.Variants = 1
	}
	if err := d.checkFits(o.Variants, o.wayOut()); err != nil {
		return set{}, err
	}
	return r.refine(ctx, d, o.Variants, func(done, total int) { o.report("refining", "images", done, total) })
}

// refine returns variants of the images, rounded to levels as RefineSet writes them. Images of the same name share
// their noise.
func (r refiner) refine(ctx context.Context, d set, variants int, progress func(done, total int)) (set, error) {
	out := d.repeated(variants)
	for v := range variants {
		for from := 0; from < d.N; from += refineBatch {
			if ctx.Err() != nil {
				return set{}, context.Cause(ctx)
			}
			x := d.Pixels(from, min(from+refineBatch, d.N))
			refined, err := trainer.Refine(r.Refiner, x, r.seed, x.Names, v)
			if err != nil {
				return set{}, err
			}
			for k, m := range refined.Images(d.Bits) {
				out.PutLevels(v*d.N+from+k, m)
			}
			progress(v*d.N+from+refined.N, out.N)
		}
	}
	return out, nil
}

// refineBatch is the number of images that are refined at once.
const refineBatch = 128
