package rundir

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Every process appends itself, keeps what others wrote, and completes its own entry. A killed one has no end.
func TestProvenanceHoldsEveryProcess(t *testing.T) {
	dir, start := t.TempDir(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for k, outcome := range []Outcome{"", Stopped, Finished} { // the first is killed
		f, err := Open(dir, false, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Record(Process{Work: TrainWork, Version: "0.1.0", PID: k, Started: start}); err != nil {
			t.Fatal(err)
		}
		if k == 2 { // an evaluation meanwhile
			if err := AddProcess(dir, Process{Work: "eval", PID: 9, Started: start, Ended: &start}); err != nil {
				t.Fatal(err)
			}
		}
		if outcome != "" {
			if err := f.End(outcome, "why", "train", 10*k); err != nil {
				t.Fatal(err)
			}
		}
		f.Close()
	}
	p, err := ReadProvenance(dir)
	trainings := p.Trainings()
	if err != nil || len(p.Processes) != 4 || len(trainings) != 3 || p.Processes[3].Work != "eval" {
		t.Fatalf("%+v, %v", p, err)
	}
	killed, last := trainings[0], trainings[2]
	if killed.Ended != nil || killed.Outcome != "" || killed.Seconds() != 0 {
		t.Errorf("the killed process has an end: %+v", killed)
	}
	if last.Outcome != Finished || last.Step != 20 || last.Reason != "why" || last.Ended == nil || last.Seconds() <= 0 {
		t.Errorf("the last process is %+v", last)
	}
	if got, want := p.Seconds(), p.Processes[1].Seconds()+last.Seconds(); got != want {
		t.Errorf("%g seconds together, want %g", got, want)
	}
}

func TestBrokenProvenanceIsNamed(t *testing.T) {
	dir := t.TempDir()
	if p, err := ReadProvenance(dir); err != nil || !reflect.DeepEqual(p, Provenance{}) {
		t.Errorf("a run without the file has %+v, %v", p, err)
	}
	if err := os.WriteFile(filepath.Join(dir, ProvenanceFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadProvenance(dir); err == nil || !strings.Contains(err.Error(), "provenance.json") ||
		!strings.Contains(err.Error(), "remove it") {
		t.Errorf("a broken file: %v", err)
	}
}
