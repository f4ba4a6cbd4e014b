package trainer

import (
	"errors"
	"fmt"
	"path/filepath"

	"simgan/data"
	"simgan/models"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// state is where a run stands: with the tensors of a checkpoint, it determines the rest of the run.
type state struct {
	simgan.State
	Synthetic data.Position  `json:"synthetic"`
	Real      data.Position  `json:"real"`
	Metrics   int64          `json:"metrics_bytes"`       // length of metrics.jsonl
	Others    []share        `json:"processes,omitempty"` // of processes 1 and up that trained with this one
	Guards    map[string]int `json:"guards"`              // log windows in a row in which a guard saw its failure

	Realism *rundir.Realism `json:"realism,omitempty"`
}

// share is where another process of the run stands.
type share struct {
	simgan.State
	Synthetic data.Position `json:"synthetic"`
	Real      data.Position `json:"real"`
}

// save writes checkpoints/step-NNNNNNN, atomically. Checkpoints taken during pretraining are named step 0, because only
// iterations of Algorithm 1 are counted. If a loss or a weight is not finite, save writes none and fails with
// simgan.ErrNotFinite: the last good checkpoint stays. Of several processes each gives its state to process 0, which
// writes.
func (r *run) save() (err error) {
	st := state{Synthetic: r.synthetic.Position(), Real: r.real.Position(), Guards: r.guards}
	if st.State, err = r.model.State(); err != nil {
		return err
	}
	if st.Others, err = r.gather(share{st.State, st.Synthetic, st.Real}); err != nil {
		return err
	}
	if st.Metrics, err = r.folder.MetricsSize(); err != nil {
		return err
	}
	if st.Realism, err = r.realismOf(st.State); err != nil {
		return err
	}
	step := r.model.Step
	if r.model.Phase != config.PhaseTrain {
		step = 0
	}
	err = r.folder.WriteCheckpoint(step, r.config.Log.Keep, st, func(folder string) error {
		return errors.Join(r.writeTensors(folder), r.receiveHistories(folder, st.Others))
	})
	return errors.Join(err, r.sendHistory())
}

// writeTensors writes the model's tensors into a checkpoint's folder.
func (r *run) writeTensors(folder string) error {
	files, err := r.model.Files()
	if err != nil {
		return err
	}
	for name, params := range files {
		if err := r.saveTensors(filepath.Join(folder, name), params); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) saveTensors(path string, params []models.Param) error {
	err := models.Save(path, params, map[string]string{"format": "pt"})
	if errors.Is(err, models.ErrNotFinite) {
		return fmt.Errorf("%w: %w", err, simgan.ErrNotFinite)
	}
	return err
}

// refuseLost returns an error if a training left metrics but no checkpoint: starting again would cut them.
func (r *run) refuseLost() error {
	begun, err := r.folder.HasMetrics()
	if err != nil || !begun {
		return err
	}
	return fmt.Errorf("run folder %s: holds metrics of a training, but no whole checkpoint to resume from. "+
		"If its checkpoints were moved, put them back. To start again from step 0, remove %s, or choose another --run",
		r.dir, filepath.Join(r.dir, rundir.MetricsFile))
}

// readState reads a checkpoint's state and checks that the needed files, and the others that it lists, are whole.
func readState(folder string, needed ...string) (st state, err error) {
	if err := rundir.ReadState(folder, &st, needed...); err != nil {
		return st, err
	}
	if err := st.check(); err != nil {
		return st, fmt.Errorf("%s: %w", rundir.StatePath(folder), err)
	}
	return st, nil
}

// check reports numbers that no run writes.
func (st state) check() error {
	if st.Metrics < 0 {
		return fmt.Errorf("metrics_bytes is %d", st.Metrics)
	}
	for i, other := range st.Others {
		if other.Held < 0 || other.Held > config.MaxHistory {
			return fmt.Errorf("processes: history_held of process %d is %d", i+1, other.Held)
		}
	}
	for name, windows := range st.Guards {
		if windows < 0 {
			return fmt.Errorf("guards: %q is %d", name, windows)
		}
	}
	return nil
}
