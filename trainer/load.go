package trainer

import (
	"fmt"
	"path/filepath"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// LoadRefiner reads the refiner of a run's newest checkpoint, its moving average where there is one, and the run's config.
// The caller closes it.
func LoadRefiner(run string, device cgo.Device) (*models.Refiner, Config, error) {
	config, err := LoadConfig("", filepath.Join(run, "config.yaml"), nil)
	if err != nil {
		return nil, config, fmt.Errorf("run %s: %w", run, err)
	}
	folder, err := LatestCheckpoint(run)
	if err != nil {
		return nil, config, err
	}
	if folder == "" {
		return nil, config, fmt.Errorf("run %s: has no checkpoint yet; train it first, or go on with train --run %s --resume", run, run)
	}
	if _, err := readState(folder); err != nil {
		return nil, config, err
	}
	ds, err := data.Open(config.Data.Synthetic)
	if err != nil {
		return nil, config, fmt.Errorf("data.synthetic: %w", err)
	}
	defer ds.Close()
	r, err := models.NewRefiner(config.Refiner, ds.Info().C)
	if err != nil {
		return nil, config, err
	}
	name := "refiner.safetensors"
	if config.Train.EMA > 0 {
		name = "refiner_ema.safetensors"
	}
	if err := models.Load(filepath.Join(folder, name), r.Params()); err != nil {
		r.Close()
		return nil, config, err
	}
	return r, config, r.To(device)
}
