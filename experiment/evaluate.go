package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"simgan/internal/inputfile"
	"simgan/sweep"
)

// wholeFile and rowFile name a variant's evaluations: of all rows, or of one.
const wholeFile = "eval.json"

func rowFile(row string) string { return "eval-" + row + ".json" }

// refinedRows are the rows of a variant that shares the others with one that was evaluated before.
var refinedRows = []string{"refined", "refined+control"}

// evaluate evaluates the finished runs of variant i together: all rows, or only those of refined images if an earlier
// variant has the others. Evaluations of the same runs that are there already are kept.
func (r *run) evaluate(ctx context.Context, i int, s *sweep.Sweep) error {
	runs, _, err := finished(s)
	if err != nil || len(runs) == 0 {
		return err
	}
	if r.allRows || !r.sharedBefore(i) {
		return r.eval(ctx, i, runs, wholeFile)
	}
	for _, row := range refinedRows {
		if err := r.eval(ctx, i, runs, rowFile(row), "--only", row); err != nil {
			return err
		}
	}
	return nil
}

// sharedBefore reports whether a variant before i was evaluated on the rows that all share.
func (r *run) sharedBefore(i int) bool {
	for k := range i {
		if _, err := os.Stat(filepath.Join(r.folder(k), wholeFile)); err == nil {
			return true
		}
	}
	return false
}

// evalArgs is the command line of an evaluation of runs.
func (o Options) evalArgs(path string, runs []string, more ...string) []string {
	args := append([]string{"eval", o.Task, "--seeds", strconv.Itoa(o.EvalSeeds), "--json", path}, more...)
	for _, run := range runs {
		args = append(args, "--run", run)
	}
	for _, flag := range []struct{ name, value string }{
		{"--labels", o.Labels}, {"--device", o.Device}, {"--steps", positive(o.EvalSteps)},
	} {
		if flag.value != "" {
			args = append(args, flag.name, flag.value)
		}
	}
	return append(args, o.EvalFlags...)
}

func (r *run) eval(ctx context.Context, i int, runs []string, file string, more ...string) error {
	o, path := r.options, filepath.Join(r.folder(i), file)
	if done, err := evaluated(path, runs); err != nil || done {
		return err
	}
	if file == wholeFile && r.Name == "psi" {
		if _, err := os.Stat(o.estimator()); err != nil { // one that is there may have trained "learned"
			more = append(more, "--save", filepath.Dir(o.estimator()))
		}
	}
	fmt.Fprintf(o.Log, "evaluating %s\n", path)
	log := filepath.Join(r.folder(i), "eval.log")
	err := sweep.Process(ctx, o.Command, o.evalArgs(path, runs, more...), log, 0)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("evaluation of variant %s: %w (all of it: %s)", r.variants[i].Name, err, log)
	}
	return err
}

// evaluated reports whether an eval's JSON is there and is of the runs.
func evaluated(path string, runs []string) (bool, error) {
	var of struct{ Runs []string }
	found, err := readEval(path, &of)
	same := slices.EqualFunc(of.Runs, runs, func(a, b string) bool { return filepath.Base(a) == filepath.Base(b) })
	return found && same, err
}

func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// finished returns the run folders of a sweep that trained to their end, and what became of the others.
func finished(s *sweep.Sweep) (runs, problems []string, err error) {
	for k := range s.Trials {
		t, err := s.Trial(k)
		switch {
		case err != nil:
			return nil, nil, err
		case t == nil:
			problems = append(problems, fmt.Sprintf("seed %d was not trained yet", k+1))
		case t.Status == sweep.Done:
			runs = append(runs, s.Folder(k))
		default:
			problem := strings.TrimSuffix(fmt.Sprintf("seed %d: %s: %s", k+1, t.Status, t.Problem), ": ")
			problems = append(problems, problem)
		}
	}
	return runs, problems, nil
}

// figures are those of a row, as every task has them.
type figures struct {
	CI95     [2]float64 `json:"ci95"`
	PerSeed  []float64  `json:"per_seed"`
	PCKCurve []float64  `json:"pck_curve"`
	Within7  *float64   `json:"within_7_degrees"`
	PCK5     *float64   `json:"pck_5px"`
}

func (f figures) mean() (sum float64) {
	for _, v := range f.PerSeed {
		sum += v / float64(len(f.PerSeed))
	}
	return sum
}

// rowKeys are eval's rows and their keys in its JSON, in the order of tables.
var rowKeys = []struct{ row, key string }{
	{"synthetic", "synthetic"}, {"control", "control"}, {"refined", "refined"}, {"refined+control", "refined_control"},
	{"real", "real"},
}

// Measure says what the figures of a task are, as eval's JSON does.
type Measure struct {
	Metric         string `json:"metric"`
	HigherIsBetter bool   `json:"higher_is_better,omitempty"`
	Unit           string `json:"unit,omitempty"`
}

// readEval decodes an eval's JSON into each of the values; found is false if it does not exist yet.
func readEval(path string, values ...any) (found bool, err error) {
	text, err := inputfile.Read(path, inputfile.Small)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, v := range values {
		if err := json.Unmarshal(text, v); err != nil {
			return false, fmt.Errorf("%s: %w", path, err)
		}
	}
	return true, nil
}

// readRows reads the rows of an eval's JSON, and into m what they measure. There are none if it does not exist yet.
func readRows(path string, m *Measure) (map[string]figures, error) {
	var fields map[string]json.RawMessage
	if found, err := readEval(path, &fields, m); err != nil || !found {
		return nil, err
	}
	rows := map[string]figures{}
	for _, k := range rowKeys {
		field, ok := fields[k.key]
		if !ok {
			continue
		}
		var f figures
		if err := json.Unmarshal(field, &f); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, k.key, err)
		}
		if len(f.PerSeed) > 0 {
			rows[k.row] = f
		}
	}
	return rows, nil
}
