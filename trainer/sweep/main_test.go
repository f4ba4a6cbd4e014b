package sweep

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"simgan/trainer"
)

// TestMain makes the test binary a fake simgan where a test starts it as one: the Go way to test process logic.
func TestMain(m *testing.M) {
	if os.Getenv("SWEEP_FAKE_SIMGAN") != "" {
		os.Exit(fakeSimgan(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// fakeSimgan trains and evaluates as simgan does, as far as a sweep sees: config.yaml first, a line of metrics.jsonl a step,
// --until and --resume, DONE last, exit 143 on SIGTERM with everything saved. A trial's loss is |log10(lambda) + 2| + 1/step.
// psi=mean crashes, psi=learned diverges. SWEEP_FAKE_PAUSE is the length of a step.
func fakeSimgan(args []string) int {
	flag := func(name string) string {
		if i := slices.Index(args, "--"+name); i >= 0 {
			return args[i+1]
		}
		return ""
	}
	dir := flag("run")
	if args[0] == "eval" {
		return fakeEval(dir, flag("json"), flag("test"))
	}
	config, err := fakeConfig(args, dir)
	if err != nil {
		fmt.Println(err)
		return 2
	}
	switch config.Train.Psi {
	case "mean":
		fmt.Println("first line\nout of memory: the fake's own crash")
		return 1
	case "learned":
		return 3
	}
	until, _ := strconv.Atoi(flag("until"))
	return fakeTrain(config, dir, until)
}

func fakeConfig(args []string, dir string) (trainer.Config, error) {
	path := filepath.Join(dir, "config.yaml")
	if slices.Contains(args, "--resume") {
		return trainer.LoadConfig("", path, nil)
	}
	var settings []string
	for i, arg := range args {
		if arg == "--set" {
			settings = append(settings, args[i+1])
		}
	}
	c, err := trainer.LoadConfig("", "", settings)
	if err != nil {
		return c, err
	}
	text, err := c.YAML()
	if err != nil {
		return c, err
	}
	return c, os.WriteFile(path, text, 0o644)
}

func fakeTrain(c trainer.Config, dir string, until int) int {
	stop := make(chan os.Signal, 2)
	signal.Notify(stop, syscall.SIGTERM)
	pause, _ := time.ParseDuration(os.Getenv("SWEEP_FAKE_PAUSE"))
	records, _ := readMetrics(filepath.Join(dir, "metrics.jsonl"))
	file, err := os.OpenFile(filepath.Join(dir, "metrics.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return 1
	}
	defer file.Close()
	for step := len(records) + 1; step <= c.Train.Steps; step++ {
		if until > 0 && step > until {
			return 0
		}
		select {
		case <-stop:
			return 143
		case <-time.After(pause):
		}
		loss := math.Abs(math.Log10(c.Train.Lambda)+2) + 1/float64(step)
		fmt.Fprintf(file, `{"step":%d,"phase":"train","loss":%g,"l_reg":%g,"device":%q,"threads":%q}`+"\n", step, loss, loss, c.Device, os.Getenv("OMP_NUM_THREADS"))
	}
	if os.WriteFile(filepath.Join(dir, "DONE"), nil, 0o644) != nil {
		return 1
	}
	return 0
}

func fakeEval(dir, path, test string) int {
	records, err := readMetrics(filepath.Join(dir, "metrics.jsonl"))
	if err != nil || len(records) == 0 || test == "" {
		return 1
	}
	text, err := json.Marshal(object{"refined": object{"mean_degrees": records[len(records)-1]["loss"]}})
	if err != nil || os.WriteFile(path, text, 0o644) != nil {
		return 1
	}
	return 0
}

// fake is a sweep of fake trials in a folder of its own.
func fake(t *testing.T, text string) (*Sweep, Options) {
	t.Helper()
	t.Setenv("SWEEP_FAKE_SIMGAN", "1")
	dir := t.TempDir()
	path := filepath.Join(dir, "s.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path, filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	return s, Options{Out: io.Discard}
}

// rows is sweep.csv without its header.
func rowsOf(t *testing.T, s *Sweep) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Dir, "sweep.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		rows = append(rows, strings.Split(line, ","))
	}
	return rows
}

// lockedBuffer is a writer that several trials write to.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
	seen func(string)
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen != nil {
		b.seen(string(p))
	}
	return b.text.Write(p)
}
