package rundir

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"simgan/internal/exit"
	"simgan/internal/inputfile"
)

// Realism says how well a checkpoint's refined images can be told from real ones, without labels.
type Realism struct {
	Distance  float64 `json:"distance"`  // of refined images from real ones, 0 to 1: see twosample.Reference
	Synthetic float64 `json:"synthetic"` // of the same images before refining
}

// Checkpoint is a whole checkpoint of a run.
type Checkpoint struct {
	Folder  string
	Step    int
	Realism *Realism // nil if it was not measured
	Chosen  bool     // best by an evaluation on validation images
}

// The names of checkpoints that FindCheckpoint takes beside a step.
const (
	LatestName = "latest" // the newest
	BestName   = "best"   // see Best
)

// Checkpoints lists a run's whole checkpoints, the oldest first. A checkpoint whose state.json cannot be read counts as
// not measured.
func Checkpoints(run string) ([]Checkpoint, error) {
	folders, err := checkpoints(run)
	if err != nil {
		return nil, err
	}
	list := make([]Checkpoint, len(folders))
	choice := readChoice(run)
	for i, folder := range folders {
		var state struct {
			Realism *Realism `json:"realism"`
		}
		text, err := inputfile.Read(filepath.Join(folder, stateFile), inputfile.Small)
		if err != nil || json.Unmarshal(text, &state) != nil {
			state.Realism = nil
		}
		step, _ := stepOf(filepath.Base(folder), "") // checkpoints lists names of steps only
		list[i] = Checkpoint{Folder: folder, Step: step, Realism: state.Realism}
		list[i].Chosen = list[i].is(choice)
	}
	return list, nil
}

// Choice names the checkpoint that an evaluation chose as best. The checksum tells it from another of the same step, if
// the run was trained again.
type Choice struct {
	Step  int    `json:"step"`
	State string `json:"state_sha256"`
}

// Choose returns the choice of a checkpoint.
func (c Checkpoint) Choose() (Choice, error) {
	sum, err := sumFile(StatePath(c.Folder))
	return Choice{c.Step, sum}, err
}

// readChoice returns a run's choice, which is no checkpoint's if there is none, or if its file cannot be read.
func readChoice(run string) (choice Choice) {
	text, err := inputfile.Read(filepath.Join(run, BestFile), inputfile.Small)
	if err != nil || json.Unmarshal(text, &choice) != nil {
		return Choice{}
	}
	return choice
}

// is reports whether the choice is of this checkpoint.
func (c Checkpoint) is(choice Choice) bool {
	if c.Step != choice.Step || choice.State == "" {
		return false
	}
	own, err := c.Choose()
	return err == nil && own == choice
}

// Best returns the checkpoint that an evaluation chose. Without such a choice it is the one with the least distance
// from real images, the newest of several. Only distances of the same images compare: those with the Synthetic of the
// newest measured one, up to the rounding of another device. ok is false if none was chosen or measured.
func Best(list []Checkpoint) (best Checkpoint, ok bool) {
	for _, c := range list {
		if c.Chosen {
			return c, true
		}
	}
	for i := len(list) - 1; i >= 0; i-- {
		m := list[i].Realism
		if m == nil || ok && (!m.sameImages(*best.Realism) || m.Distance >= best.Realism.Distance) {
			continue
		}
		best, ok = list[i], true
	}
	return best, ok
}

// rounding is more than the distance of the same images differs between devices and numbers of threads.
const rounding = 1e-3

// sameImages reports whether both were measured on the same images.
func (m Realism) sameImages(other Realism) bool {
	return math.Abs(m.Synthetic-other.Synthetic) <= rounding
}

// FindCheckpoint returns the folder of a run's checkpoint: "latest" (or ""), "best", or a step. If the run has no such
// checkpoint, an exit.ErrUsage lists those that there are; if it has none at all, the error is an fs.ErrNotExist.
func FindCheckpoint(run, name string) (string, error) {
	list, err := Checkpoints(run)
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", fmt.Errorf("run %s: has no checkpoint yet (%w); train it first, or continue it with "+
			"train --run %[1]s --resume", run, fs.ErrNotExist)
	}
	switch name {
	case LatestName, "":
		return list[len(list)-1].Folder, nil
	case BestName:
		if best, ok := Best(list); ok {
			return best.Folder, nil
		}
		return "", exit.Usagef("--checkpoint best: run %s has no checkpoint whose distance from real images was measured "+
			"(config key eval.every), and none was chosen (eval --choose); there are %s", run, offer(list))
	}
	step, err := strconv.Atoi(strings.TrimPrefix(name, stepPrefix))
	if err != nil {
		return "", exit.Usagef("--checkpoint is %q; use best, latest or a step: run %s has %s", name, run, offer(list))
	}
	for _, c := range list {
		if c.Step == step {
			return c.Folder, nil
		}
	}
	return "", exit.Usagef("--checkpoint %s: run %s has no checkpoint of this step; there are %s", name, run, offer(list))
}

// offer lists checkpoints by step and name.
func offer(list []Checkpoint) string {
	best, measured := Best(list)
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = strconv.Itoa(c.Step)
		if measured && c.Step == best.Step {
			parts[i] += " (best)"
		}
		if i == len(list)-1 {
			parts[i] += " (latest)"
		}
	}
	return strings.Join(parts, ", ")
}
