package trainer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	SHA256    map[string]string `json:"sha256"`        // of the checkpoint's other files
}

// stateFile is written last into a checkpoint.
const stateFile = "state.json"

// save writes checkpoints/step-NNNNNNN, atomically; pretraining's is step 0, for t counts Algorithm 1's iterations.
func (t *Trainer) save() error {
	st := t.state
	st.Synthetic, st.Real = t.synthetic.Position(), t.real.Position()
	st.SHA256 = map[string]string{}
	var err error
	if st.Noise, err = t.noise.State(); err != nil {
		return err
	}
	if t.history != nil {
		st.Held = t.history.held
		if st.Random, err = t.history.random.MarshalBinary(); err != nil {
			return err
		}
	}
	if st.Metrics, err = t.folder.metricsSize(); err != nil {
		return err
	}
	final := t.folder.checkpoint(t.state)
	partial := final + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	if err := os.MkdirAll(partial, 0o755); err != nil {
		return err
	}
	for name, params := range t.files() {
		path := filepath.Join(partial, name)
		if err := models.Save(path, params, map[string]string{"format": "pt"}); err != nil {
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
	if err := renameio.WriteFile(filepath.Join(partial, stateFile), text, 0o644); err != nil {
		return err
	}
	return t.folder.publish(partial, final, t.config.Log.Keep)
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
	t.state = st
	return nil
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
	folders, err := filepath.Glob(filepath.Join(run, "checkpoints", "step-*"))
	if err != nil {
		return "", err
	}
	latest := ""
	for _, f := range folders { // Glob sorts
		if !strings.HasSuffix(f, ".partial") && !strings.HasSuffix(f, ".old") {
			latest = f
		}
	}
	return latest, nil
}
