package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"simgan/internal/exit"
	"simgan/trainer/config"
	"simgan/trainer/config/tinyrun"
	"simgan/trainer/rundir"
)

// smallRun holds the settings of a training of a second that uses every part.
var smallRun = []string{
	"refiner.width=4", "refiner.blocks=1", "discriminator.width=0.1", "train.batch=8", "train.history=24",
	"train.pretrain_refiner=2", "train.pretrain_discriminator=2", "train.steps=20", "train.r1_every=2",
	"data.synthetic=simulated:eyes,n=20", "data.real=simulated:eyes,domain=real,n=20", "train.precision=float32",
	"device=cpu", "log.every=1", "log.samples_every=0", "log.checkpoint_every=4", "log.keep=0", "guard.patience=0",
	"train.timeout=20", "train.agreement=0", "train.diversity=0", "train.reg_limit=0", "train.k_g=2",
	"train.lr_discriminator=2e-4",
}

func trainWords(dir string, settings ...string) []string {
	words := []string{"train", "--run", dir, "--preset", "gaze-demo"}
	for _, s := range append(append([]string{}, smallRun...), settings...) {
		words = append(words, "--set", s)
	}
	return words
}

// launched runs the command, under launch with n > 1 processes, and returns its exit code and output. Processes are
// this test binary (sweep_test.go).
func launched(t *testing.T, n int, words ...string) (int, string) {
	t.Helper()
	t.Setenv("SIMGAN_TEST_AS_COMMAND", "1")
	t.Setenv("OMP_NUM_THREADS", "1")
	if n > 1 {
		words = append([]string{"launch", "--processes", strconv.Itoa(n), "--"}, words...)
	}
	var out, problems bytes.Buffer
	code := run(append([]string{"simgan"}, words...), &out, &problems)
	return code, out.String() + problems.String()
}

func mustLaunch(t *testing.T, n int, words ...string) string {
	t.Helper()
	code, text := launched(t, n, words...)
	if code != 0 {
		t.Fatalf("%d processes: exit code %d: %s", n, code, text)
	}
	return text
}

// Two and four processes make the losses of one on the same batches, with both optimizers, the penalty and the average.
// Processes add in another order, so the last bits differ. In 20 iterations that grows: the first half of the losses is
// compared more closely.
func TestProcessesTrainAsOne(t *testing.T) {
	for _, c := range []struct {
		optimizer string
		processes int
	}{{"sgd", 4}, {"adam", 2}} {
		t.Run(c.optimizer, func(t *testing.T) {
			bare := []string{
				"refiner.noise.kind=none", "train.history=0", "train.ema=0.9", "train.r1=0.1", "log.checkpoint_every=0",
				"train.optimizer=" + c.optimizer, "train.lr_refiner=1e-3", "train.lr_discriminator=1e-4",
			}
			one, several := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "several")
			mustLaunch(t, 1, trainWords(one, bare...)...)
			mustLaunch(t, c.processes, trainWords(several, bare...)...)
			got, want := lossesOf(t, several), lossesOf(t, one)
			tinyrun.NearLosses(t, got, want, 1e-4)
			tinyrun.NearLosses(t, got[:len(got)/2], want[:len(want)/2], 1e-5)
		})
	}
}

// lossesOf returns every loss of a run's metrics.
func lossesOf(t *testing.T, dir string) (losses []float64) {
	t.Helper()
	records, _, err := rundir.ReadMetrics(filepath.Join(dir, rundir.MetricsFile))
	if err != nil || len(records) != 24 || !records[23].In(config.PhaseTrain) {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for _, r := range records {
		for _, name := range []string{"L_R", "L_D", "l_real", "l_reg", "r1", "d_real_right", "refined_change"} {
			if v, ok := r.Number(name); ok {
				losses = append(losses, v)
			}
		}
	}
	return losses
}

// Processes that pause and resume end in the bytes of those that did not. One process can go on with their run.
func TestProcessesResume(t *testing.T) {
	whole, cut := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "cut")
	mustLaunch(t, 2, trainWords(whole)...)
	mustLaunch(t, 2, append(trainWords(cut), "--until", "7")...)
	other := filepath.Join(t.TempDir(), "other")
	if err := os.CopyFS(other, os.DirFS(cut)); err != nil {
		t.Fatal(err)
	}
	mustLaunch(t, 2, "train", "--run", cut, "--resume")
	sameCheckpoint(t, cut, whole)
	ownRandomness(t, whole)
	refineTogether(t, whole)
	for _, n := range []int{1, 4} {
		text := mustLaunch(t, n, "train", "--run", other, "--resume", "--set", fmt.Sprintf("train.steps=%d", 20+n))
		want := map[int]string{1: "goes on with 1 process(es), it had 2", 4: "goes on with 4 process(es), it had 1"}[n]
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}

// refineTogether wants two processes to refine one data set as one process does.
func refineTogether(t *testing.T, dir string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "refined")
	mustLaunch(t, 2, "refine", "--run", dir, "--data", "simulated:eyes,n=5", "--out", out, "--device", "cpu")
	manifest, err := os.ReadFile(filepath.Join(out, "manifest.csv"))
	images, err2 := filepath.Glob(filepath.Join(out, "*.png"))
	if bytes.Count(manifest, []byte("\n")) != 6 || len(images) != 5 {
		t.Errorf("%d images, %v, %v: %s", len(images), err, err2, manifest)
	}
	alone := filepath.Join(t.TempDir(), "alone")
	succeeds(t, "refine", "--run", dir, "--data", "simulated:eyes,n=5", "--out", alone, "--device", "cpu")
	for _, path := range images {
		a, errA := os.ReadFile(path)
		b, errB := os.ReadFile(filepath.Join(alone, filepath.Base(path)))
		if err := errors.Join(errA, errB); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs from that of one process: %v", filepath.Base(path), err)
		}
	}
}

