package trainer

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/internal/nvidia"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// CompleteProcess adds to what a caller knows of this process where it runs, and that it starts now.
func CompleteProcess(p *rundir.Process, device cgo.Device) error {
	torch, instructions, err := cgo.Version()
	p.Libtorch, p.Device = torch, deviceName(device, instructions)
	p.Host, _ = os.Hostname() // a machine without a name has none in its provenance
	p.PID, p.Started = os.Getpid(), time.Now().Truncate(time.Millisecond)
	return err
}

// record writes this process into the run's provenance.
func (r *run) record(p rundir.Process) error {
	p.Work = rundir.TrainWork
	if err := CompleteProcess(&p, r.model.Device()); err != nil {
		return err
	}
	return r.folder.Record(p)
}

// deviceName returns the model of the processor or GPU.
func deviceName(device cgo.Device, instructions string) string {
	if device == cgo.CPU {
		return fmt.Sprintf("%s, %s", processor(), instructions)
	}
	found := nvidia.Models()
	slices.Sort(found)
	return fmt.Sprintf("%s, %s", device, cmp.Or(strings.Join(slices.Compact(found), " or "), "a GPU"))
}

// processor returns the processor's model, as Linux names it.
func processor() string {
	const unnamed = "a processor"
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return unnamed
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, name, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(name)
		}
	}
	return unnamed
}

// end records how this process ended and brings the page up to date, if the run has begun. Nothing depends on either: a
// failure is logged.
func (r *run) end(cause error) {
	if !r.folder.Recorded() {
		return
	}
	reason := ""
	if cause != nil {
		reason = cause.Error()
	}
	if err := r.folder.End(outcome(cause), reason, string(r.model.Phase), r.model.Step); err != nil {
		r.folder.Logf("warning: %v", err)
	}
	r.page.write(r.dir, r.folder)
}

func outcome(cause error) rundir.Outcome {
	for _, known := range []struct {
		cause   error
		outcome rundir.Outcome
	}{
		{simgan.ErrNotFinite, rundir.Diverged}, {exit.ErrGuard, rundir.Guarded}, {exit.ErrStopped, rundir.Stopped},
		{errPaused, rundir.Paused},
	} {
		if errors.Is(cause, known.cause) {
			return known.outcome
		}
	}
	if cause != nil {
		return rundir.Failed
	}
	return rundir.Finished
}
