package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/internal/nvidia"
	"simgan/internal/ranks"
	"simgan/parallel"
	"simgan/trainer"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// trainPlan is what train will do. Several processes follow the plan of process 0.
type trainPlan struct {
	Config config.Config // resolved
	Resume bool          // the run has begun; Config's base is the run's own config.yaml
	Run    string        // the run folder
	Until  int           // pause after this step
	notes  []string      // logged when training starts
}

// agree makes the plan that of process 0, on a device of this process's own: the one that it was given, else by its
// number on its machine.
func (p *trainPlan) agree(group *parallel.Group, place ranks.Place, device string) error {
	if group == nil {
		return nil
	}
	text, err := json.Marshal(p)
	if err == nil {
		text, err = group.BroadcastBytes(text)
	}
	if err == nil {
		err = json.Unmarshal(text, p)
	}
	if err != nil || p.Config.Device == cgo.CPU.String() {
		return err
	}
	own, err := deviceOf(place, cmp.Or(strings.TrimPrefix(device, "auto"), "cuda"))
	p.Config.Device = own.String()
	return err
}

// plan decides whether the run starts or continues, and loads its config.
func (o trainOptions) plan() (p trainPlan, err error) {
	p.Run, p.Until = o.run, o.until
	if p.Run == "" {
		p.Run = filepath.Join("runs", time.Now().Format("20060102-150405"))
	}
	if p.Resume, err = o.hasBegun(); err != nil {
		return p, err
	}
	if p.Resume {
		p.Config, err = config.LoadRun(filepath.Join(o.run, rundir.ConfigFile), o.settings)
	} else {
		p.Config, err = config.Load(o.preset, o.config, o.settings)
	}
	if err != nil {
		return p, err
	}
	asked := p.Config.Device
	if err := trainer.Resolve(&p.Config); err != nil {
		return p, err
	}
	if p.Resume && (o.preset != "" || o.config != "") {
		if err := p.noteUnused(o); err != nil {
			return p, err
		}
	}
	return p, p.noteDevice(asked)
}

// hasBegun reports whether the run is to be continued, and refuses options that contradict each other.
func (o trainOptions) hasBegun() (bool, error) {
	if !o.resume && !o.goOn {
		return false, nil
	}
	if o.run == "" {
		return false, exit.Usagef("--resume and --continue need --run, the folder to continue in")
	}
	if o.resume && o.goOn {
		return false, exit.Usagef("--resume and --continue exclude each other: --continue also starts a run")
	}
	own := filepath.Join(o.run, rundir.ConfigFile)
	if o.resume && (o.preset != "" || o.config != "") {
		return false, exit.Usagef("--resume takes the run's own config, %s: leave out --preset and --config; "+
			"--set changes single keys", own)
	}
	_, err := os.Stat(own)
	if !errors.Is(err, fs.ErrNotExist) {
		return err == nil, err
	}
	if o.resume {
		return false, exit.Usagef("run folder %s: holds no run to resume (no %s); --continue would start one",
			o.run, rundir.ConfigFile)
	}
	return false, nil
}

// noteUnused notes what --preset and --config would set otherwise than the run that --continue continues.
func (p *trainPlan) noteUnused(o trainOptions) error {
	first, err := config.Load(o.preset, o.config, o.settings)
	if err != nil {
		return err
	}
	if err := trainer.Resolve(&first); err != nil {
		return err
	}
	unused, err := config.Changes(p.Config, first)
	for _, c := range unused {
		p.notes = append(p.notes, fmt.Sprintf(
			"not used: %v: the run has begun with its own config.yaml; --set changes a key", c))
	}
	return err
}

// noteDevice notes that a run is on the CPU though its user may expect a GPU.
func (p *trainPlan) noteDevice(asked string) error {
	if p.Config.Device != cgo.CPU.String() {
		return nil
	}
	if asked == "auto" {
		p.notes = append(p.notes, whyNoGPU()+"; training on the CPU")
		return nil
	}
	best, err := cgo.ParseDevice("auto")
	if err == nil && p.Resume && best != cgo.CPU {
		p.notes = append(p.notes, "the run stays on the CPU, as its config.yaml says; --device auto takes the GPU")
	}
	return err
}

// whyNoGPU says that no GPU is used; if the machine has one, with the reason.
func whyNoGPU() string {
	if nvidia.Models() == nil {
		return "no GPU is used (simgan doctor says why)"
	}
	_, err := cgo.ParseDevice("cuda")
	return fmt.Sprintf("no GPU is used: %v", err)
}

// try prints the resolved config, in process 0. Around it are comments: what a resumed run changes, and what the run
// would log before its first step.
func (o trainOptions) try(ctx context.Context, place ranks.Place, out io.Writer) error {
	if place.Rank > 0 {
		return nil
	}
	p, err := o.plan()
	if err != nil {
		return err
	}
	if p.Resume {
		changes, err := trainer.ChangesAtResume(p.Run, p.Config)
		if err != nil {
			return err
		}
		for _, c := range changes {
			fmt.Fprintf(out, "# changed: %v\n", c)
		}
	}
	text, err := p.Config.YAML()
	if err != nil {
		return err
	}
	if _, err = out.Write(text); err != nil {
		return err
	}
	notes, err := trainer.Try(ctx, p.Config, p.Run, place.Size)
	for _, n := range append(p.notes, notes...) {
		fmt.Fprintf(out, "# %s\n", n)
	}
	return err
}
