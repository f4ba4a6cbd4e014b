package eval

import (
	"context"
	"errors"
	"math"
	"testing"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/trainer/rundir"
)

// checkPairs wants pairs of a run that are refined and judged. A cancelled context ends the work.
func checkPairs(t *testing.T, run string, cancelled context.Context) {
	t.Helper()
	reported := 0
	pairs, err := Pairs(context.Background(), run, rundir.LatestName, cgo.CPU, 5, func(done, total int) { reported = done })
	if err != nil || len(pairs) != 5 || reported != 5 {
		t.Fatalf("%d pairs, %d reported, %v", len(pairs), reported, err)
	}
	for _, p := range pairs {
		if !(p.Told > 0 && p.Told < 1) || math.IsNaN(p.Told) || p.Name == "" ||
			len(p.Refined.Pix) != len(p.Rendered.Pix) || len(p.Refined.Pix) == 0 {
			t.Errorf("pair %s: %g, %d and %d pixels", p.Name, p.Told, len(p.Rendered.Pix), len(p.Refined.Pix))
		}
	}
	if _, err := Pairs(cancelled, run, rundir.LatestName, cgo.CPU, 5, func(int, int) {}); !errors.Is(err, exit.ErrStopped) {
		t.Errorf("after a signal: %v", err)
	}
}
