package gputest

import (
	"errors"
	"runtime"
	"testing"
)

// recorder is a test that records whether Need skipped or failed it.
type recorder struct {
	testing.TB
	skipped, failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Skipf(string, ...any)  { r.skipped = true; runtime.Goexit() }
func (r *recorder) Fatalf(string, ...any) { r.failed = true; runtime.Goexit() }

func TestNeed(t *testing.T) {
	for _, c := range []struct {
		name, require   string
		err             error
		skipped, failed bool
		gpu             int
	}{
		{"a GPU", "", nil, false, false, 0},
		{"a required GPU", "require", nil, false, false, 0},
		{"none", "", errors.New("no driver"), true, false, 9},
		{"none, but required", "require", errors.New("no driver"), false, true, 9},
		{"the CPU instead", "cpu", errors.New("no driver"), false, false, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("SIMGAN_GPU", c.require)
			r, done, gpu := &recorder{}, make(chan struct{}), 9
			go func() {
				defer close(done)
				gpu = Need(r, func() (int, error) { return 1, c.err })
			}()
			<-done
			if r.skipped != c.skipped || r.failed != c.failed || gpu != c.gpu {
				t.Errorf("skipped %v, failed %v, GPU %d", r.skipped, r.failed, gpu)
			}
		})
	}
}
