package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"simgan/internal/exit"
	"simgan/internal/filelock"
	"simgan/internal/showtext"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// run holds what sections read of a run's folder.
type run struct {
	dir     string
	name    string
	yaml    string // text of config.yaml
	config  config.Config
	done    string            // text of DONE, "" while the run is not finished
	records []rundir.Record   // metrics.jsonl
	note    string            // what was wrong with metrics.jsonl
	origin  rundir.Provenance // provenance.json
	trains  bool              // a process trains in the folder now
	options Options
}

// open reads a run's folder.
func open(dir string) (*run, error) {
	text, err := os.ReadFile(filepath.Join(dir, rundir.ConfigFile))
	if err != nil {
		return nil, exit.Usagef("%s is no run folder: %w", dir, err)
	}
	r := &run{dir: dir, name: showtext.Line(filepath.Base(filepath.Clean(dir))), yaml: showtext.Clean(string(text))}
	if err := yaml.Unmarshal(text, &r.config); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, rundir.ConfigFile), err)
	}
	if done, err := os.ReadFile(filepath.Join(dir, rundir.DoneFile)); err == nil {
		r.done = showtext.Line(strings.TrimSpace(string(done)))
	}
	if r.origin, err = rundir.ReadProvenance(dir); err != nil {
		return nil, err
	}
	if r.trains, err = trains(dir, r.last()); err != nil {
		return nil, err
	}
	return r, r.readMetrics()
}

// last returns the newest process that trained in the folder; nil if that is not known.
func (r *run) last() *rundir.Process {
	trainings := r.origin.Trainings()
	if len(trainings) == 0 {
		return nil
	}
	return &trainings[len(trainings)-1]
}

// trains reports whether the process is training in the folder: it left no end and holds the lock.
func trains(dir string, last *rundir.Process) (bool, error) {
	if last == nil || last.Ended != nil {
		return false, nil
	}
	lock, err := filelock.Try(filepath.Join(dir, rundir.LockFile))
	if errors.Is(err, filelock.ErrHeld) {
		return true, nil
	}
	if err != nil {
		return false, nil // a folder that may only be read
	}
	return false, lock.Unlock()
}

// readMetrics reads metrics.jsonl. A last line that was cut short is noted.
func (r *run) readMetrics() error {
	records, cut, err := rundir.ReadMetrics(filepath.Join(r.dir, rundir.MetricsFile))
	if errors.Is(err, fs.ErrNotExist) {
		r.note = "There are no metrics yet."
		return nil
	}
	if cut > 0 {
		r.note = fmt.Sprintf("Line %d of metrics.jsonl, the last, is cut short and left out.", cut)
	}
	r.records = records
	return err
}
