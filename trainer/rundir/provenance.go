package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"simgan/internal/atomicfile"
	"simgan/internal/inputfile"
)

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

// Process says by what, where and when a run was trained: one entry of provenance.json.
type Process struct {
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

// Provenance holds the processes that trained in a run folder, the first one first: provenance.json.
type Provenance struct {
	Processes []Process `json:"processes"`
}

// Seconds returns how long the processes trained together.
func (p Provenance) Seconds() (sum float64) {
	for _, one := range p.Processes {
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

// Record appends the process to provenance.json. End completes it.
func (f *Folder) Record(p Process) (err error) {
	if f.provenance, err = ReadProvenance(f.Dir); err != nil {
		return err
	}
	f.provenance.Processes = append(f.provenance.Processes, p)
	return f.writeProvenance()
}

// Recorded reports whether Record was called.
func (f *Folder) Recorded() bool { return len(f.provenance.Processes) > 0 }

// End writes how the recorded process ended.
func (f *Folder) End(outcome Outcome, reason, phase string, step int) error {
	p, now := &f.provenance.Processes[len(f.provenance.Processes)-1], time.Now().Truncate(time.Millisecond)
	p.Ended, p.Outcome, p.Reason, p.Phase, p.Step = &now, outcome, reason, phase, step
	return f.writeProvenance()
}

// Seconds returns how long all recorded processes trained.
func (f *Folder) Seconds() float64 { return f.provenance.Seconds() }

func (f *Folder) writeProvenance() error {
	text, err := json.MarshalIndent(f.provenance, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.Write(f.path(ProvenanceFile), append(text, '\n'))
}
