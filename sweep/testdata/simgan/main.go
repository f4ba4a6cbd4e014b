// Command simgan is a fake for the tests of sweep: it trains and evaluates as far as a sweep sees, without torch, which
// takes longer to load than these tests may last. config.yaml comes first, then a line of metrics.jsonl a step; --until
// and --resume work; the folder is locked meanwhile; DONE is last; SIGTERM ends it with exit code 143 and everything
// saved. A trial's loss after a step is |log10(lambda) + 2| + 1/step. psi=mean crashes, psi=learned diverges.
// SWEEP_FAKE_PAUSE is the length of a step. With SWEEP_FAKE_STOP it ends after a step as SIGTERM would end it.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	args := os.Args[1:]
	flag := func(name string) string {
		if i := slices.Index(args, "--"+name); i >= 0 {
			return args[i+1]
		}
		return ""
	}
	dir := flag("run")
	if args[0] == "eval" {
		evaluate(dir, flag("json"))
		return
	}
	config := settings(args, dir, slices.Contains(args, "--resume"))
	switch config["train.psi"] {
	case "mean":
		fmt.Println("first line\nout of memory: the fake's own crash")
		os.Exit(1)
	case "learned":
		fmt.Println("L_D is NaN")
		os.Exit(3)
	}
	until, _ := strconv.Atoi(flag("until"))
	train(config, dir, until)
}

// settings are the trial's, from the arguments, or on resuming from config.yaml, which holds them in a form that simgan
// loads.
func settings(args []string, dir string, resume bool) map[string]string {
	path, config := filepath.Join(dir, "config.yaml"), map[string]string{}
	if resume {
		text, err := os.ReadFile(path)
		check(err)
		_, stored, _ := strings.Cut(string(text), "# ")
		check(json.Unmarshal([]byte(stored), &config))
		return config
	}
	for i, arg := range args {
		if arg == "--set" {
			key, value, _ := strings.Cut(args[i+1], "=")
			config[key] = value
		}
	}
	stored, err := json.Marshal(config)
	check(err)
	psi := config["train.psi"]
	if psi == "" {
		psi = "identity"
	}
	check(os.MkdirAll(dir, 0o755))
	check(
		os.WriteFile(
			path,
			fmt.Appendf(nil, "train: {lambda: %s, psi: %s}\n# %s", config["train.lambda"], psi, stored),
			0o644,
		),
	)
	return config
}

func train(config map[string]string, dir string, until int) {
	stop := make(chan os.Signal, 2)
	signal.Notify(stop, syscall.SIGTERM)
	lock, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	check(err)
	check(syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	defer lock.Close()
	pause, _ := time.ParseDuration(os.Getenv("SWEEP_FAKE_PAUSE"))
	lambda, err := strconv.ParseFloat(config["train.lambda"], 64)
	check(err)
	steps, err := strconv.Atoi(config["train.steps"])
	check(err)
	path := filepath.Join(dir, "metrics.jsonl")
	before, _ := os.ReadFile(path)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	check(err)
	for step := bytes.Count(before, []byte("\n")) + 1; step <= steps; step++ {
		if until > 0 && step > until {
			return
		}
		loss := math.Abs(math.Log10(lambda)+2) + 1/float64(step)
		fmt.Fprintf(file, `{"step":%d,"phase":"train","L_R":%g,"threads":%q}`+"\n", step, loss, os.Getenv("OMP_NUM_THREADS"))
		if os.Getenv("SWEEP_FAKE_STOP") != "" {
			os.Exit(143)
		}
		select {
		case <-stop:
			os.Exit(143)
		case <-time.After(pause):
		}
	}
	check(os.WriteFile(filepath.Join(dir, "DONE"), nil, 0o644))
}

func evaluate(dir, path string) {
	text, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	check(err)
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	var last map[string]any
	check(json.Unmarshal(lines[len(lines)-1], &last))
	check(os.WriteFile(path, fmt.Appendf(nil, `{"refined":{"mean_degrees":%v}}`, last["L_R"]), 0o644))
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
