package report

import (
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/filelock"
	"simgan/trainer/rundir"
)

// processes is a provenance.json of one process, which ended as given.
func processes(end string) string {
	return `{"processes":[{"work":"train","version":"0.1.0","device":"cpu","host":"h","command":["simgan","train","--set","a=<b>"],
		"started":"2026-01-02T03:04:05Z",` + end + `}]}`
}

// A run that ended early says why, and how to continue it.
func TestPageSaysHowTheRunEnded(t *testing.T) {
	const ended = `"ended":"2026-01-02T03:05:15Z","phase":"train","step":7,"outcome":`
	for name, c := range map[string]struct {
		process string
		want    []string
	}{
		"guard": {ended + `"guard","reason":"R has collapsed: raise train.lambda, lower train.lr_refiner"`,
			[]string{"A guard stopped this run at train step 7", "R has collapsed", "--resume --set train.lambda=VALUE"}},
		"NaN": {ended + `"diverged","reason":"L_D is NaN"`,
			[]string{"Training diverged", "L_D is NaN", "--set train.lr_refiner=0.0005 --set train.lr_discriminator=0.001"}},
		"signal": {ended + `"stopped","reason":"stopped by SIGTERM"`,
			[]string{"Stopped at train step 7, and saved", "stopped by SIGTERM", "--resume</code>"}},
		"pause":  {ended + `"paused"`, []string{"Paused at train step 7"}},
		"failed": {ended + `"failed","reason":"no space left"`, []string{"An error ended this run", "no space left"}},
		"killed": {`"ended":null`, []string{"left no end", "want of memory", "The last line of log.txt: 2026 train 5"}},
		"done":   {ended + `"done"`, []string{"trained for 1m10s", "a=&lt;b&gt;"}},
	} {
		page := render(t, map[string]string{
			"config.yaml": "train: {lr_refiner: 0.001, lr_discriminator: 0.002}", "provenance.json": processes(c.process),
			"log.txt": "2026 warning: R does little\n2026 train 5\n",
		})
		for _, want := range append(c.want, "warning: R does little") {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %q", name, want)
			}
		}
		if strings.Contains(page, "data-live>") {
			t.Errorf("%s: the page loads itself again", name)
		}
	}
}

// The page loads itself again while a process holds the run's lock, and no longer.
func TestPageOfARunThatTrains(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, map[string]string{"config.yaml": "train: {steps: 8}", "provenance.json": processes(`"ended":null`), "metrics.jsonl": metrics})
	lock, err := filelock.Try(filepath.Join(dir, rundir.LockFile))
	if err != nil {
		t.Fatal(err)
	}
	page := renderDir(t, dir)
	for _, want := range []string{"<body data-live>", "Step 2 of 8 (25 %)", "trains"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if page := renderDir(t, dir); strings.Contains(page, "<body data-live>") {
		t.Error("the page of a killed run loads itself again")
	}
}
