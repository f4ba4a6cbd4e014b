package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/internal/nvidia"
	"simgan/trainer"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// trainPlan is what train will do.
type trainPlan struct {
	config config.Config // resolved
	resume bool          // the run has begun; config's base is the run's own config.yaml
	notes  []string      // logged when training starts
}

// plan decides whether the run starts or continues, and loads its config.
func (o trainOptions) plan() (p trainPlan, err error) {
	if p.resume, err = o.hasBegun(); err != nil {
		return p, err
	}
	preset, file := o.preset, o.config
	if p.resume {
		preset, file = "", filepath.Join(o.run, rundir.ConfigFile)
	}
	asked, err := p.load(preset, file, o.settings)
	if err != nil {
		return p, err
	}
	if p.resume && (o.preset != "" || o.config != "") {
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

// load loads and resolves the config. It returns the device as the user wrote it.
func (p *trainPlan) load(preset, file string, settings []string) (asked string, err error) {
	if p.config, err = config.Load(preset, file, settings); err != nil {
		return "", err
	}
	asked = p.config.Device
	return asked, trainer.Resolve(&p.config)
}

// noteUnused notes what --preset and --config would set otherwise than the run that --continue continues.
func (p *trainPlan) noteUnused(o trainOptions) error {
	first := trainPlan{}
	if _, err := first.load(o.preset, o.config, o.settings); err != nil {
		return err
	}
	unused, err := config.Changes(p.config, first.config)
	for _, c := range unused {
		p.notes = append(p.notes, fmt.Sprintf(
			"not used: %v: the run has begun with its own config.yaml; --set changes a key", c))
	}
	return err
}

// noteDevice notes that a run is on the CPU though its user may expect a GPU.
func (p *trainPlan) noteDevice(asked string) error {
	if p.config.Device != cgo.CPU.String() {
		return nil
	}
	if asked == "auto" {
		p.notes = append(p.notes, whyNoGPU()+"; training on the CPU")
		return nil
	}
	best, err := cgo.ParseDevice("auto")
	if err == nil && p.resume && best != cgo.CPU {
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

// try prints the resolved config. Around it are comments: what a resumed run changes, and what the run would log before
// its first step.
func (p *trainPlan) try(ctx context.Context, run string, out io.Writer) error {
	if p.resume {
		changes, err := trainer.ChangesAtResume(run, p.config)
		if err != nil {
			return err
		}
		for _, c := range changes {
			fmt.Fprintf(out, "# changed: %v\n", c)
		}
	}
	text, err := p.config.YAML()
	if err != nil {
		return err
	}
	if _, err = out.Write(text); err != nil {
		return err
	}
	notes, err := trainer.Try(ctx, p.config, run)
	for _, n := range append(p.notes, notes...) {
		fmt.Fprintf(out, "# %s\n", n)
	}
	return err
}
