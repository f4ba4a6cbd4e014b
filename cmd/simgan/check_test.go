package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/data/picture"
	"simgan/internal/exit"
)

// broken returns a folder of 3 pictures and 2 files that are none.
func broken(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"a.png", "b.png", "c.png"} {
		m := picture.NewImage(1, 35, 55, 8)
		for i := range m.Pix {
			m.Pix[i] = uint16(i % 251)
		}
		if err := picture.EncodePNG(filepath.Join(dir, name), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"x.png", "y.png"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("no picture"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// check names every fault of every set and ends with 1. A set without a fault ends with 0.
func TestCheckNamesAllFaults(t *testing.T) {
	dir := broken(t)
	for _, c := range []struct {
		args string
		code int
		want []string
	}{
		{"folder:" + dir, exit.Failed,
			[]string{"5 opened, 2 bad", "x.png: is not a readable", "y.png: is not a readable", "2 problem(s)"}},
		{"simulated:eyes,n=9", 0, []string{"9 images of 1x35x55", "9 opened, 0 bad", "gaze_x -", "% of all levels are 0, "}},
		{"simulated:hands,n=9,size=64x64", 0, []string{"% of all levels are below 256, ", "% are above 65279\n"}},
		{"--sample 4 simulated:eyes,n=9", 0, []string{"4 opened"}},
		{"--sample 4 simulated:hands,n=9,size=64x64", 0, []string{"and 40 more"}},
		{"simulated:eyes,n=9 simulated:eyes,n=9,size=36x60 folder:/nowhere", exit.Failed,
			[]string{"images are 1x36x60", "add size=HxW", "/nowhere does not exist", "2 problem(s)"}},
		{"", exit.Usage, []string{"check needs a SPEC"}},
		{"--sample -1 simulated:eyes", exit.Usage, []string{"--sample is -1"}},
	} {
		var text strings.Builder
		code := run(append([]string{"simgan", "check"}, strings.Fields(c.args)...), &text, &text)
		for _, want := range c.want {
			if code != c.code || !strings.Contains(text.String(), want) {
				t.Errorf("check %s: exit code %d, %q does not say %q", c.args, code, text.String(), want)
			}
		}
	}
}

// The last line of a check can be run as it is: by the name that the program was called by, into a folder that does not
// exist yet, with a third set as the test images.
func TestCheckNamesTheNextCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	check := func(specs string) string {
		var text strings.Builder
		if code := run(append([]string{"simgan", "check"}, strings.Fields(specs)...), &text, &text); code != 0 {
			t.Fatalf("exit code %d: %s", code, text.String())
		}
		lines := strings.Split(strings.TrimSpace(text.String()), "\n")
		return lines[len(lines)-1]
	}
	const specs = "simulated:eyes,n=9 simulated:eyes,n=9,domain=real"
	want := "next: simgan train --run runs/mine --set data.synthetic=simulated:eyes,n=9 " +
		"--set data.real=simulated:eyes,n=9,domain=real"
	if got := check(specs); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := os.MkdirAll("runs/mine", 0o755); err != nil {
		t.Fatal(err)
	}
	want = strings.Replace(want, "runs/mine", "runs/mine-2", 1) +
		" --set data.test=simulated:eyes,n=9,domain=real,seed=2"
	if got := check(specs + " simulated:eyes,n=9,domain=real,seed=2"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Bad files are found before the first step, all of them, and by --dry-run, which leaves no run folder.
func TestTrainChecksItsDataFirst(t *testing.T) {
	dir, out := "folder:"+broken(t), filepath.Join(t.TempDir(), "run")
	args := append(tiny(t), "--run", out, "--set", "data.synthetic="+dir)
	for _, dry := range []string{"--dry-run", ""} {
		code, said := trainSays(append(args, strings.Fields(dry)...)...)
		for _, want := range []string{"data.synthetic: 2 of 5 images cannot be read", "x.png: is not a", "y.png: is not a"} {
			if code != exit.Usage || !strings.Contains(said, want) {
				t.Errorf("%s: exit code %d, %q does not say %q", dry, code, said, want)
			}
		}
	}
	code, said := trainSays(append(args, "--set", "data.skip_bad=2", "--dry-run")...)
	for _, want := range []string{
		"skip_bad: 2", "5 images of 1x35x55", "# takes about ", "the levels of the two sets differ",
	} {
		if code != 0 || !strings.Contains(said, want) {
			t.Errorf("exit code %d, %q does not say %q", code, said, want)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a run that did not start left its folder")
	}
}
