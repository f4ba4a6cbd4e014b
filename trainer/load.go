package trainer

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

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
	r, err := loadLatest(run, c)
	for range loadRetries { // a run that goes on replaces and removes checkpoints
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, rundir.ErrNotWhole) {
			break
		}
		time.Sleep(loadPause)
		r, err = loadLatest(run, c)
	}
	if err != nil {
		return nil, c, err
	}
	if device == cgo.CPU {
		r.UseCPUKernels(false)
	}
	return r, c, r.To(device)
}

// How often, and after what time, a checkpoint that went away or changed while it was read is looked for again.
const (
	loadRetries = 5
	loadPause   = 100 * time.Millisecond
)

// loadLatest reads the refiner of the newest checkpoint. The error is an fs.ErrNotExist if there is none, or none any
// more.
func loadLatest(run string, c config.Config) (*models.Refiner, error) {
	folder, err := rundir.LatestCheckpoint(run)
	if err != nil {
		return nil, err
	}
	if folder == "" {
		return nil, fmt.Errorf("run %s: has no checkpoint yet (%w); train it first, or continue it with "+
			"train --run %[1]s --resume", run, fs.ErrNotExist)
	}
	name := simgan.RefinerFile
	if c.Train.EMA > 0 {
		name = simgan.AverageFile
	}
	if _, err := readState(folder, name); err != nil {
		return nil, err
	}
	path := filepath.Join(folder, name)
	channels, err := models.RefinerChannels(path)
	if err != nil {
		return nil, err
	}
	r, err := models.NewRefiner(c.Refiner, channels)
	if err != nil {
		return nil, err
	}
	if err := models.Load(path, r.Params()); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Refine returns the images of x refined in float32, each with noise of its own.
func Refine(r *models.Refiner, noise *cgo.Generator, x *data.Pixels) (*data.Pixels, error) {
	return RefineWith(r, x, func(s *cgo.Scope) cgo.Tensor {
		return models.DrawNoise(s, r.Config.Noise, noise, int64(x.N), int64(x.H), int64(x.W))
	})
}

// RefineWith returns the images of x refined in float32 with the noise that draw returns, as models.DrawNoise does.
func RefineWith(r *models.Refiner, x *data.Pixels, draw func(s *cgo.Scope) cgo.Tensor) (*data.Pixels, error) {
	var refined []float32
	err := cgo.Within(func(s *cgo.Scope) error {
		return cgo.NoGrad(func() error {
			device, err := r.Device()
			if err != nil {
				return err
			}
			images := s.From(x.Values, device, int64(x.N), int64(x.C), int64(x.H), int64(x.W))
			out := r.Forward(s, images, draw(s), false)
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
