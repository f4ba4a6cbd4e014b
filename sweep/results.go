package sweep

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"simgan/internal/atomicfile"
	"simgan/trainer/rundir"
)

// WriteResults writes sweep.csv, best.yaml and sweep.html of the trials so far into the sweep's folder, and a summary
// to out.
func (s *Sweep) WriteResults(out io.Writer) error {
	trials, err := s.trials()
	if err != nil {
		return err
	}
	if len(trials) == 0 {
		return fmt.Errorf("%s: holds no trial yet", s.Dir)
	}
	table, err := s.csv(trials)
	if err != nil {
		return err
	}
	page, err := s.page(trials)
	if err != nil {
		return err
	}
	best := s.best(trials)
	err = errors.Join(
		atomicfile.Write(filepath.Join(s.Dir, "sweep.csv"), table),
		atomicfile.Write(filepath.Join(s.Dir, "sweep.html"), page),
		s.writeBest(best))
	if err != nil {
		return err
	}
	count := map[string]int{}
	for _, t := range trials {
		count[t.Status]++
	}
	fmt.Fprintf(out, "%d of %d trials: %d done, %d stopped early, %d diverged, %d failed, %d not finished; %s\n",
		len(trials), s.Trials, count[Done], count[Stopped], count[Diverged], count[Failed],
		count[Running]+count[Interrupted], filepath.Join(s.Dir, "sweep.html"))
	if best != nil {
		fmt.Fprintf(out, "best: trial %d, %s %.5g with %s; its config is %s\n", best.Number, s.Objective.name(), *best.Value,
			describe(best.Settings), filepath.Join(s.Dir, "best.yaml"))
		fmt.Fprintln(out, "next:", shell(cmp.Or(s.Program, "simgan"), s.afterwards(best)))
	} else if t := s.bestResting(trials); t != nil {
		value, at, _ := t.latest(0)
		fmt.Fprintf(out, "no trial has finished; the best of those that rest: trial %d, %s %.5g at step %d with %s\n",
			t.Number, s.Objective.name(), value, at, describe(t.Settings))
	}
	return nil
}

// afterwards returns the arguments of the command that usually follows: the figures on the test images, or the page.
func (s *Sweep) afterwards(best *Trial) []string {
	if s.Objective.Evaluation != "" && s.base.Data.Test != "" {
		return s.Objective.evalArgs(best)
	}
	return []string{"report", "--run", best.dir}
}

// csv returns one row per trial. steps is the training behind the objective: train.steps, or the rung of a stopped
// trial.
func (s *Sweep) csv(trials []*Trial) ([]byte, error) {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	header := []string{"trial", "status"}
	for _, p := range s.Parameters {
		header = append(header, p.Key)
	}
	w.Write(append(header, s.Objective.name(), "steps", "seconds", "run"))
	for _, t := range trials {
		row := []string{strconv.Itoa(t.Number), t.Status}
		for _, setting := range t.Settings {
			row = append(row, setting.Value)
		}
		objective, steps := "", ""
		if value, at, ok := t.latest(s.steps(t)); ok {
			objective, steps = strconv.FormatFloat(value, 'g', -1, 64), strconv.Itoa(at)
		}
		w.Write(append(row, objective, steps, fmt.Sprintf("%.0f", t.Seconds), t.dir))
	}
	w.Flush()
	return text.Bytes(), w.Error()
}

// steps returns the trial's T.
func (s *Sweep) steps(t *Trial) int {
	for _, setting := range t.Settings {
		if n, err := strconv.Atoi(setting.Value); err == nil && setting.Key == "train.steps" {
			return n
		}
	}
	return s.base.Train.Steps
}

// writeBest copies the best trial's config. Without a best trial there is no best.yaml.
func (s *Sweep) writeBest(best *Trial) error {
	path := filepath.Join(s.Dir, "best.yaml")
	if best == nil {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	}
	config, err := os.ReadFile(filepath.Join(best.dir, rundir.ConfigFile))
	if err != nil {
		return fmt.Errorf("trial %d: %w", best.Number, err)
	}
	head := fmt.Sprintf("# Trial %d of %s: %s %.6g, the best of those that finished.\n",
		best.Number, filepath.Base(s.Path), s.Objective.name(), *best.Value)
	return atomicfile.Write(path, append([]byte(head), config...))
}
