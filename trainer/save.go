package trainer

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

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
	Metrics   int64          `json:"metrics_bytes"` // length of metrics.jsonl
	Guards    map[string]int `json:"guards"`        // log windows in a row in which a guard saw its failure

	Realism *rundir.Realism `json:"realism,omitempty"`
}

// save writes checkpoints/step-NNNNNNN, atomically. Checkpoints taken during pretraining are named step 0, because only
// iterations of Algorithm 1 are counted. If a loss or a weight is not finite, save writes none and fails with
// simgan.ErrNotFinite: the last good checkpoint stays.
func (r *run) save() (err error) {
	st := state{Synthetic: r.synthetic.Position(), Real: r.real.Position(), Guards: r.guards}
	if st.State, err = r.model.State(); err != nil {
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
	return r.folder.WriteCheckpoint(step, r.config.Log.Keep, st, r.writeTensors)
}

// writeTensors writes the model's tensors into a checkpoint's folder.
func (r *run) writeTensors(folder string) error {
	files, err := r.model.Files()
	if err != nil {
		return err
	}
	for name, params := range files {
		err := models.Save(filepath.Join(folder, name), params, map[string]string{"format": "pt"})
		if errors.Is(err, models.ErrNotFinite) {
			return fmt.Errorf("%w: %w", err, simgan.ErrNotFinite)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// restoreLatest continues from the newest checkpoint and returns its state, or the zero state if there is none.
func (r *run) restoreLatest() (st state, err error) {
	folder, err := rundir.LatestCheckpoint(r.folder.Dir)
	if err != nil {
		return st, err
	}
	if folder == "" {
		return st, r.refuseLost()
	}
	files, err := r.model.Files()
	if err != nil {
		return st, err
	}
	if st, err = readState(folder, slices.Collect(maps.Keys(files))...); err != nil {
		return st, err
	}
	if err := r.model.Restore(st.State); err != nil {
		return st, fmt.Errorf("%s: %w", rundir.StatePath(folder), err)
	}
	if files, err = r.model.Files(); err != nil { // the history holds as many images as the state says
		return st, err
	}
	for name, params := range files {
		if err := models.Load(filepath.Join(folder, name), params); err != nil {
			return st, err
		}
	}
	if st.Guards != nil { // checkpoints from before there were guards have none
		r.guards = st.Guards
	}
	return st, nil
}

// refuseLost returns an error if a training left metrics but no checkpoint: starting again would cut them.
func (r *run) refuseLost() error {
	begun, err := r.folder.HasMetrics()
	if err != nil || !begun {
		return err
	}
	return fmt.Errorf("run folder %s: holds metrics of a training, but no whole checkpoint to resume from. "+
		"If its checkpoints were moved, put them back. To start again from step 0, remove %s, or choose another --run",
		r.folder.Dir, filepath.Join(r.folder.Dir, rundir.MetricsFile))
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
	for name, windows := range st.Guards {
		if windows < 0 {
			return fmt.Errorf("guards: %q is %d", name, windows)
		}
	}
	return nil
}
