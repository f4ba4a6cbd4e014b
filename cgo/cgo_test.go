package cgo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// lockThread makes the test's goroutine the one that owns libtorch, and checks that the test frees its tensors.
func lockThread(t *testing.T) {
	t.Helper()
	if _, err := Start(0); err != nil {
		t.Fatal(err)
	}
	before := Live()
	t.Cleanup(func() {
		if after := Live(); after != before {
			t.Errorf("%d tensors live after the test, %d before", after, before)
		}
	})
}

func TestErrorsNameOpAndShapes(t *testing.T) {
	lockThread(t)
	for name, c := range map[string]struct {
		run  func(s *Scope)
		want string
	}{
		"gotorch's": {
			func(s *Scope) { s.Add(s.Zeros(Float32, CPU, 2, 3), s.Zeros(Float32, CPU, 4, 5)) }, "add((2,3), (4,5))",
		},
		"ours":      {func(s *Scope) { s.Narrow(s.Zeros(Float32, CPU, 2, 3), 0, 1, 7) }, "narrow((2,3))"},
		"values":    {func(s *Scope) { s.From(make([]float32, 5), CPU, 2, 3) }, "5 values do not fill (2,3)"},
		"no tensor": {func(s *Scope) { s.ReLU(Tensor{}) }, "relu: input 0 is no tensor"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Within(func(s *Scope) error {
				c.run(s)
				if after := s.Zeros(Float32, CPU, 1); after.T != nil {
					t.Error("an operation after the failed one made a tensor")
				}
				return nil
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v does not say %q", err, c.want)
			}
		})
	}
}

func TestOutOfMemoryIsAnError(t *testing.T) {
	lockThread(t)
	err := Within(func(s *Scope) error {
		s.Zeros(Float32, CPU, 1<<40, 1<<10)
		return nil
	})
	if !errors.Is(err, ErrOutOfMemory) {
		t.Errorf("error is %v, not ErrOutOfMemory", err)
	}
}

func TestMissingDeviceIsAnError(t *testing.T) {
	lockThread(t)
	if count, err := CUDADevices(); err == nil && count > 0 {
		t.Skip("this machine has a CUDA device")
	}
	for _, name := range []string{"cuda", "cuda:3", "tpu", "cuda:x", "cuda:-1"} {
		if _, err := ParseDevice(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("device %s: error %v does not name it", name, err)
		}
	}
	if device, err := ParseDevice("auto"); device != CPU || err != nil {
		t.Errorf("auto is %v, %v; want the CPU", device, err)
	}
}

func TestDeviceByComputeCapability(t *testing.T) {
	for _, c := range []struct {
		gpus []int
		want Device
	}{
		{nil, CPU}, {[]int{70}, CPU}, {[]int{75}, 0}, {[]int{70, 90}, 1}, {[]int{0}, 0}, {[]int{61, 0, 80}, 1},
	} {
		if got := firstFit(c.gpus); got != c.want {
			t.Errorf("auto with GPUs of capability %v is %v, want %v", c.gpus, got, c.want)
		}
	}
	if d, err := fit("cuda:1", 1, []int{70, 90}); d != 1 || err != nil {
		t.Errorf("cuda:1 of capability 9.0 is %v, %v", d, err)
	}
	for name, gpus := range map[string][]int{"cuda:0": {70}, "cuda:2": {90, 90}} {
		if _, err := fit(name, int(name[5]-'0'), gpus); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("device %s of GPUs of capability %v: error %v does not name it", name, gpus, err)
		}
	}
}

func TestBackwardErrorsComeBack(t *testing.T) {
	lockThread(t)
	err := Within(func(s *Scope) error { return s.Backward(s.Zeros(Float32, CPU, 2)) })
	if err == nil || !strings.Contains(err.Error(), "backward((2))") {
		t.Errorf("backward from constants: %v", err)
	}
	p := make([]Tensor, 1)
	if err := Within(func(s *Scope) error { p[0] = s.Keep(s.Zeros(Float32, CPU, 2)); return nil }); err != nil {
		t.Fatal(err)
	}
	defer Free(p...)
	if err := sgdStep(p, 0.1); err == nil || !strings.Contains(err.Error(), "no gradient") {
		t.Errorf("a step without gradients: %v", err)
	}
}

