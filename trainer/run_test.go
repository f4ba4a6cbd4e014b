package trainer

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/models/architecture"
	"simgan/trainer/config/tinyrun"
	"simgan/trainer/rundir"
)

// What the model reports before the run's log exists, and what it reports later, each stands in log.txt once. So does
// that l_div needs noise.
func TestNotesOfTheModelAreLogged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	folder, err := rundir.Open(dir, false, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	c := tinyrun.Config(t)
	c.Train.Diversity, c.Refiner.Noise.Kind = 0.6, architecture.NoNoise
	r := &run{config: c, folder: folder, guards: map[string]int{}}
	defer r.close()
	if err := r.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.log("early: %d", 1)
	if _, err := os.Stat(filepath.Join(dir, rundir.LogFile)); !os.IsNotExist(err) {
		t.Errorf("a run that has not begun has a log: %v", err)
	}
	if err := r.begin(t.Context(), Options{}); err != nil {
		t.Fatal(err)
	}
	r.log("late: %d", 2)
	text, err := os.ReadFile(filepath.Join(dir, rundir.LogFile))
	for _, note := range append(r.notes, "train.diversity is without effect", "early: 1", "late: 2") {
		if n := strings.Count(string(text), note); err != nil || n != 1 {
			t.Errorf("%q stands in log.txt %d times, %v:\n%s", note, n, err, text)
		}
	}
}
