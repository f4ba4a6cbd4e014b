package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"simgan/internal/exit"
)

func TestExitCodesAndMessages(t *testing.T) {
	held := t.TempDir()
	if err := os.WriteFile(filepath.Join(held, "config.yaml"), []byte("seed: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	small := []string{
		"--device",
		"cpu",
		"--set",
		"data.synthetic=simulated:eyes,n=4",
		"--set",
		"data.real=simulated:eyes,domain=real,n=4",
	}
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"help":            {[]string{"help"}, 0, ""},
		"dry run":         {[]string{"train", "--dry-run", "--preset", "gaze-paper-v1", "--device", "cpu"}, 0, ""},
		"no such command": {[]string{"trian"}, exit.Usage, "trian"},
		"no such flag":    {[]string{"train", "--stpes", "3"}, exit.Usage, "stpes"},
		"k_g":             {[]string{"train", "--set", "train.k_g=0"}, exit.Usage, "train.k_g is 0"},
		"missing data": {[]string{"train", "--device", "cpu", "--set", "data.real=folder:/nowhere",
			"--set", "data.synthetic=simulated:eyes", "--run", filepath.Join(t.TempDir(), "r")}, exit.Usage, "/nowhere"},
		"held folder":    {append([]string{"train", "--run", held}, small...), exit.Failed, "--resume"},
		"resume nothing": {[]string{"train", "--resume", "--run", t.TempDir()}, exit.Usage, "no run to resume"},
		"resume where":   {[]string{"train", "--resume"}, exit.Usage, "--run"},
		"refine no run": {[]string{"refine", "--run", t.TempDir(), "--data", "simulated:eyes",
			"--out", filepath.Join(t.TempDir(), "o")}, exit.Usage, "config.yaml"},
		"sizes differ": {append([]string{"train", "--run", filepath.Join(t.TempDir(), "r"),
			"--set", "data.real=simulated:eyes,size=36x60"}, small[:4]...), exit.Usage, "size=HxW"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, problems bytes.Buffer
			if code := run(append([]string{"simgan"}, c.args...), &out, &problems); code != c.code {
				t.Errorf("exit code %d, want %d: %s", code, c.code, problems.String())
			}
			if !strings.Contains(problems.String(), c.want) {
				t.Errorf("%q does not say %q", problems.String(), c.want)
			}
			if c.code == 0 && out.Len() == 0 {
				t.Error("nothing was printed")
			}
		})
	}
}