func TestSGDAndAdamMatchTheirFormulas(t *testing.T) {
	lockThread(t)
	// One parameter w = 2 and the loss 3w: the gradient is 3. SGD: 2 - 0.1*3. Adam's first step is lr * g/(|g| + eps).
	for name, want := range map[string]float32{"sgd": 1.7, "adam": 1.9} {
		err := Within(func(s *Scope) error {
			w := s.Keep(s.From([]float32{2}, CPU, 1))
			defer Free(w)
			if err := RequireGrad([]Tensor{w}, true); err != nil {
				return err
			}
			if err := s.Backward(s.Scale(s.Sum(w), 3)); err != nil {
				return err
			}
			var o Optimizer = NewSGD([]Tensor{w})
			if name == "adam" {
				adam, err := NewAdam([]Tensor{w}, 0.9, 0.999, 1e-8)
				if err != nil {
					return err
				}
				o = adam
			}
			defer o.Close()
			if err := o.Step(0.1); err != nil {
				return err
			}
			got, err := Read(w)
			if err == nil && (got[0] < want-1e-6 || got[0] > want+1e-6) {
				t.Errorf("%s: w is %v, want %v", name, got[0], want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Every bit of the seed counts, also those that libtorch's generator of the CPU ignores. The first number of seed 0 is
// that of torch.manual_seed(0); torch.randn(1).
func TestGeneratorsDifferInEveryBitOfTheSeed(t *testing.T) {
	lockThread(t)
	seeds := []uint64{0}
	for bit := range 64 {
		seeds = append(seeds, 1<<bit)
	}
	drawnBy := map[float32]uint64{}
	for _, seed := range seeds {
		first := firstOf(t, seed)
		if other, ok := drawnBy[first]; ok {
			t.Errorf("seeds %#x and %#x both draw %v first", other, seed, first)
		}
		drawnBy[first] = seed
	}
	if first := firstOf(t, 0); math.Abs(float64(first)-1.5410) > 1e-4 {
		t.Errorf("seed 0 draws %v first, want 1.5410", first)
	}
}

// firstOf returns the first number that the seed draws.
func firstOf(t *testing.T, seed uint64) float32 {
	t.Helper()
	g, err := NewGenerator(CPU, seed)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	var drawn []float32
	if err = Within(func(s *Scope) (err error) { drawn, err = Read(s.Randn(g, 1)); return err }); err != nil {
		t.Fatal(err)
	}
	return drawn[0]
}

func TestGeneratorStateRestores(t *testing.T) {
	lockThread(t)
	g, err := NewGenerator(CPU, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	draw := func() (values []float32) {
		if err := Within(func(s *Scope) (err error) { values, err = Read(s.Randn(g, 20)); return err }); err != nil {
			t.Fatal(err)
		}
		return values
	}
	draw()
	state, err := g.State()
	if err != nil {
		t.Fatal(err)
	}
	first := draw()
	if second := draw(); second[0] == first[0] {
		t.Error("the generator repeats itself")
	}
	if err := g.Restore(state); err != nil {
		t.Fatal(err)
	}
	for i, v := range draw() {
		if v != first[i] {
			t.Fatalf("value %d is %v after restoring, was %v", i, v, first[i])
		}
	}
}

// places returns indices as Rows takes them.
func places(s *Scope, index ...uint64) Tensor {
	var b []byte
	for _, i := range index {
		b = binary.LittleEndian.AppendUint64(b, i)
	}
	return s.As(s.FromBytes(b), Int64)
}

func TestPutAndPickRows(t *testing.T) {
	lockThread(t)
	err := Within(func(s *Scope) error {
		x := s.Zeros(Float32, CPU, 4, 2)
		if err := PutRows(x, places(s, 3, 0), s.From([]float32{1, 2, 3, 4}, CPU, 2, 2)); err != nil {
			return err
		}
		got, err := Read(s.Rows(x, places(s, 0, 3)))
		if want := [4]float32{3, 4, 1, 2}; err == nil && [4]float32(got) != want {
			t.Errorf("rows are %v, want %v", got, want)
		}
		if err := PutRows(x, places(s, 4), s.Zeros(Float32, CPU, 1, 2)); err == nil {
			t.Error("a row out of range was put")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSurvivesCollector runs steps while another goroutine allocates images and forces collections. Without a scope,
// gotorch's operations would use memory after it is freed.
func TestSurvivesCollector(t *testing.T) {
	lockThread(t)
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !stop.Load() {
			garbage := make([]byte, 1<<20)
			garbage[0] = 1
			runtime.GC()
		}
	}()
	for range 300 {
		err := Within(func(s *Scope) error {
			a, b := s.Zeros(Float32, CPU, 64, 64), s.Zeros(Float32, CPU, 64, 64)
			for range 20 {
				a = s.Tanh(s.ReLU(s.Add(a, b)))
			}
			_, err := Read(s.Sum(a))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	stop.Store(true)
	<-done
}

// TestFlatMemory makes 10,000 steps of 4 MB each. A leak of one tensor per step would be 40 GB.
func TestFlatMemory(t *testing.T) {
	lockThread(t)
	step := func() {
		err := Within(func(s *Scope) error {
			s.Scale(s.Zeros(Float32, CPU, 1024, 1024), 0.5)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		step()
	}
	before, _, err := Memory(CPU)
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 {
		step()
	}
	after, _, err := Memory(CPU)
	if err != nil {
		t.Fatal(err)
	}
	if grown := after - before; grown > 64<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
}

// TestMemoryIsUsedAgain makes and frees 64 MiB in three sizes, a hundred times. With the cache, pages are requested
// only once.
func TestMemoryIsUsedAgain(t *testing.T) {
	lockThread(t)
	step := func() {
		err := Within(func(s *Scope) error {
			for _, rows := range []int64{1 << 12, 3 << 11, 3 << 11} {
				s.Scale(s.Zeros(Float32, CPU, rows, 1024), 2)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	step()
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		step()
	}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		t.Fatal(err)
	}
	// Without the cache each step would request 128 MiB from the system: 32,768 pages of 4 KiB, or 64 of 2 MiB.
	if faults := after.Minflt - before.Minflt; faults > 3200 {
		t.Errorf("%d pages were asked for in 100 steps", faults)
	}
}

// On a machine with one core gotorch asks for half a thread.
func TestStartsOnOneCore(t *testing.T) {
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		t.Skip("no taskset to start a process on one core with")
	}
	command := exec.Command(taskset, "-c", "0", os.Args[0], "-test.run=TestErrorsNameOpAndShapes")
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("on one core: %v\n%.500s", err, out)
	}
}

func TestInPlaceOperations(t *testing.T) {
	lockThread(t)
	err := Within(func(s *Scope) error {
		w := s.From([]float32{-2, 1, 3}, CPU, 3)
		if err := RequireGrad([]Tensor{w}, true); err != nil {
			return err
		}
		y := s.Scale(w, 2) // -4 2 6
		z := s.AddReLUInPlace(y, s.From([]float32{1, -3, 1}, CPU, 3))
		if err := s.Backward(s.Sum(s.ReLUInPlace(s.Scale(z, 3)))); err != nil {
			return err
		}
		for _, c := range []struct {
			name string
			t    Tensor
			want [3]float32
		}{
			{"max(y + x, 0)", z, [3]float32{0, 0, 7}},
			{"y, written over", y, [3]float32{0, 0, 7}},
			{"gradient of w", s.Grad(w), [3]float32{0, 0, 6}},
		} {
			got, err := Read(c.t)
			if err != nil {
				return err
			}
			if [3]float32(got) != c.want {
				t.Errorf("%s is %v, want %v", c.name, got, c.want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Within reports a scope's error once, whether f returns it, wraps it, leaves it to Within, or returns another error.
func TestWithinReportsAnErrorOnce(t *testing.T) {
	lockThread(t)
	other := errors.New("f's own")
	for name, f := range map[string]func(s *Scope) error{
		"returned": func(s *Scope) error { return s.Err() },
		"wrapped":  func(s *Scope) error { return fmt.Errorf("step 3: %w", s.Err()) },
		"left":     func(*Scope) error { return nil },
		"another":  func(*Scope) error { return other },
	} {
		err := Within(func(s *Scope) error {
			s.Add(s.Zeros(Float32, CPU, 2), s.Zeros(Float32, CPU, 3))
			return f(s)
		})
		if err == nil || strings.Count(err.Error(), "must match") != 1 || errors.Is(err, other) != (name == "another") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