// ownRandomness wants two processes to have noise and choices of their own, and half of the history of 24 images each.
func ownRandomness(t *testing.T, dir string) {
	t.Helper()
	type share struct {
		Noise  []byte `json:"noise"`
		Random []byte `json:"history_random"`
		Held   int    `json:"history_held"`
	}
	var st struct {
		share
		Others []share `json:"processes"`
	}
	text, err := os.ReadFile(rundir.StatePath(filepath.Join(dir, "checkpoints", "step-0000020")))
	if err == nil {
		err = json.Unmarshal(text, &st)
	}
	if err != nil || len(st.Others) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	other := st.Others[0]
	const seed = 8 // bytes before the state of libtorch's generator
	if bytes.Equal(st.Noise[seed:], other.Noise[seed:]) || bytes.Equal(st.Random, other.Random) || st.Held != 12 || other.Held != 12 {
		t.Errorf("noise or choices are the same, or the histories are not of 12 images: %d and %d", st.Held, other.Held)
	}
}

// sameCheckpoint wants the last checkpoints to have the same tensors, byte by byte.
func sameCheckpoint(t *testing.T, got, want string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(want, "checkpoints", "step-0000020", "*.safetensors"))
	if err != nil || len(files) != 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		a, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(got, "checkpoints", "step-0000020", filepath.Base(file)))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: %s differs: %v", got, filepath.Base(file), err)
		}
	}
}

// Estimators that are dealt to two processes give the file of one process, to the byte. Each trains some of them.
func TestProcessesEvaluate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	mustLaunch(t, 1, append(trainWords(dir, "train.steps=2"), "--set", "data.test=simulated:eyes,domain=real,n=9,seed=3")...)
	for name, words := range map[string][]string{
		"gaze":     {"--seeds", "1", "--steps", "3", "--batch", "4"},
		"external": {"--seeds", "5", "--only", "real", "--train", "echo $SIMGAN_ROW | wc -c; :"},
	} {
		t.Run(name, func(t *testing.T) {
			words = append([]string{"eval", name, "--run", dir, "--device", "cpu", "--variants", "1"}, words...)
			one, two := filepath.Join(t.TempDir(), "one.json"), filepath.Join(t.TempDir(), "two.json")
			mustLaunch(t, 1, append(words, "--json", one)...)
			text := mustLaunch(t, 2, append(words, "--json", two)...)
			want, err := os.ReadFile(one)
			got, err2 := os.ReadFile(two)
			if err != nil || err2 != nil || !bytes.Equal(got, want) {
				t.Errorf("%v, %v: two processes: %s, one: %s", err, err2, got, want)
			}
			for rank, n := range []int{3, 2} {
				trained := regexp.MustCompile(fmt.Sprintf(`(?m)^%d: trained on .* seed `, rank))
				if own := len(trained.FindAllString(text, -1)); own != n {
					t.Errorf("process %d trained %d estimators, want %d: %s", rank, own, n, text)
				}
			}
		})
	}
	code, text := launched(t, 2, "eval", "realism", "--run", dir, "--device", "cpu")
	if code != exit.Usage || !strings.Contains(text, "for one process") {
		t.Errorf("exit code %d: %s", code, text)
	}
}

// A pack of two processes has the bytes of one process's.
func TestProcessesPack(t *testing.T) {
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	mustLaunch(t, 1, "pack", "--data", "simulated:eyes,n=5", "--out", one)
	text := mustLaunch(t, 2, "pack", "--data", "simulated:eyes,n=5", "--out", two)
	if strings.Count(text, "5 images of 1x35x55") != 1 {
		t.Errorf("not one process finished the pack: %s", text)
	}
	for _, name := range []string{"images.npy", "labels.npy", "names.txt", "pack.json"} {
		want, err := os.ReadFile(filepath.Join(one, name))
		got, err2 := os.ReadFile(filepath.Join(two, name))
		if err != nil || err2 != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, err, err2)
		}
	}
	if files, err := os.ReadDir(two); err != nil || len(files) != 4 {
		t.Errorf("%v, %v", files, err)
	}
}

