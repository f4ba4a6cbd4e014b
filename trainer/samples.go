package trainer

import (
	"simgan/data"
	"simgan/data/picture"
	"simgan/internal/exit"
)

// SampleColumns is the largest number of images in a row of a sample grid.
const SampleColumns = 10

// loadSamples loads the images of the sample grids. They are the first images that a run reads: a data set that cannot
// be read is refused before the run begins.
func (r *run) loadSamples() (err error) {
	n, skip := min(SampleColumns, r.synthetic.Set.Len(), r.real.Set.Len()), r.config.Data.SkipBad
	if r.samples.x, err = loadScattered(r.synthetic.Set, n, skip); err != nil {
		return exit.Usagef("config: data.synthetic: %w", err)
	}
	if r.samples.y, err = loadScattered(r.real.Set, n, skip); err != nil {
		return exit.Usagef("config: data.real: %w", err)
	}
	return nil
}

// drawSamples writes the grid of a step: a row of synthetic images, the same as refine would write them, and real ones.
// The images and the noise are the same at every step, and drawing them changes nothing of the run. Then it updates the
// page.
func (r *run) drawSamples(step int) error {
	refined, err := Refine(r.model.Best(), r.samples.x, r.config.Seed, r.samples.x.Names, 0)
	if err != nil {
		return err
	}
	bits := r.synthetic.Set.Info().Bits
	grid := picture.Grid(r.samples.x.Images(bits), refined.Images(bits), r.samples.y.Images(bits))
	if err := r.folder.WriteSamples(step, grid); err != nil {
		return err
	}
	r.page.update(r.dir, r.folder)
	return nil
}

// loadScattered loads n images from all parts of the data set. In place of each of up to skip images that cannot be
// read, it takes the next one.
func loadScattered(set data.Dataset, n, skip int) (*data.Pixels, error) {
	p, bad := data.NewPixels(n, set.Info()), map[int]bool{}
	for k, at := range data.Scattered(set.Len(), n) {
		s, err := set.Sample(at)
		for err != nil {
			if bad[at] = true; len(bad) > skip || len(bad) == set.Len() {
				return nil, err
			}
			at = (at + 1) % set.Len()
			s, err = set.Sample(at)
		}
		p.Put(k, at, s)
	}
	return p, nil
}
