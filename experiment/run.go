package experiment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"simgan/internal/atomicfile"
	"simgan/internal/exit"
	"simgan/internal/filelock"
	"simgan/sweep"
)

// Names in an experiment's folder.
const (
	optionsFile      = "experiment.json" // what the experiment depends on
	resultFile       = "result.json"
	pageFile         = "index.html"
	plotFile         = "plot.svg"
	curvesFile       = "pck.svg" // of hands
	tableFile        = "table.md"
	estimatorsFolder = "estimators"
)

// run is an experiment under way.
type run struct {
	Experiment
	options  Options
	variants []variant
}

// Run trains and evaluates what is left of the experiment and writes its results after every variant. If ctx is
// cancelled, it stops what runs, which saves, and returns ctx's cause. Calling Run again continues.
func Run(ctx context.Context, e Experiment, o Options) error {
	base, err := o.complete(e)
	if err != nil {
		return err
	}
	r := &run{Experiment: e, options: o}
	if r.variants, err = e.variants(base, o); err != nil {
		return err
	}
	if err := r.claim(); err != nil {
		return err
	}
	lock, err := filelock.Try(filepath.Join(o.Out, ".experiment.lock"))
	if err != nil {
		return fmt.Errorf("%s: another process runs this experiment: %w", o.Out, err)
	}
	defer lock.Unlock()
	sweeps, err := r.sweeps()
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Log, "experiment %s: %d variants x %d seeds, evaluated by %d estimators per row and refiner\n",
		e.Name, len(r.variants), o.Seeds, o.EvalSeeds)
	failed := 0
	for i, s := range sweeps {
		fmt.Fprintf(o.Log, "variant %s\n", r.variants[i].Name)
		err := sweep.Run(ctx, s, sweep.Options{Command: o.Command, Out: trialLines{o.Log}})
		if errors.Is(err, sweep.ErrNoneDone) {
			fmt.Fprintf(o.Log, "variant %s: %v\n", r.variants[i].Name, err)
			if failed++; failed > i {
				continue // there is nothing to show yet
			}
		} else if err != nil {
			return err
		}
		if err := r.evaluate(ctx, i, s); err != nil {
			return err
		}
		if err := r.write(); err != nil {
			return err
		}
	}
	if failed == len(sweeps) {
		return fmt.Errorf("%s: no run of any variant came to its end; each run's process.log says why", o.Out)
	}
	fmt.Fprintf(o.Log, "the table is %s, the page %s\n", filepath.Join(o.Out, tableFile), filepath.Join(o.Out, pageFile))
	return nil
}

// claim makes the folder with what the experiment depends on. The folder of another experiment is refused.
func (r *run) claim() error {
	depends := r.options
	depends.Parallel, depends.Device, depends.Command = 0, "", nil
	text, err := json.MarshalIndent(struct {
		Experiment string
		Options    Options
		Variants   []variant
	}{r.Name, depends, r.variants}, "", " ")
	if err != nil {
		return err
	}
	path := filepath.Join(r.options.Out, optionsFile)
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := refuseOthers(r.options.Out); err != nil {
			return err
		}
		if err := os.MkdirAll(r.options.Out, 0o755); err != nil {
			return err
		}
		return atomicfile.Write(path, text)
	case err != nil:
		return err
	case !bytes.Equal(old, text):
		return exit.Usagef("%s holds an experiment with other options (see its %s); give the same ones, "+
			"choose another --out, or remove the folder", r.options.Out, optionsFile)
	}
	return nil
}

// refuseOthers refuses a folder that holds something else.
func refuseOthers(dir string) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return exit.Usagef("%s is not empty and holds no experiment; choose another --out", dir)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// folder returns the folder of a variant's runs.
func (r *run) folder(i int) string {
	return filepath.Join(r.options.Out, fmt.Sprintf("variant-%d", i+1))
}

// sweeps writes and loads a sweep per variant, so that a config that no run could use is refused before any trains.
func (r *run) sweeps() (sweeps []*sweep.Sweep, err error) {
	for i, v := range r.variants {
		path := r.folder(i) + ".yaml"
		text, err := r.sweepText(v)
		if err != nil {
			return nil, err
		}
		if err := atomicfile.Write(path, text); err != nil {
			return nil, err
		}
		s, err := sweep.Load(path, r.folder(i))
		if err != nil {
			return nil, fmt.Errorf("variant %s: %w", v.Name, err)
		}
		sweeps = append(sweeps, s)
	}
	return sweeps, nil
}

// sweepText returns the file of a sweep over seeds. Its objective is nothing that is chosen by.
func (r *run) sweepText(v variant) ([]byte, error) {
	o := r.options
	file := map[string]any{
		"settings": append(append([]string{}, o.Settings...), v.Settings...), "method": "grid", "parallel": o.Parallel,
		"objective": map[string]string{"metric": "l_reg", "direction": "minimise"},
	}
	seeds := make([]string, o.Seeds)
	for k := range seeds {
		seeds[k] = strconv.Itoa(k + 1)
	}
	file["parameters"] = map[string]any{"seed": map[string]any{"choices": seeds}}
	for key, value := range map[string]string{"preset": o.Preset, "config": o.Config} {
		if value != "" {
			file[key] = value
		}
	}
	if o.Device != "" {
		file["devices"] = strings.Split(strings.Repeat(o.Device+" ", o.Parallel), " ")[:o.Parallel]
	}
	return yaml.Marshal(file)
}

// trialLines passes on a sweep's lines about trials. What it says of the best trial is about seeds here.
type trialLines struct{ out io.Writer }

// Write writes the lines that are about a trial.
func (w trialLines) Write(text []byte) (int, error) {
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("trial")) {
			if _, err := w.out.Write(line); err != nil {
				return 0, err
			}
		}
	}
	return len(text), nil
}
