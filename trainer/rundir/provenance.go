package rundir

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"simgan/internal/atomicfile"
	"simgan/internal/filelock"
	"simgan/internal/inputfile"
)

// TrainWork is the work of a process that trains.
const TrainWork = "train"

// Outcome says how a process that trained in a run folder ended.
type Outcome string

// The outcomes of a process. A process that was killed, or whose machine failed, leaves none.
const (
	Finished Outcome = "done"
	Paused   Outcome = "paused"   // at train --until
	Stopped  Outcome = "stopped"  // by a signal, and saved
	Guarded  Outcome = "guard"    // by a guard, and saved
	Diverged Outcome = "diverged" // a value was not finite
	Failed   Outcome = "failed"   // by an error
)

// Process says by what, where and when a run was trained or evaluated: one entry of provenance.json.
type Process struct {
	Work     string     `json:"work"`             // train or eval
	Version  string     `json:"version"`          // of simgan
	Commit   string     `json:"commit,omitempty"` // of its source
	Libtorch string     `json:"libtorch"`
	Device   string     `json:"device"` // processor or GPU, by its name
	Host     string     `json:"host"`
	PID      int        `json:"pid"`
	Command  []string   `json:"command"`
	Started  time.Time  `json:"started"`
	Ended    *time.Time `json:"ended"` // null while it trains, and for ever after a kill
	Outcome  Outcome    `json:"outcome,omitempty"`
	Reason   string     `json:"reason,omitempty"` // why it ended early
	Phase    string     `json:"phase,omitempty"`  // at its end
	Step     int        `json:"step"`             // at its end, of the phase
}

// Seconds returns how long the process trained; 0 if its end is unknown.
func (p Process) Seconds() float64 {
	if p.Ended == nil {
		return 0
	}
	return p.Ended.Sub(p.Started).Seconds()
}

// Provenance holds the processes that trained and evaluated a run, the first one first: provenance.json.
type Provenance struct {
	Processes []Process `json:"processes"`
}

// Trainings returns the processes that trained.
func (p Provenance) Trainings() (all []Process) {
	for _, one := range p.Processes {
		if one.Work == TrainWork {
			all = append(all, one)
		}
	}
	return all
}

// Seconds returns how long the processes trained together.
func (p Provenance) Seconds() (sum float64) {
	for _, one := range p.Trainings() {
		sum += one.Seconds()
	}
	return sum
}

// ReadProvenance reads a run's provenance.json. A run from before there was one has no processes.
func ReadProvenance(dir string) (p Provenance, err error) {
	path := filepath.Join(dir, ProvenanceFile)
	text, err := inputfile.Read(path, inputfile.Small)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return p, fmt.Errorf("%s: %w; it says who trained the run and nothing depends on it: remove it", path, err)
	}
	return p, nil
}

// AddProcess appends a process to a run's provenance.json.
func AddProcess(dir string, p Process) error {
	return changeProvenance(dir, func(all *Provenance) { all.Processes = append(all.Processes, p) })
}

// Record appends the process that trains to provenance.json. End completes it.
func (f *Folder) Record(p Process) error {
	f.process = &p
	return AddProcess(f.Dir, p)
}

// Recorded reports whether Record was called.
func (f *Folder) Recorded() bool { return f.process != nil }

// End writes how the recorded process ended.
func (f *Folder) End(outcome Outcome, reason, phase string, step int) error {
	now := time.Now().Truncate(time.Millisecond)
	return changeProvenance(f.Dir, func(all *Provenance) {
		for i := range all.Processes { // others may have been added meanwhile
			p := &all.Processes[i]
			if p.PID == f.process.PID && p.Started.Equal(f.process.Started) {
				p.Ended, p.Outcome, p.Reason, p.Phase, p.Step = &now, outcome, reason, phase, step
			}
		}
	})
}

// Seconds returns how long all processes trained in the folder.
func (f *Folder) Seconds() (float64, error) {
	p, err := ReadProvenance(f.Dir)
	return p.Seconds(), err
}

// changeProvenance changes provenance.json under a lock: an evaluation may end while a training does.
func changeProvenance(dir string, change func(all *Provenance)) error {
	lock, err := filelock.Wait(context.Background(), filepath.Join(dir, provenanceLock), 10*time.Second)
	if err != nil {
		return fmt.Errorf("%s: %w", ProvenanceFile, err)
	}
	defer lock.Unlock()
	all, err := ReadProvenance(dir)
	if err != nil {
		return err
	}
	change(&all)
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, ProvenanceFile), append(text, '\n'))
}
