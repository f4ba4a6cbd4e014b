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
	Metrics   int64          `json:"metrics_bytes"` // length of metrics.jsonl
	Guards    map[string]int `json:"guards"`        // log windows in a row in which a guard saw its failure
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
	if err := r.folder.RemoveLeftovers(); err != nil {
		return st, err
	}
	folder, err := rundir.LatestCheckpoint(r.folder.Dir)
	if err != nil || folder == "" {
		return st, err
	}
	if st, err = readState(folder); err != nil {
		return st, err
	}
	if err := r.model.Restore(st.State); err != nil {
		return st, fmt.Errorf("%s: %w", rundir.StatePath(folder), err)
	}
	files, err := r.model.Files()
	if err != nil {
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

// readState reads a checkpoint's state and checks that its files are whole.
func readState(folder string) (state, error) {
	var st state
	err := rundir.ReadState(folder, &st)
	return st, err
}
