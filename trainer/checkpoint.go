package trainer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// state is where a run stands, beside its tensors; with them it is all that the rest of the run depends on.
type state struct {
	Phase     string            `json:"phase"`
	Step      int               `json:"step"`    // iterations made in the phase
	DSteps    int64             `json:"d_steps"` // updates of D made, for r1_every
	Synthetic data.Position     `json:"synthetic"`
	Real      data.Position     `json:"real"`
	Noise     []byte            `json:"noise"`
	Held      int               `json:"history_held"`
	Random    []byte            `json:"history_random"`
	Metrics   int64             `json:"metrics_bytes"` // length of metrics.jsonl
	Window    map[string]total  `json:"window"`        // what the log window has counted so far
	Guards    map[string]int    `json:"guards"`        // log windows in a row in which a guard saw what it looks for
	SHA256    map[string]string `json:"sha256"`        // of the checkpoint's other files
}

func newState() state { return state{Phase: PhaseRefiner, Guards: map[string]int{}} }

// stateFile is written last into a checkpoint.
const stateFile = "state.json"

// save writes checkpoints/step-NNNNNNN, atomically; pretraining's is step 0, for t counts Algorithm 1's iterations. Where a
// loss or a weight is not finite it writes none and fails with ErrNotFinite: the last good checkpoint stays.
func (t *Trainer) save() error {
	st, err := t.now()
	if err != nil {
		return err
	}
	final := t.folder.checkpoint(t.state)
	partial := final + partialSuffix
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	if err := t.writeCheckpoint(partial, st); err != nil {
		return errors.Join(err, os.RemoveAll(partial))
	}
	return t.folder.publish(partial, final, t.config.Log.Keep)
}

// now is the state with all that its parts hold at this moment.
func (t *Trainer) now() (st state, err error) {
	st = t.state
	st.Synthetic, st.Real = t.synthetic.Position(), t.real.Position()
	if st.Window, err = t.meter.totals(); err != nil {
		return st, err
	}
	if st.Noise, err = t.noise.State(); err != nil {
		return st, err
	}
	if t.history != nil {
		st.Held = t.history.held
		if st.Random, err = t.history.random.MarshalBinary(); err != nil {
			return st, err
		}
	}
	st.Metrics, err = t.folder.metricsSize()
	return st, err
}

// writeCheckpoint fills a new folder.
func (t *Trainer) writeCheckpoint(folder string, st state) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	st.SHA256 = map[string]string{}
	for name, params := range t.files() {
		path := filepath.Join(folder, name)
		err := models.Save(path, params, map[string]string{"format": "pt"})
		if errors.Is(err, models.ErrNotFinite) {
			return fmt.Errorf("%w: %w", err, ErrNotFinite)
		}
		if err != nil {
			return err
		}
		if st.SHA256[name], err = sum(path); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(st, "", " ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(folder, stateFile), text, 0o644)
}

// files are a checkpoint's tensors by file name.
func (t *Trainer) files() map[string][]models.Param {
	files := map[string][]models.Param{
		"refiner.safetensors":       t.R.Params(),
		"discriminator.safetensors": t.D.Params(),
	}
	if t.Average != nil {
		files["refiner_ema.safetensors"] = t.Average.Params()
	}
	var rest []models.Param
	add := func(prefix string, tensors []cgo.Tensor) {
		for i, tensor := range tensors {
			rest = append(rest, models.Param{Name: fmt.Sprintf("%s.%d", prefix, i), Tensor: tensor})
		}
	}
	for name, o := range map[string]cgo.Optimizer{"refiner": t.optR, "discriminator": t.optD} {
		for moment, tensors := range o.State() {
			add("optimizer."+name+"."+moment, tensors)
		}
	}
	if t.history != nil {
		add("history", []cgo.Tensor{t.history.images})
	}
	if len(rest) > 0 {
		files["state.safetensors"] = rest
	}
	return files
}

// restore continues from a checkpoint's folder.
func (t *Trainer) restore(folder string) error {
	st, err := readState(folder)
	if err != nil {
		return err
	}
	for name, params := range t.files() {
		path := filepath.Join(folder, name)
		if err := models.Load(path, params); err != nil {
			return err
		}
	}
	if err := t.noise.Restore(st.Noise); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(folder, stateFile), err)
	}
	if t.history != nil {
		t.history.held = st.Held
		if err := t.history.random.UnmarshalBinary(st.Random); err != nil {
			return fmt.Errorf("%s: history_random: %w", filepath.Join(folder, stateFile), err)
		}
	}
	if st.Guards == nil { // a checkpoint of before there were guards
		st.Guards = map[string]int{}
	}
	t.state = st
	return t.meter.restore(t.device, st.Window)
}

// readState reads a checkpoint's state and checks that its files are whole.
func readState(folder string) (state, error) {
	var st state
	path := filepath.Join(folder, stateFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return st, fmt.Errorf("checkpoint is not whole: %w; remove the folder %s to resume from an earlier one", err, folder)
	}
	if err := json.Unmarshal(text, &st); err != nil {
		return st, fmt.Errorf("%s: %w; remove the folder to resume from an earlier checkpoint", path, err)
	}
	for name, want := range st.SHA256 {
		got, err := sum(filepath.Join(folder, name))
		if err == nil && got != want {
			err = errors.New("its content is not what was written (cut short or changed)")
		}
		if err != nil {
			return st, fmt.Errorf("%s: %w; remove the folder %s to resume from an earlier checkpoint", filepath.Join(folder, name), err, folder)
		}
	}
	return st, nil
}

func sum(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:]), nil
}

// LatestCheckpoint is the newest checkpoint's folder in a run folder, "" where there is none.
func LatestCheckpoint(run string) (string, error) {
	folders, err := checkpoints(run)
	if err != nil || len(folders) == 0 {
		return "", err
	}
	return folders[len(folders)-1], nil
}

// checkpoints are the folders of a run's whole checkpoints, the oldest first.
func checkpoints(run string) ([]string, error) {
	folders, err := filepath.Glob(filepath.Join(run, "checkpoints", "step-*")) // sorted
	return slices.DeleteFunc(folders, func(f string) bool {
		return strings.HasSuffix(f, partialSuffix) || strings.HasSuffix(f, oldSuffix)
	}), err
}
