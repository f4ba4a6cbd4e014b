package trainer

import (
	"path/filepath"

	"simgan/cgo"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// Resolve replaces auto by what this machine has. The resolved config runs the same on any machine that has it.
func Resolve(c *config.Config) error {
	device, err := cgo.ParseDevice(c.Device)
	if err != nil {
		return err
	}
	c.Device = device.String()
	if c.Train.Precision == config.PrecisionAuto {
		c.Train.Precision = config.Float32
		if cgo.HasBFloat16(device) && c.Train.Kernels != config.WinogradKernels {
			c.Train.Precision = config.BFloat16
		}
	}
	if device == cgo.CPU {
		c.Train.Kernels = simgan.CPUKernels(c.Train)
	}
	return nil
}

// ChangesAtResume returns the keys in which the resolved config c differs from the config.yaml of the run that it is to
// continue. An exit.ErrUsage names the keys that cannot change in a run that has begun.
func ChangesAtResume(run string, c config.Config) ([]config.Change, error) {
	from, err := config.Load("", filepath.Join(run, rundir.ConfigFile), nil)
	if err != nil {
		return nil, err
	}
	changes, err := config.Changes(from, c)
	if err != nil {
		return nil, err
	}
	return changes, config.CheckResume(changes)
}
