package sweep

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simgan/internal/exit"
)

// scored is a sweep of three lambdas whose objective is a command of the user's.
func scored(t *testing.T, dir, command string) (*Sweep, Options) {
	t.Helper()
	s, o := fake(t, `
settings: [train.steps=2, log.every=1, device=cpu]
parameters: {train.lambda: {choices: [0.1, 0.01, 0.001]}}
method: grid
objective: {command: `+command+`, direction: minimise, timeout: 1m}
`)
	s.Dir = filepath.Join(t.TempDir(), dir)
	return s, o
}

// The last line that the command prints is the objective; the run folder is quoted, whatever its name. By
// testdata/simgan L_R after step 2 is |log10(lambda) + 2| + 0.5: 0.5 for 0.01, the second.
func TestCommandIsTheObjective(t *testing.T) {
	for _, command := range []string{
		`"sed -n 's/.*L_R.:\\([0-9.]*\\).*/\\1/p' {run}/metrics.jsonl"`,
		`"f() { echo a line before; tail -n 1 \"$1/metrics.jsonl\" | grep -o 'L_R.:[0-9.]*' | tr -dc '0-9.\\n'; }; f"`,
	} {
		s, o := scored(t, `it's a "folder"; touch $(canary)`, command)
		if err := Run(context.Background(), s, o); err != nil {
			t.Fatal(err)
		}
		trials, err := s.trials()
		if err != nil {
			t.Fatal(err)
		}
		if best := s.best(trials); best == nil || best.Number != 1 || *best.Value != 0.5 {
			t.Errorf("%s: best is %+v", command, best)
		}
	}
}

// A command that fails, prints no finite number, or takes too long fails its trial; if all do, so does the sweep.
func TestCommandsThatFail(t *testing.T) {
	for command, want := range map[string]string{
		"'echo broken; exit 7; :'": "exit status 7: broken", "echo nan; :": `printed "nan" last`,
		"'true'": "printed nothing", "'sleep 100; :'": "did not end within 200ms",
	} {
		s, o := scored(t, "out", command)
		s.Objective.Timeout, s.Trials = Duration(time.Minute), 1
		if strings.Contains(command, "sleep") {
			s.Objective.Timeout = Duration(200 * time.Millisecond)
		}
		if err := Run(context.Background(), s, o); err == nil || !strings.Contains(err.Error(), "every trial failed") ||
			errors.Is(err, exit.ErrUsage) {
			t.Errorf("%s: the sweep returned %v", command, err)
		}
		if trial, err := s.load(0); err != nil || trial.Status != Failed || !strings.Contains(trial.Problem, want) {
			t.Errorf("%s: the trial is %+v, %v; want %s", command, trial, err, want)
		}
	}
}

// A sweep that is stopped stops the command with it, and takes the trial up again.
func TestStoppedCommand(t *testing.T) {
	s, o := scored(t, "out", "'touch {run}/begun; sleep 100; :'")
	s.Trials = 1
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("a signal")
	go func() {
		waitFor(s.folder(0), "begun")
		cancel(cause)
	}()
	if err := Run(ctx, s, o); !errors.Is(err, cause) {
		t.Fatalf("a stopped sweep returned %v", err)
	}
	if trial, err := s.load(0); err != nil || trial.Status != Interrupted {
		t.Errorf("the trial is %+v, %v", trial, err)
	}
}

// What is printed for other queues runs the command too.
func TestPrintedCommandsScore(t *testing.T) {
	s, _ := scored(t, "a folder", "'echo 3; :'")
	lines, err := s.Commands("simgan")
	if err != nil || !strings.HasSuffix(lines[0], "/trial-0000'; } >'"+s.folder(0)+"/objective.txt.part' && mv "+
		"'"+s.folder(0)+"/objective.txt.part' '"+s.folder(0)+"/objective.txt'") {
		t.Errorf("%q, %v", lines, err)
	}
}

// A trial whose printed command printed no number has failed; the others are collected all the same.
func TestPrintedCommandThatFails(t *testing.T) {
	s, o := scored(t, "out", `"case {run} in *0) ;; *) echo 3 ;; esac; :"`)
	lines, err := s.Commands(fakeSimgan)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[:2] {
		if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
	if err := s.WriteResults(o.Out); err != nil {
		t.Fatal(err)
	}
	if rows := rowsOf(t, s); len(rows) != 2 || rows[0][1] != Failed || rows[1][1] != Done || rows[1][3] != "3" {
		t.Errorf("collected %v", rows)
	}
}

// Unknown metrics and keys of another kind of objective are refused before anything is trained; a data set of the
// user's may be searched beside another one that is set.
func TestObjectivesAreChecked(t *testing.T) {
	const seeds = "parameters: {seed: {choices: [1]}}\nmethod: grid\nobjective: "
	for text, want := range map[string]string{
		seeds + "{metric: l_rag, direction: minimise}":              `did you mean "l_reg"?`,
		seeds + "{metric: fid, direction: minimise}":                "; there are L_R, l_real",
		seeds + "{command: a, metric: l_reg, direction: minimise}":  "give one of",
		seeds + "{command: a, field: b, direction: minimise}":       "objective.field belongs",
		seeds + "{command: a, timeout: 5, direction: minimise}":     "write it with a unit",
		seeds + "{command: a, labels: x, direction: minimise}":      "objective.labels belongs to evaluation: regression or",
		seeds + "{metric: l_reg, seeds: 5, direction: minimise}":    "objective.seeds belongs to evaluation",
		seeds + "{metric: l_reg, timeout: 1m, direction: minimise}": "objective.timeout belongs to command or",
		"settings: ['data.real=folder:photos']\nparameters: {data.synthetic: {choices: ['folder:a', 'folder:b']}}\n" +
			"method: grid\nobjective: {metric: l_reg, direction: minimise}": "",
	} {
		path := filepath.Join(t.TempDir(), "s.yaml")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path, "")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// Trials that rest are results: the page and the summary name the best of them if none has finished.
func TestRestingTrialsAreResults(t *testing.T) {
	s, _ := fake(t, `
settings: [train.steps=9, log.every=1, device=cpu]
parameters: {train.lambda: {choices: [0.1, 0.01]}}
method: grid
objective: {metric: L_R, direction: minimise}
early_stopping: {first: 3, eta: 3}
`)
	for k, value := range []float64{4, 2} {
		trial := s.newTrial(k, s.draw(k))
		trial.Status, trial.Rungs = Stopped, []Rung{{3, value}}
		if err := trial.save(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(s.folder(1), "report.html"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	if err := s.WriteResults(&told); err != nil {
		t.Fatal(err)
	}
	if want := "best of those that rest: trial 1, L_R 2 at step 3"; !strings.Contains(told.String(), want) {
		t.Errorf("the summary is %q", told.String())
	}
	page, err := os.ReadFile(filepath.Join(s.Dir, "sweep.html"))
	if err != nil {
		t.Fatal(err)
	}
	// Values from 2 to 4 on an axis that begins at x = 270: the best at the bottom, y = 274, the other at the top, 34.
	for _, want := range []string{
		`href="trial-0001/report.html">trial 1</a>, L_R <b>2</b> at step 3`, `href="trial-0000/"`,
		"270.0,274.0", "270.0,34.0",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
