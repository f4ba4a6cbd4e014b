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
		if FastInBFloat16(device) && c.Train.Kernels != config.WinogradKernels {
			c.Train.Precision = config.BFloat16
		}
	}
	if device == cgo.CPU {
		c.Train.Kernels = simgan.CPUKernels(c.Train)
	}
	return nil
}

// FastInBFloat16 reports whether the device trains faster in bfloat16 than in float32. A CPU without AMX does not: there
// Winograd's float32 is three times as fast as libtorch's bfloat16.
func FastInBFloat16(device cgo.Device) bool {
	if device == cgo.CPU {
		return cgo.HasAMX()
	}
	return cgo.HasBFloat16(device)
}

// ChangesAtResume returns the keys in which the resolved config c differs from the config.yaml of the run that it is to
// continue. An exit.ErrUsage names the keys that cannot change in a run that has begun.
func ChangesAtResume(run string, c config.Config) ([]config.Change, error) {
	from, err := config.LoadRun(filepath.Join(run, rundir.ConfigFile), nil)
	if err != nil {
		return nil, err
	}
	changes, err := config.Changes(from, c)
	if err != nil {
		return nil, err
	}
	return changes, config.CheckResume(changes)
}

// nothingLeft notes how the config of a run that is resumed changes. It reports, and logs, that a finished run has no
// steps left. A run that is to make more steps is finished no more.
func (r *run) nothingLeft(f *rundir.Folder) (over bool, err error) {
	if r.changes, err = ChangesAtResume(r.dir, r.config); err != nil {
		return false, err
	}
	done, err := rundir.IsDone(f.Dir)
	if !done || err != nil {
		return false, err
	}
	latest, err := rundir.LatestCheckpoint(f.Dir)
	if err != nil || latest == "" {
		return false, err
	}
	st, err := readState(latest)
	if err != nil {
		return false, err
	}
	if st.Step >= r.config.Train.Steps {
		f.Logf("%s is done already, %d steps of train.steps=%d: nothing to resume", f.Dir, st.Step, r.config.Train.Steps)
		for _, c := range r.changes {
			f.Logf("not used: %v; train.steps above %d would continue the run", c, st.Step)
		}
		return true, nil
	}
	return false, f.Reopen()
}
