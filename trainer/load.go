package trainer

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"simgan/cgo"
	"simgan/models"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// Loaded is the refiner of a run's checkpoint.
type Loaded struct {
	Refiner    *models.Refiner // the moving average, if there is one; the caller closes it
	Config     config.Config   // of the run
	Checkpoint string          // name of the checkpoint's folder
}

// LoadCheckpoint reads the refiner of a run's checkpoint, named as rundir.FindCheckpoint takes it.
func LoadCheckpoint(run, checkpoint string, device cgo.Device) (l Loaded, err error) {
	if l.Config, err = config.LoadRun(filepath.Join(run, rundir.ConfigFile), nil); err != nil {
		return l, fmt.Errorf("run %s: %w", run, err)
	}
	err = l.read(run, checkpoint)
	for range loadRetries { // a run that goes on replaces and removes checkpoints
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, rundir.ErrNotWhole) {
			break
		}
		time.Sleep(loadPause)
		err = l.read(run, checkpoint)
	}
	if err != nil {
		return l, err
	}
	if device == cgo.CPU {
		_ = l.Refiner.UseWinograd() // else libtorch's layers
	}
	return l, l.Refiner.To(device)
}

// How often, and after what time, a checkpoint that went away or changed while it was read is looked for again.
const (
	loadRetries = 5
	loadPause   = 100 * time.Millisecond
)

// read finds the checkpoint and reads its refiner. The error is an fs.ErrNotExist if it went away meanwhile, or if the
// run has none.
func (l *Loaded) read(run, checkpoint string) error {
	folder, err := rundir.FindCheckpoint(run, checkpoint)
	if err != nil {
		return err
	}
	name := simgan.RefinerFile
	if l.Config.Train.EMA > 0 {
		name = simgan.AverageFile
	}
	if _, err := readState(folder, name); err != nil {
		return err
	}
	path := filepath.Join(folder, name)
	channels, err := models.RefinerChannels(path)
	if err != nil {
		return err
	}
	r, err := models.NewRefiner(l.Config.Refiner, channels)
	if err != nil {
		return err
	}
	if err := models.Load(path, r.Params()); err != nil {
		r.Close()
		return err
	}
	l.Refiner, l.Checkpoint = r, filepath.Base(folder)
	return nil
}
