package gputest

import (
	"errors"
	"runtime"
	"testing"
)

// recorder is a test that keeps what Need does to it.
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
	}{
		{"a GPU", "", nil, false, false},
		{"a required GPU", "require", nil, false, false},
		{"none", "", errors.New("no driver"), true, false},
		{"none, but required", "require", errors.New("no driver"), false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("SIMGAN_GPU", c.require)
			r, done := &recorder{}, make(chan struct{})
			go func() {
				defer close(done)
				Need(r, func() (int, error) { return 1, c.err })
			}()
			<-done
			if r.skipped != c.skipped || r.failed != c.failed {
				t.Errorf("skipped %v, failed %v", r.skipped, r.failed)
			}
		})
	}
}