// Whatever is wrong with a command line itself ends with exit code 2, before any work.
func TestUsageErrorsExit2(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	for line, want := range map[string]string{
		"refine": "needs --run and --data and --out",
		"eval gaze --run r --json /nowhere/f.json": "--json",
		"eval gaze --run r --json /":               "is a folder",
		"refine --run r --data d":                  "needs --out",
		"eval gaze":                                "needs --run",
		"eval hand":                                "needs --run",
		"export --run r":                           "needs --onnx",
		"report":                                   "needs --run",
		"turing":                                   "needs --run",
		"eval labels":                              "needs --run",
		"turing --run r --port 70000":              "--port is 70000",
		"eval labels --run r --limit 0":            "--limit is 0",
		"simulate eyes":                            "needs --out",
		"bench loader":                             "needs --data",
		"eval bogus":                               `has no command "bogus"`,
		"simulate hands2":                          `has no command "hands2"`,
		"bench trian":                              `has no command "trian"`,
		"train now":                                `takes no argument "now"`,
		"refine now":                               `takes no argument "now"`,
		"eval gaze now":                            `takes no argument "now"`,
		"report runs/nowhere":                      "is no run folder",
		"report a b --out x":                       "options come before the folders",
		"export now":                               `takes no argument "now"`,
		"simulate eyes now":                        `takes no argument "now"`,
		"pack now":                                 `takes no argument "now"`,
		"bench train now":                          `takes no argument "now"`,
		"doctor now":                               `takes no argument "now"`,
		"version now":                              `takes no argument "now"`,
		"completion bash zsh":                      "one SHELL",
		"sweep a b":                                "one FILE",
		"simulate eyes --n 0 --out":                "n is 0",
		"simulate eyes --domain foo --out":         `domain "foo"`,
		"simulate hands --format foo --out":        `format "foo"`,
		"simulate eyes --format mpiigaze --n 3 --out":             "n is 3",
		"refine --run r --data simulated:eyes --variants 0 --out": "variants is 0",
		"experiment histroy --out":                                `history`,
		"experiment history --task gase --out":                    `no command "gase"`,
		"experiment history --labels a,b --out":                   "no flag --labels",
		"experiment history --eval-flag=--bogus --out":            "no flag --bogus",
		"experiment noise --preset hand-demo --out":               "use --task hand",
	} {
		args := append([]string{"simgan"}, strings.Fields(line)...)
		if args[len(args)-1] == "--out" {
			args = append(args, out)
		}
		var text, problems bytes.Buffer
		if code := run(args, &text, &problems); code != exit.Usage || !strings.Contains(problems.String(), want) {
			t.Errorf("%s: exit code %d, %q does not say %q", line, code, problems.String(), want)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a refused call left its output folder")
	}
}

// A near miss of a flag, a key, a preset, a kind or a parameter is told what it is near to.
func TestNearMissesAreNamed(t *testing.T) {
	here := t.TempDir()
	for line, want := range map[string]string{
		"train --runs r":                                           `did you mean "--run"?`,
		"refine --variant 2":                                       `did you mean "--variants"?`,
		"train --set train.step=5":                                 `did you mean "train.steps"?`,
		"train --set lamda=5":                                      `did you mean "train.lambda"?`,
		"train --set lattice=5":                                    "key (simgan train --dry-run prints them all)",
		"train --set lambda=5":                                     `did you mean "train.lambda"?`,
		"train --set refiner.noise.knd=pixel":                      `did you mean "refiner.noise.kind"?`,
		"train --preset gaze-dem":                                  `did you mean "gaze-demo"?`,
		"train --set train.steps 5":                                "in one word, as train.steps=5",
		"train --device gpu":                                       "use auto, cpu, cuda or cuda:N",
		"pack --data folders:x --out " + here + "/p":               `did you mean "folder"?`,
		"pack --data " + here + " --out " + here + "/p":            `did you mean "folder:` + here + `"?`,
		"pack --data simulated:eyes,sise=3x3 --out " + here + "/p": `did you mean "size"?`,
		"report --run " + here + "/none":                           "is no run folder",
		"refine --run " + here + "/none --data simulated:eyes --out " + here + "/o": "config.yaml",
	} {
		var text bytes.Buffer
		code := run(append([]string{"simgan"}, strings.Fields(line)...), &text, &text)
		if code != exit.Usage || !strings.Contains(text.String(), want) {
			t.Errorf("%s: exit code %d, %q does not say %q", line, code, text.String(), want)
		}
	}
}

// --clips, whose value may be left out, is read by every command that has it: here it fails on the run, not before.
func TestClipsFlag(t *testing.T) {
	for _, clips := range []string{"--clips", "--clips=^(.*)_"} {
		var text bytes.Buffer
		code := run([]string{"simgan", "refine", "--run", t.TempDir(), "--data", "x", "--out", "y", clips}, &text, &text)
		if code == 0 || !strings.Contains(text.String(), "config.yaml: no such file") {
			t.Errorf("%s: exit code %d, %q", clips, code, text.String())
		}
	}
}

// ~ is the home in SPECs and after --flag=, where no shell expands it. --quiet prints no line of progress.
func TestHomeAndQuiet(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	var text bytes.Buffer
	for _, line := range []string{
		"simulate eyes --n 3 --out=~/eyes --quiet", "pack --data folder:~/eyes --out=~/eyes.pack --quiet",
		"pack --data pack:~/eyes.pack --out=~/again --quiet",
	} {
		if code := run(append([]string{"simgan"}, strings.Fields(line)...), &text, &text); code != 0 || text.Len() > 0 {
			t.Errorf("%s: exit code %d, %q", line, code, text.String())
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "again", "pack.json")); err != nil {
		t.Error(err)
	}
	// A flag that may be repeated.
	run(strings.Fields("simgan eval gaze --run=~/one,1 --run=~/two --json x --quiet"), &text, &text)
	if want := filepath.Join(dir, "one,1") + "/config.yaml"; !strings.Contains(text.String(), want) {
		t.Errorf("%q does not say %q", text.String(), want)
	}
	text.Reset()
	n, err := (warningsOnly{&text}).Write([]byte("step 1\nwarning: x\nstep 2\n"))
	if n != 25 || err != nil || text.String() != "warning: x\n" {
		t.Errorf("%d, %v: %q", n, err, text.String())
	}
}

func TestVersionFlag(t *testing.T) {
	var flag, command bytes.Buffer
	if run([]string{"simgan", "--version"}, &flag, &flag) != 0 ||
		run([]string{"simgan", "version"}, &command, &command) != 0 ||
		flag.String() != command.String() || !strings.Contains(flag.String(), release) {
		t.Errorf("--version says %q, version %q", flag.String(), command.String())
	}
}

// A signal ends simulate soon and nothing stays.
func TestSimulateHeedsSignals(t *testing.T) {
	dir := t.TempDir()
	go func() {
		for range 1000 { // until the work has begun: then the signal is run's
			if begun, err := filepath.Glob(filepath.Join(dir, ".eyes*", "*.jpg")); err != nil || len(begun) > 0 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
	}()
	var out, problems bytes.Buffer
	code := run(
		[]string{"simgan", "simulate", "eyes", "--format", "unityeyes", "--n", "100000", "--out", filepath.Join(dir, "eyes")},
		&out,
		&problems,
	)
	left, err := os.ReadDir(dir)
	if code != 128+int(syscall.SIGTERM) || err != nil || len(left) > 0 {
		t.Errorf("exit code %d, left %v: %s", code, left, problems.String())
	}
}

func TestSimulateWritesLabelledImages(t *testing.T) {
	for _, what := range []string{"eyes", "hands"} {
		dir := filepath.Join(t.TempDir(), what)
		var out, problems bytes.Buffer
		if code := run([]string{"simgan", "simulate", what, "--n", "3", "--out", dir}, &out, &problems); code != 0 {
			t.Fatalf("exit code %d: %s", code, problems.String())
		}
		labels, err := os.ReadFile(filepath.Join(dir, "labels.csv"))
		if err != nil || strings.Count(string(labels), "\n") != 4 {
			t.Errorf("labels.csv: %q, %v", labels, err)
		}
	}
}