// startProcesses starts n processes as another launcher would.
func startProcesses(t *testing.T, n int, words []string) (all []*exec.Cmd, out []*bytes.Buffer) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	for rank := range n {
		cmd := exec.Command(os.Args[0], words...)
		cmd.Env = append(os.Environ(), "SIMGAN_TEST_AS_COMMAND=1", "OMP_NUM_THREADS=1", "RANK="+strconv.Itoa(rank),
			"WORLD_SIZE="+strconv.Itoa(n), "MASTER_ADDR=127.0.0.1", "MASTER_PORT="+strconv.Itoa(port))
		text := &bytes.Buffer{}
		cmd.Stdout, cmd.Stderr = text, text
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		all, out = append(all, cmd), append(out, text)
	}
	return all, out
}

// waitForStep waits until the run has logged a step of Algorithm 1.
func waitForStep(t *testing.T, dir string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if text, _ := os.ReadFile(filepath.Join(dir, rundir.LogFile)); strings.Contains(string(text), " train 2") {
			return
		}
	}
	t.Fatal("no step was logged within 20 s")
}

// A process that is killed ends the others with an error that names it. A process that is asked to stop stops all,
// which save once. Both runs continue to the bytes of one that nobody disturbed.
func TestProcessesThatEnd(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole")
	mustLaunch(t, 2, trainWords(whole)...)
	for _, c := range []struct {
		signal syscall.Signal
		code   int // of process 0
		want   string
	}{
		{syscall.SIGKILL, exit.Failed, "process 1 of 2 died"},
		{syscall.SIGTERM, 128 + int(syscall.SIGTERM), "process 1 of 2 (ranks count from 0): stopped by SIGTERM"},
	} {
		t.Run(c.signal.String(), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			all, out := startProcesses(t, 2, trainWords(dir))
			waitForStep(t, dir)
			if err := all[1].Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			for _, cmd := range all {
				_ = cmd.Wait() // the exit code says more
			}
			if code := all[0].ProcessState.ExitCode(); code != c.code || !strings.Contains(out[0].String(), c.want) {
				t.Errorf("exit code %d, want %d: %s does not say %s", code, c.code, out[0], c.want)
			}
			log, err := os.ReadFile(filepath.Join(dir, rundir.LogFile))
			if saved := strings.Count(string(log), "and saved"); err != nil || (saved == 1) != (c.signal == syscall.SIGTERM) {
				t.Errorf("saved %d times, %v", saved, err)
			}
			mustLaunch(t, 2, "train", "--run", dir, "--resume")
			sameCheckpoint(t, dir, whole)
		})
	}
}

func TestJobsOfSeveralProcesses(t *testing.T) {
	for words, want := range map[string]string{
		"--slurm-script --preset gaze-demo --set train.lambda=0.1 --seed 7": "train --continue --run runs/x " +
			"--preset gaze-demo --set train.lambda=0.1 --set seed=7\n",
		"--slurm-script --processes 4 --device cuda":    "#SBATCH --ntasks=4\n#SBATCH --cpus-per-task=4\n#SBATCH --gpus-per-task=1\n",
		"--kubernetes --image i --set train.lambda=0.1": "lambda: 0.1",
	} {
		args := append([]string{"simgan", "train", "--run", "runs/x"}, strings.Fields(words)...)
		var out, problems bytes.Buffer
		if code := run(args, &out, &problems); code != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("%s: exit code %d: %s%s does not say %q", words, code, out.String(), problems.String(), want)
		}
	}
	for words, want := range map[string]string{
		"--slurm-script --run x --kubernetes":             "give one of them",
		"--slurm-script":                                  "need --run",
		"--kubernetes --run x --processes 0":              "--processes is 0",
		"--slurm-script --run x --processes 3":            "use a multiple of 6, as 60",
		"--slurm-script --run x --set train.optimizer=no": "optimizer",
	} {
		var out, problems bytes.Buffer
		code := run(append([]string{"simgan", "train"}, strings.Fields(words)...), &out, &problems)
		if code != exit.Usage || !strings.Contains(problems.String(), want) {
			t.Errorf("%s: exit code %d: %s does not say %q", words, code, problems.String(), want)
		}
	}
}

func TestLaunchOptions(t *testing.T) {
	t.Chdir(t.TempDir())
	for want, words := range map[string]string{
		"--processes N":                        "launch -- train",
		"give one of them":                     "launch --processes 3 --devices cuda:0,cuda:1 -- train",
		"one of the commands train, refine":    "launch --processes 2 -- report",
		"simgan launch --processes 2 -- train": "launch --processes 2",
		"use a multiple of 6, as 6":            "launch --processes 3 -- train --set train.batch=8 --device cpu --run x",
		"of 2 (ranks count from 0): see above": "launch --processes 2 -- train --set train.k_g=0",
		"start it without a launcher":          "launch --processes 2 -- train --seeds 2 --run x",
	} {
		if code, text := launched(t, 1, strings.Fields(words)...); code != exit.Usage || !strings.Contains(text, want) {
			t.Errorf("%s: exit code %d: %s does not say %q", words, code, text, want)
		}
	}
	o, err := launchOptions([]string{"train"}, 0, "cuda:1,cuda:3")
	if got := fmt.Sprint(o.Args); err != nil || got != "[[train --device cuda:1] [train --device cuda:3]]" {
		t.Errorf("%s, %v", got, err)
	}
}
