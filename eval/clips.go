package eval

import (
	"fmt"
	"hash/fnv"
	"regexp"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models"
	"simgan/models/architecture"
	"simgan/trainer"
)

// ClipFolders says that each folder of a data set is a clip.
const ClipFolders = "folders"

// clipsOf returns the clip of each image of a data set: its folder with ClipFolders, else what the first group of the
// regular expression (without groups: all of it) matches in its name. An image without a clip is an exit.ErrUsage.
func clipsOf(ds data.Dataset, clips string) ([]string, error) {
	of := make([]string, ds.Len())
	if clips == ClipFolders {
		for i := range of {
			of[i] = data.ClipFolder(ds.Name(i))
		}
		return of, nil
	}
	pattern, err := regexp.Compile(clips)
	if err != nil {
		return nil, exit.Usagef("--clips=%s: %w", clips, err)
	}
	for i := range of {
		match := pattern.FindStringSubmatch(ds.Name(i))
		if match == nil {
			return nil, exit.Usagef("--clips=%s: does not match the image %s; every image must belong to a clip",
				clips, ds.Name(i))
		}
		of[i] = match[min(1, len(match)-1)]
	}
	return of, nil
}

// refining refines batches of a data set. Images that share their noise are those of a clip; without clips no two do.
type refining struct {
	r     *models.Refiner
	seed  uint64
	clips []string // per image of the data set, its clip or its own name
}

// refining returns what refines ds with noise of the seed.
func (o RefineOptions) refining(r *models.Refiner, ds data.Dataset, seed uint64) (f *refining, err error) {
	f = &refining{r: r, seed: seed}
	if o.Clips != "" {
		f.clips, err = clipsOf(ds, o.Clips)
		return f, err
	}
	f.clips = make([]string, ds.Len())
	for i := range f.clips {
		f.clips[i] = ds.Name(i)
	}
	return f, nil
}

// batch returns a variant of the images of x.
func (f *refining) batch(x *data.Pixels, variant int) (*data.Pixels, error) {
	device, err := f.r.Device()
	if err != nil {
		return nil, err
	}
	return trainer.RefineWith(f.r, x, func(s *cgo.Scope) cgo.Tensor {
		if f.r.Config.Noise.Kind == architecture.NoNoise {
			return cgo.Tensor{}
		}
		drawn := make([]cgo.Tensor, x.N)
		for k, i := range x.Index {
			if k > 0 && f.clips[i] == f.clips[x.Index[k-1]] {
				drawn[k] = drawn[k-1]
				continue
			}
			drawn[k] = f.of(s, f.clips[i], variant, x, device)
		}
		return s.Cat(0, drawn...)
	})
}

// of draws the noise of a variant of a clip, or of an image. It depends on nothing else: a clip may begin in one batch
// and end in another, and refine writes an image alike whatever it refines beside it.
func (f *refining) of(s *cgo.Scope, name string, variant int, x *data.Pixels, device cgo.Device) cgo.Tensor {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%d %d %s", f.seed, variant, name)
	g, err := cgo.NewGenerator(device, hash.Sum64())
	if err != nil {
		s.Fail(err)
		return cgo.Tensor{}
	}
	defer g.Close()
	return models.DrawNoise(s, f.r.Config.Noise, g, 1, int64(x.H), int64(x.W))
}
