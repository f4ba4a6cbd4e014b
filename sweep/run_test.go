package sweep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"simgan/internal/exit"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

const gridText = `
settings: [train.steps=4, log.every=1, device=cpu]
parameters:
  train.lambda: {choices: [0.1, 0.01, 0.001]}
  train.psi: {choices: [identity, mean, learned]}
method: grid
parallel: 2
threads: 1
objective: {metric: L_R, direction: minimise}
`

// Crashes and divergence are recorded with the end of their log and end nothing; the best of the others is found;
// threads are passed on.
func TestSweepGoesOnPastCrashes(t *testing.T) {
	s, o := fake(t, gridText)
	if err := Run(context.Background(), s, o); err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, s)
	if len(rows) != 9 {
		t.Fatalf("%d rows: %v", len(rows), rows)
	}
	for _, row := range rows {
		want := map[string]string{"identity": Done, "mean": Failed, "learned": Diverged}[row[3]]
		if row[1] != want || (row[4] != "") != (want == Done) {
			t.Errorf("row %v, want %s", row, want)
		}
	}
	if crashed, err := s.load(1); err != nil || !strings.Contains(crashed.Problem, "exit code 1") ||
		!strings.Contains(crashed.Problem, "out of memory") {
		t.Errorf("the crash is told as %+v, %v", crashed, err)
	}
	best, err := config.Load("", filepath.Join(s.Dir, "best.yaml"), nil)
	if err != nil || best.Train.Lambda != 0.01 || best.Train.Psi != "identity" {
		t.Errorf("best.yaml has lambda %g, psi %s, %v", best.Train.Lambda, best.Train.Psi, err)
	}
	records, _, err := rundir.ReadMetrics(filepath.Join(s.folder(0), "metrics.jsonl"))
	if err != nil || len(records) != 4 || records[0]["threads"] != "1" {
		t.Errorf("trial 0 ran with %v, %v", records, err)
	}
	page, err := os.ReadFile(filepath.Join(s.Dir, "sweep.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"train.lambda", "out of memory", `class="best"`, "trial 3, done: train.lambda=0.01 train.psi=identity",
		"best.yaml",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(string(page), "http://") || strings.Contains(string(page), "https://") {
		t.Error("the page needs the network")
	}
}

// A sweep of 9 trials at 2 rungs, eta 3: 9 come to the first, 3 to the second, 1 to the end, the best by its
// parameters.
func TestHalvingKeepsTheBest(t *testing.T) {
	s, o := fake(t, `
settings: [train.steps=12, log.every=1, device=cpu]
parameters: {train.lambda: {loguniform: [0.0001, 1], points: 9}}
method: grid
objective: {metric: L_R, direction: minimise}
early_stopping: {first: 2, eta: 3}
`)
	if err := Run(context.Background(), s, o); err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for _, row := range rowsOf(t, s) {
		at[row[1]+" "+row[4]]++
		if row[1] == Done && row[2] != "0.01" {
			t.Errorf("finished with lambda %s, the best is 0.01", row[2])
		}
	}
	// Asynchronous: the first of three at a rung continues before the others arrive, so more than 3 may reach the second.
	if at["done 12"] < 1 || at["done 12"] > 3 {
		t.Errorf("trials by status and value: %v", at)
	}
	trials, err := s.trials()
	if err != nil {
		t.Fatal(err)
	}
	stopped := 0
	for _, trial := range trials {
		if trial.Status == Stopped {
			stopped++
			steps, _, err := rundir.ReadMetrics(filepath.Join(trial.dir, "metrics.jsonl"))
			if last := trial.Rungs[len(trial.Rungs)-1].Step; err != nil || len(steps) != last {
				t.Errorf("trial %d rests at %d after %d steps, %v", trial.Number, last, len(steps), err)
			}
		}
	}
	if stopped < 5 {
		t.Errorf("only %d of 9 trials were stopped early", stopped)
	}
}

// An evaluation at each rung and at the end, on the validation images.
func TestEvaluationIsTheObjective(t *testing.T) {
	s, o := fake(t, `
settings: [train.steps=4, log.every=1, device=cpu]
parameters: {train.lambda: {choices: [0.1, 0.01, 0.001]}}
method: grid
objective: {evaluation: gaze, direction: minimise, validation: "simulated:eyes,domain=real,seed=9"}
early_stopping: {first: 2}
`)
	if err := Run(context.Background(), s, o); err != nil {
		t.Fatal(err)
	}
	trials, err := s.trials()
	if err != nil {
		t.Fatal(err)
	}
	best := s.best(trials)
	if best == nil || best.Number != 1 || *best.Value != 0.25 || len(best.Rungs) != 1 || best.Rungs[0].Value != 0.5 {
		t.Errorf("best is %+v", best)
	}
	if !exists(s.folder(1), "validation.json") || exists(s.folder(1), "eval.json") {
		t.Error("the evaluation is not in validation.json")
	}
}

// A trial that a signal from elsewhere stopped leaves the sweep unfinished, which is an error; called again it ends.
func TestTrialStoppedFromElsewhere(t *testing.T) {
	s, o := fake(t, strings.Replace(gridText, "parallel: 2", "parallel: 1", 1))
	t.Setenv("SWEEP_FAKE_STOP", "1")
	if err := Run(context.Background(), s, o); err == nil || !strings.Contains(err.Error(), "did not finish") ||
		errors.Is(err, exit.ErrUsage) {
		t.Fatalf("error is %v", err)
	}
	t.Setenv("SWEEP_FAKE_STOP", "")
	if err := Run(context.Background(), s, o); err != nil {
		t.Fatal(err)
	}
	if trial, err := s.load(0); err != nil || trial.Status != Done {
		t.Errorf("trial 0 is %+v, %v", trial, err)
	}
}

// A sweep that is stopped stops its trials, which save; called again, it continues where they were and makes no step
// twice.
func TestStoppedSweepGoesOn(t *testing.T) {
	s, o := fake(t, strings.Replace(gridText, "parallel: 2", "parallel: 3", 1))
	t.Setenv("SWEEP_FAKE_PAUSE", "1h") // of each trial's first step
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("a signal")
	go func() {
		waitFor(s.folder(3), "metrics.jsonl")
		cancel(cause)
	}()
	if err := Run(ctx, s, o); !errors.Is(err, cause) {
		t.Fatalf("a stopped sweep returned %v", err)
	}
	if stopped, err := s.load(3); err != nil || stopped.Status != Interrupted || exists(s.folder(3), "DONE") {
		t.Fatalf("trial 3 is %+v, %v", stopped, err)
	}
	t.Setenv("SWEEP_FAKE_PAUSE", "")
	if err := Run(context.Background(), s, o); err != nil {
		t.Fatal(err)
	}
	for _, row := range rowsOf(t, s) {
		if row[1] != Done && row[3] == "identity" {
			t.Errorf("row %v", row)
		}
	}
	steps, _, err := rundir.ReadMetrics(filepath.Join(s.folder(3), "metrics.jsonl"))
	if err != nil || len(steps) != 4 || steps[3]["step"] != 4.0 {
		t.Errorf("trial 3 has %v, %v", steps, err)
	}
	log, err := os.ReadFile(filepath.Join(s.folder(3), "process.log"))
	if err != nil || !strings.Contains(string(log), "--resume") {
		t.Errorf("trial 3 was not resumed: %s, %v", log, err)
	}
}

// A sweep that is killed leaves trials that stop by themselves. Called again, it continues.
func TestKilledSweepGoesOn(t *testing.T) {
	if file := os.Getenv("SWEEP_TO_KILL"); file != "" { // the sweep that the test kills
		s, err := Load(file, filepath.Join(filepath.Dir(file), "out"))
		if err == nil {
			err = Run(context.Background(), s, Options{Command: []string{fakeSimgan}, Out: os.Stdout})
		}
		fmt.Println(err)
		return
	}
	s, o := fake(t, gridText)
	cmd := exec.Command(os.Args[0], "-test.run", "^TestKilledSweepGoesOn$")
	cmd.Env = append(os.Environ(), "SWEEP_TO_KILL="+s.Path, "SWEEP_FAKE_PAUSE=1h", "SWEEP_FAKE_SIMGAN="+fakeSimgan)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(s.folder(0), "metrics.jsonl")
	if err := errors.Join(cmd.Process.Signal(syscall.SIGKILL), ignoreExit(cmd.Wait())); err != nil {
		t.Fatal(err)
	}
	if killed, err := s.load(0); err != nil || killed == nil || killed.Status != Running {
		t.Fatalf("trial 0 is %+v, %v", killed, err)
	}
	if err := Run(context.Background(), s, o); err != nil {
		t.Fatal(err)
	}
	if first, err := s.load(0); err != nil || first.Status != Done {
		t.Errorf("trial 0 is %+v, %v", first, err)
	}
}

// waitFor waits until a file is there, a minute at most.
func waitFor(parts ...string) {
	for range 6000 {
		if exists(parts...) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func ignoreExit(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

// Tasks of an array run one trial each, with early stopping against those before; the results are collected afterwards.
func TestArrayTasks(t *testing.T) {
	s, o := fake(t, `
settings: [train.steps=4, log.every=1, device=cpu]
parameters: {train.lambda: {choices: [0.02, 0.1, 0.01, 1]}}
method: grid
objective: {metric: L_R, direction: minimise}
early_stopping: {first: 2, eta: 2}
`)
	for k := range 4 {
		if err := RunTrial(context.Background(), s, k, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := RunTrial(context.Background(), s, 4, o); !errors.Is(err, exit.ErrUsage) {
		t.Errorf("trial 4 of 4: %v", err)
	}
	if err := s.WriteResults(o.Out); err != nil {
		t.Fatal(err)
	}
	var status []string
	for _, row := range rowsOf(t, s) {
		status = append(status, row[1])
	}
	if got := strings.Join(status, " "); got != "done stopped done stopped" {
		t.Errorf("trials are %s", got)
	}
}

// What the lines of --print-commands leave is collected like a sweep's own.
func TestPrintedCommandsRunAsTheyAre(t *testing.T) {
	s, o := fake(t, `
settings: [train.steps=2, log.every=1, device=cpu]
parameters: {train.lambda: {choices: [0.1, 0.01]}}
method: grid
objective: {evaluation: gaze, direction: minimise, validation: "simulated:eyes,domain=real,seed=9"}
`)
	lines, err := s.Commands(fakeSimgan)
	if err != nil || len(lines) != 2 {
		t.Fatalf("%v, %v", lines, err)
	}
	for _, line := range lines {
		if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
	if err := s.WriteResults(o.Out); err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, s)
	if len(rows) != 2 || rows[1][1] != Done || rows[1][3] != "0.5" {
		t.Errorf("collected %v", rows)
	}
}

func TestFolderOfAnotherSweepIsRefused(t *testing.T) {
	s, o := fake(t, strings.Replace(gridText, "0.1, ", "", 1))
	if err := s.claim(); err != nil {
		t.Fatal(err)
	}
	other, _ := fake(t, gridText)
	other.Dir = s.Dir
	if err := Run(context.Background(), other, o); !errors.Is(err, exit.ErrUsage) ||
		!strings.Contains(err.Error(), "another dir") {
		t.Errorf("error is %v", err)
	}
}
