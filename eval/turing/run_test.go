package turing

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/trainer"
	"simgan/trainer/config"
)

// person answers questions of the page at the address: all that there are, or as many as most.
func person(address string, most int) {
	post := func(action string, question int) {
		form := url.Values{"question": {strconv.Itoa(question)}, "said": {"real"}}
		if r, err := http.PostForm(address+action, form); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
		time.Sleep(defaultPause)
	}
	for question := range most {
		post("answer", question)
	}
	post("finish", most)
}

// A test that was stopped continues with the same images; its answers are CSV, and its result is in turing.json. A
// second test shows other images, and both are pooled.
func TestATestOfARun(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, `a "run", [1]`)
	c, err := config.Load("gaze-demo", "", []string{
		"refiner.width=4", "refiner.blocks=1", "discriminator.width=0.1", "train.batch=4", "train.history=8", "device=cpu",
		"train.pretrain_refiner=1", "train.pretrain_discriminator=1", "train.steps=1", "train.precision=float32",
		"train.agreement=0",
		"data.synthetic=simulated:eyes,n=6", "data.real=simulated:eyes,domain=real,n=5",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := trainer.Run(t.Context(), c, trainer.Options{Dir: run, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	two := 2
	var said bytes.Buffer
	o := Options{Run: run, N: &two, Device: cgo.CPU, Out: &said, rest: 50 * time.Millisecond}
	ctx, stop := context.WithCancelCause(t.Context())
	o.Open = func(address string) error {
		go func() {
			person(address, 1)
			stop(exit.ErrStopped)
		}()
		return nil
	}
	if err := Run(ctx, o); !errors.Is(err, exit.ErrStopped) {
		t.Fatalf("a stopped test: %v", err)
	}
	first := rows(t, run, 1)
	if len(first) != 2 || strings.Join(first[0], " ") != "question image truth answer correct seconds" {
		t.Fatalf("after one answer the CSV is %q", first)
	}
	refuses(t, o)
	o.N, o.Open = nil, func(address string) error {
		go person(address, 4)
		return nil
	}
	if err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	all := rows(t, run, 1)
	if len(all) != 5 || strings.Join(all[1], " ") != strings.Join(first[1], " ") {
		t.Errorf("after the end the CSV is %q", all)
	}
	var sum Summary
	text, err := os.ReadFile(filepath.Join(run, "turing.json"))
	if err := errors.Join(err, json.Unmarshal(text, &sum)); err != nil {
		t.Fatal(err)
	}
	if len(sum.Tests) != 1 || sum.Tests[0].File != "turing/001.csv" || sum.Pooled[0].Result.Answers != 4 ||
		sum.Pooled[0].Result.Correct != 2 {
		t.Errorf("turing.json is %s", text)
	}
	if !strings.Contains(said.String(), "2 of 4 answers are correct") {
		t.Errorf("it said %s", said.String())
	}
}

// rows returns the CSV of a test.
func rows(t *testing.T, run string, n int) [][]string {
	t.Helper()
	file, err := os.Open(store{run}.path(n, "csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// refuses: what cannot be shown ends with a usage error that names the way out, and writes nothing.
func refuses(t *testing.T, good Options) {
	t.Helper()
	many, none, seed := 6, 0, uint64(9)
	for want, spoil := range map[string]func(o *Options){
		"--n is 0":                         func(o *Options) { o.N = &none },
		"has 5 image(s), the test needs 6": func(o *Options) { o.N, o.New = &many, true },
		"--seed is 1, now 9":               func(o *Options) { o.Seed = &seed },
		"--pairs is false, now true":       func(o *Options) { o.Pairs = true },
		"folder /nowhere does not exist":   func(o *Options) { o.Real, o.New = "folder:/nowhere", true },
		"add size=HxW":                     func(o *Options) { o.Real, o.New = "simulated:eyes,size=36x60,n=5", true },
		"config.yaml":                      func(o *Options) { o.Run = t.TempDir() },
	} {
		o := good
		spoil(&o)
		before, _ := os.ReadFile(store{good.Run}.path(1, "json"))
		if err := Run(t.Context(), o); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one that says %q", err, want)
		}
		if after, _ := os.ReadFile(store{good.Run}.path(1, "json")); !bytes.Equal(before, after) {
			t.Errorf("%s: the test's file changed", want)
		}
		if entries, _ := os.ReadDir(o.Run); o.Run != good.Run && len(entries) > 0 {
			t.Errorf("%s: left %v", want, entries)
		}
	}
}
