package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"simgan/internal/atomicfile"
	"simgan/internal/inputfile"
	"simgan/internal/showtext"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// The states of a trial.
const (
	Running     = "running"     // or was, when the sweep was killed
	Interrupted = "interrupted" // stopped with the sweep and saved; continues when the sweep does
	Stopped     = "stopped"     // rests at a rung: early stopping
	Done        = "done"
	Failed      = "failed"   // crashed
	Diverged    = "diverged" // stopped by a guard of the trainer
)

// Rung holds the objective of a trial after some steps of training.
type Rung struct {
	Step  int     `json:"step"`
	Value float64 `json:"value"`
}

// Trial is one point of the search and its outcome: trial.json in its run folder, renamed into place at each change.
type Trial struct {
	Number   int       `json:"number"`
	Settings []Setting `json:"settings"`
	Status   string    `json:"status"`
	Rungs    []Rung    `json:"rungs,omitempty"`
	Value    *float64  `json:"value,omitempty"` // the objective at the end
	Seconds  float64   `json:"seconds"`         // of training and evaluation
	Changed  time.Time `json:"changed"`
	Problem  string    `json:"problem,omitempty"` // the end of its log, if it crashed

	dir string
}

// Folder returns the run folder of trial k.
func (s *Sweep) Folder(k int) string { return s.folder(k) }

// Trial returns trial k as it stands, or nil if it was never started.
func (s *Sweep) Trial(k int) (*Trial, error) { return s.load(k) }

// folder returns the run folder of trial k.
func (s *Sweep) folder(k int) string { return filepath.Join(s.Dir, fmt.Sprintf("trial-%04d", k)) }

// newTrial returns trial k before it starts.
func (s *Sweep) newTrial(k int, settings []Setting) *Trial {
	return &Trial{Number: k, Settings: settings, Status: Running, dir: s.folder(k)}
}

// save writes trial.json.
func (t *Trial) save() error {
	t.Changed = time.Now().Truncate(time.Second)
	text, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(t.dir, 0o755); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(t.dir, "trial.json"), append(text, '\n'))
}

// latest returns the newest value and the step at which it was taken. ok is false if there is none.
func (t *Trial) latest(steps int) (value float64, at int, ok bool) {
	if t.Value != nil {
		return *t.Value, steps, true
	}
	if n := len(t.Rungs); n > 0 {
		return t.Rungs[n-1].Value, t.Rungs[n-1].Step, true
	}
	return 0, 0, false
}

// at returns the value at a rung.
func (t *Trial) at(step int) (float64, bool) {
	for _, r := range t.Rungs {
		if r.Step == step {
			return r.Value, true
		}
	}
	return 0, false
}

// load reads trial k, or returns nil if it was never started. A run folder that the commands of --print-commands filled
// has no trial.json; its trial is made from the files there.
func (s *Sweep) load(k int) (*Trial, error) {
	dir := s.folder(k)
	path := filepath.Join(dir, "trial.json")
	text, err := inputfile.Read(path, inputfile.Small)
	if errors.Is(err, fs.ErrNotExist) {
		return s.adopt(k)
	}
	if err != nil {
		return nil, err
	}
	t := &Trial{dir: dir}
	if err = json.Unmarshal(text, t); err == nil {
		err = s.checkTrial(k, t)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; remove the file to run the trial again, or choose another dir", path, err)
	}
	return t, nil
}

// checkTrial reports what no sweep of this file writes into trial k's file.
func (s *Sweep) checkTrial(k int, t *Trial) error {
	var problems []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	need(t.Number == k, "number is %d in the folder of trial %d", t.Number, k)
	need(slices.Contains([]string{Running, Interrupted, Stopped, Done, Failed, Diverged}, t.Status),
		"status is %q", t.Status)
	need(t.Status != Done || t.Value != nil, "it is done, but has no value")
	need(t.Status != Stopped || len(t.Rungs) > 0, "it rests at a rung, but has none")
	need(t.Seconds >= 0, "seconds is %g", t.Seconds)
	need(len(t.Settings) == len(s.Parameters), "has %d parameters, the sweep %d", len(t.Settings), len(s.Parameters))
	for i := range min(len(t.Settings), len(s.Parameters)) {
		need(t.Settings[i].Key == s.Parameters[i].Key, "parameter %d is %q, the sweep's is %s", i, t.Settings[i].Key,
			s.Parameters[i].Key)
		need(showtext.Line(t.Settings[i].Value) == t.Settings[i].Value, "parameter %d has a control character", i)
	}
	before := 0
	for i, r := range t.Rungs {
		need(r.Step > before && r.Step <= config.MaxSteps, "rung %d is at step %d", i, r.Step)
		before = r.Step
	}
	return errors.Join(problems...)
}

func (s *Sweep) adopt(k int) (*Trial, error) {
	if s.Method == "tpe" {
		return nil, nil
	}
	t := s.newTrial(k, s.draw(k))
	if exists(t.dir, rundir.DoneFile) {
		value, err := s.Objective.read(t.dir, 0)
		if err == nil {
			t.Value, t.Status = &value, Done
			return t, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			t.Status, t.Problem = Failed, err.Error()
			return t, nil
		}
	}
	if exists(t.dir, rundir.ConfigFile) {
		return t, nil
	}
	return nil, nil
}

func exists(parts ...string) bool {
	_, err := os.Stat(filepath.Join(parts...))
	return err == nil
}

// trials returns all trials that were started, by number.
func (s *Sweep) trials() (all []*Trial, err error) {
	for k := range s.Trials {
		t, err := s.load(k)
		if err != nil {
			return nil, err
		}
		if t != nil {
			all = append(all, t)
		}
	}
	return all, nil
}

// best returns the finished trial with the best objective, or nil if none has finished.
func (s *Sweep) best(trials []*Trial) *Trial {
	var best *Trial
	for _, t := range trials {
		if t.Status == Done && t.Value != nil && (best == nil || s.Objective.cost(*t.Value) < s.Objective.cost(*best.Value)) {
			best = t
		}
	}
	return best
}

// bestResting returns the resting trial that came farthest, of several the one with the best value there; nil if none
// rests.
func (s *Sweep) bestResting(trials []*Trial) *Trial {
	var best *Trial
	for _, t := range trials {
		if t.Status != Stopped {
			continue
		}
		if best == nil {
			best = t
			continue
		}
		value, at, _ := t.latest(0)
		least, farthest, _ := best.latest(0)
		if at > farthest || at == farthest && s.Objective.cost(value) < s.Objective.cost(least) {
			best = t
		}
	}
	return best
}
