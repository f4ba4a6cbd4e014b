package trainer

import (
	"fmt"
	"path/filepath"

	"simgan/cgo"
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
	path := filepath.Join(folder, "refiner.safetensors")
	if config.Train.EMA > 0 {
		path = filepath.Join(folder, "refiner_ema.safetensors")
	}
	channels, err := models.RefinerChannels(path)
	if err != nil {
		return nil, config, err
	}
	r, err := models.NewRefiner(config.Refiner, channels)
	if err != nil {
		return nil, config, err
	}
	if err := models.Load(path, r.Params()); err != nil {
		r.Close()
		return nil, config, err
	}
	if device == cgo.CPU {
		r.FuseOnCPU(false)
	}
	return r, config, r.To(device)
}
