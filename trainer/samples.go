package trainer

import (
	"fmt"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// sampleColumns is the number of images in a row of a sample grid.
const sampleColumns = 10

// loadSamples loads the images of the sample grids. It is the first time that images are read: a data set that cannot
// be is refused before the run begins.
func (t *Trainer) loadSamples() (err error) {
	n, skip := min(sampleColumns, t.synthetic.set.Len(), t.real.set.Len()), t.config.Data.SkipBad
	if t.samples.x, err = evenly(t.synthetic.set, n, skip); err != nil {
		return fmt.Errorf("%w: data.synthetic: %w", ErrConfig, err)
	}
	if t.samples.y, err = evenly(t.real.set, n, skip); err != nil {
		return fmt.Errorf("%w: data.real: %w", ErrConfig, err)
	}
	return nil
}

// drawSamples writes the grid of step t: a row of synthetic images, the same refined, and real ones. The images and the
// noise are the same at every step, and drawing them changes nothing of the run.
func (t *Trainer) drawSamples(step int) error {
	x, y := t.samples.x, t.samples.y
	noise, err := cgo.NewGenerator(t.device, t.config.Seed+sampleStream)
	if err != nil {
		return err
	}
	defer noise.Close()
	refined, err := Refine(t.best(), noise, x)
	if err != nil {
		return err
	}
	return t.folder.samples(step, data.Grid(x.Images(t.info.Bits), data.Unbatch(refined, x, t.info.Bits), y.Images(t.info.Bits)))
}

// evenly takes n images spread over the data set, the next one in place of each of up to skip that cannot be read.
func evenly(set data.Dataset, n, skip int) (*data.Batch, error) {
	b := data.NewBatch(n, set.Info())
	for k, i := 0, 0; k < n; i++ {
		at := (k*set.Len()/n + i) % set.Len()
		s, err := set.Sample(at)
		if err == nil {
			b.Put(k, at, s)
			k, i = k+1, -1
			continue
		}
		if skip--; skip < 0 {
			return nil, err
		}
	}
	return b, nil
}

// Refine runs a batch through the refiner in float32 and returns the refined pixels, row-major as the batch's, in [-1, 1].
func Refine(r *models.Refiner, noise *cgo.Generator, b *data.Batch) (pixels []float32, err error) {
	err = cgo.Within(func(s *cgo.Scope) error {
		return cgo.NoGrad(func() error {
			device, err := r.Device()
			if err != nil {
				return err
			}
			x := s.From(b.Pixels, device, int64(b.N), int64(b.C), int64(b.H), int64(b.W))
			drawn := r.Config.Noise.Draw(s, noise, int64(b.N), int64(b.H), int64(b.W))
			refined := r.Forward(s, x, drawn, false)
			if s.Err() != nil {
				return nil // Within reports it
			}
			pixels, err = cgo.Read(refined)
			return err
		})
	})
	return pixels, err
}
