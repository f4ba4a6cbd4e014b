package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"simgan/cgo"
	"simgan/internal/atomicfile"
	"simgan/internal/exit"
	"simgan/internal/jsonfile"
	"simgan/trainer"
	"simgan/trainer/rundir"
)

// runEval evaluates, shows the table and writes the figures.
func runEval(ctx context.Context, o evalOptions, f evaluate, out io.Writer) (err error) {
	if err := o.place(); err != nil {
		return err
	}
	if err := writable(o.json); err != nil {
		return err
	}
	if _, err := cgo.Start(0); err != nil {
		return err
	}
	group, place, err := joinEval(ctx, o.dealt)
	if err != nil {
		return err
	}
	defer func() { group.Leave(err) }()
	device, err := deviceOf(place, o.device)
	if err != nil {
		return err
	}
	o.Group = group
	o.Estimator.Device, o.Estimator.BFloat = device, trainer.FastInBFloat16(device)
	p := thisProcess("eval")
	if err := trainer.CompleteProcess(&p, device); err != nil {
		return err
	}
	progress := &stages{out: out}
	o.Out, o.Progress = progress, progress.set
	result, table, err := f(ctx, o.Options)
	progress.clear()
	if err != nil || group.Rank() > 0 {
		return err
	}
	fmt.Fprint(out, "\n", table)
	var kept string
	if o.ofRun {
		kept, err = rundir.WriteFigures(filepath.Dir(o.json), result)
	} else {
		err = jsonfile.Write(o.json, result)
	}
	if kept != "" {
		fmt.Fprintf(out, "the figures that %s held before are kept in %s\n", o.json, kept)
	}
	if err != nil || o.json == "" {
		return err
	}
	fmt.Fprintf(out, "written to %s\n", o.json)
	if err := o.keep(p, result); err != nil {
		fmt.Fprintln(out, "warning:", err)
	}
	switch len(o.Runs) {
	case 0:
	case 1:
		next(out, append([]string{"report", "--run", o.Runs[0]},
			given("--checkpoint", o.Checkpoint, "--device", o.device)...)...)
	default:
		next(out, append([]string{"report", "--out", filepath.Join(filepath.Dir(o.json), "compare.html")}, o.Runs...)...)
	}
	return nil
}

// keep shows figures that were written into a run's folder to TensorBoard, and adds this process to the run's
// provenance.
func (o *evalOptions) keep(p rundir.Process, result any) error {
	dir, name := filepath.Split(o.json)
	if len(o.Runs) != 1 || filepath.Clean(dir) != filepath.Clean(o.Runs[0]) {
		return nil
	}
	now := time.Now().Truncate(time.Millisecond)
	p.Ended, p.Outcome = &now, rundir.Finished
	if name == rundir.BestFile {
		return rundir.AddProcess(dir, p) // its figures are of several checkpoints
	}
	prefix := strings.TrimSuffix(name, filepath.Ext(name))
	return errors.Join(rundir.AddProcess(dir, p), rundir.ShowFigures(dir, o.Checkpoint, prefix, result))
}

// place expands folders of several runs, and decides where the figures go if --json does not say. Figures of every row
// are the run's; those of one row would take the place of all.
func (o *evalOptions) place() error {
	var runs []string
	for _, run := range o.Runs {
		runs = append(runs, rundir.Runs(run)...)
	}
	switch {
	case o.json != "" || o.Only != "" || len(o.Runs) == 0:
	case len(o.Runs) > 1:
		return exit.Usagef("several runs are given: say with --json FILE where their figures go")
	default:
		if _, err := os.Stat(o.Runs[0]); err != nil {
			return exit.Usagef("--run: %w", err)
		}
		o.json, o.ofRun = filepath.Join(o.Runs[0], cmp.Or(o.file, rundir.EvalFile)), o.file == ""
	}
	o.Runs = runs
	return nil
}

// writable reports, before the work, whether a file can be written after it. An empty path is none.
func writable(path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return exit.Usagef("--json %s is a folder; name a file", path)
	}
	file, err := atomicfile.Create(path)
	if err != nil {
		return exit.Usagef("--json: %w", err)
	}
	return file.Cleanup()
}
