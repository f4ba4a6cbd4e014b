package memory

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"simgan/internal/exit"
)

func TestAvailable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meminfo")
	text := "MemTotal:       24000000 kB\nMemAvailable:   22000000 kB\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := available(path); got != 22000000<<10 {
		t.Errorf("%d bytes", got)
	}
	if got := available(path + "none"); got != math.MaxInt64 {
		t.Errorf("without a file: %d bytes", got)
	}
	if free := Free(); free <= 0 || free == math.MaxInt64 {
		t.Errorf("this machine has %d bytes", free)
	}
}

func TestFits(t *testing.T) {
	if err := Fits("x", 5e9, 5e9, "take less"); err != nil {
		t.Error(err)
	}
	err := Fits("the history", 7.5e9, 2e9, "lower train.history")
	const want = "the history would take 7.5 GB of memory, of which 2.0 GB are free; lower train.history"
	if err == nil || err.Error() != want || !errors.Is(err, exit.ErrUsage) {
		t.Errorf("error is %v", err)
	}
}
