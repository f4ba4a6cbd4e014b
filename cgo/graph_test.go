package cgo

import (
	"debug/elf"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A feed's tensor holds what was sent last, even after all slots have been used several times. Work between two sends
// sees the first.
func TestFeedHoldsWhatWasSentLast(t *testing.T) {
	lockThread(t)
	f, err := NewFeed(16, CPU)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum := NewScope()
	defer sum.Close()
	total := sum.Zeros(Int64, CPU, 2)
	for i := range uint64(3 * feedSlots) {
		err := f.Send(func(b []byte) {
			binary.LittleEndian.PutUint64(b, i)
			binary.LittleEndian.PutUint64(b[8:], 10*i)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := Within(func(s *Scope) error { s.AddTo(total, s.As(f.Tensor, Int64)); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Read(total)
	if err != nil || got[0] != 23*24/2 || got[1] != 10*23*24/2 {
		t.Errorf("%v %v", got, err)
	}
	if err := Clear(total); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(total); err != nil || got[0] != 0 || got[1] != 0 {
		t.Errorf("cleared: %v %v", got, err)
	}
}

// Both optimizers make the same updates with the learning rate in a tensor, which may change, and with the host's.
func TestRateInATensor(t *testing.T) {
	lockThread(t)
	for _, name := range []string{"sgd", "adam"} {
		err := Within(func(s *Scope) error {
			var ends [2]float64
			lr := s.Zeros(Float32, CPU, 1)
			for way := range ends {
				w := s.From([]float32{2}, CPU, 1)
				if err := RequireGrad([]Tensor{w}, true); err != nil {
					return err
				}
				var o Optimizer = NewSGD([]Tensor{w})
				if name == "adam" {
					adam, err := NewAdam([]Tensor{w}, 0.5, 0.999, 1e-8)
					if err != nil {
						return err
					}
					o = adam
				}
				defer o.Close()
				for _, rate := range []float32{0.1, 0.05, 0.2} {
					if err := s.Backward(s.Sum(s.Mul(w, w))); err != nil {
						return err
					}
					err := Copy(lr, s.From([]float32{rate}, CPU, 1))
					if err == nil && way == 0 {
						err = o.Step(float64(rate))
					} else if err == nil {
						err = o.StepAt(lr)
					}
					if err != nil {
						return err
					}
				}
				ends[way] = s.Item(w)
			}
			if s.Err() == nil && math.Abs(ends[0]-ends[1]) > 1e-6 || ends[0] == 2 {
				t.Errorf("%s: %v with the host's rate, %v with the tensor's", name, ends[0], ends[1])
			}
			return s.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// libsimgan_cuda.so defines what libsimgan.so looks up by name. On a machine without a GPU only this test would notice.
func TestCUDALibraryHasWhatIsLookedUp(t *testing.T) {
	flags := os.Getenv("CGO_LDFLAGS")
	folder, _, _ := strings.Cut(strings.TrimPrefix(flags, "-L"), " ")
	library, err := elf.Open(filepath.Join(folder, "libsimgan_cuda.so"))
	if err != nil {
		t.Skipf("CUDA=1 make setup builds it: %v", err)
	}
	defer library.Close()
	symbols, err := library.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]bool{}
	for _, s := range symbols {
		defined[s.Name] = s.Section != elf.SHN_UNDEF
	}
	sources, err := filepath.Glob("libsimgan/*.cc")
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	names := 0
	for _, path := range sources {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`SG_(?:CALL_)?CUDA\((sg_\w+)`).FindAllStringSubmatch(string(source), -1) {
			if names++; !defined[m[1]] {
				t.Errorf("%s: %s is not in libsimgan_cuda.so", path, m[1])
			}
		}
	}
	if names < 5 {
		t.Errorf("%d names are looked up, graph.cc alone looks up 5", names)
	}
}

// Recording without a GPU is an error, and nothing else happens.
func TestRecordNeedsAGPU(t *testing.T) {
	lockThread(t)
	if _, err := Record(CPU, nil, nil, func() error { t.Error("it was asked for"); return nil }); err == nil {
		t.Error("the CPU's work was recorded")
	}
	if err := SideStream(CPU); err != nil {
		t.Error(err)
	}
}
