package trainer

import (
	"fmt"
	"path/filepath"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// LoadRefiner reads the refiner of a run's newest checkpoint, its moving average if there is one, and the run's config.
// The caller closes the refiner.
func LoadRefiner(run string, device cgo.Device) (*models.Refiner, config.Config, error) {
	c, err := config.Load("", filepath.Join(run, rundir.ConfigFile), nil)
	if err != nil {
		return nil, c, fmt.Errorf("run %s: %w", run, err)
	}
	folder, err := rundir.LatestCheckpoint(run)
	if err != nil {
		return nil, c, err
	}
	if folder == "" {
		return nil, c, fmt.Errorf("run %s: has no checkpoint yet; train it first, or continue it with "+
			"train --run %[1]s --resume", run)
	}
	if _, err := readState(folder); err != nil {
		return nil, c, err
	}
	path := filepath.Join(folder, simgan.RefinerFile)
	if c.Train.EMA > 0 {
		path = filepath.Join(folder, simgan.AverageFile)
	}
	channels, err := models.RefinerChannels(path)
	if err != nil {
		return nil, c, err
	}
	r, err := models.NewRefiner(c.Refiner, channels)
	if err != nil {
		return nil, c, err
	}
	if err := models.Load(path, r.Params()); err != nil {
		r.Close()
		return nil, c, err
	}
	if device == cgo.CPU {
		r.UseCPUKernels(false)
	}
	return r, c, r.To(device)
}

// Refine returns the images of x refined in float32.
func Refine(r *models.Refiner, noise *cgo.Generator, x *data.Pixels) (*data.Pixels, error) {
	var refined []float32
	err := cgo.Within(func(s *cgo.Scope) error {
		return cgo.NoGrad(func() error {
			device, err := r.Device()
			if err != nil {
				return err
			}
			images := s.From(x.Values, device, int64(x.N), int64(x.C), int64(x.H), int64(x.W))
			drawn := models.DrawNoise(s, r.Config.Noise, noise, int64(x.N), int64(x.H), int64(x.W))
			out := r.Forward(s, images, drawn, false)
			if s.Err() != nil {
				return s.Err()
			}
			refined, err = cgo.Read(out)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return x.With(refined), nil
}
