package cgo

import (
	"errors"
	"slices"
	"testing"

	"simgan/internal/gputest"
)

// needGPU returns the first GPU and locks the thread. The test is skipped without a GPU.
func needGPU(t *testing.T) Device {
	t.Helper()
	lockThread(t)
	return Device(gputest.Need(t, CUDADevices))
}

// A tensor that no GPU can hold is ErrOutOfMemory, and the process goes on.
func TestGPUOutOfMemoryIsAnError(t *testing.T) {
	gpu := needGPU(t)
	err := Within(func(s *Scope) error {
		s.Zeros(Float32, gpu, 1<<20, 1<<20) // 4 TiB
		return nil
	})
	if !errors.Is(err, ErrOutOfMemory) {
		t.Errorf("error is %v, not ErrOutOfMemory", err)
	}
	err = Within(func(s *Scope) error {
		values, err := Read(s.Add(s.From([]float32{1, 2}, gpu, 2), s.From([]float32{3, 4}, gpu, 2)))
		if err == nil && !slices.Equal(values, []float32{4, 6}) {
			t.Errorf("after it, 1+3 and 2+4 are %v", values)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// libsimgan_cuda.so loads beside the CUDA side of this machine's libtorch.
func TestGPUExtrasLoad(t *testing.T) {
	gputest.NotOnCPU(t, int(needGPU(t)), "CUDA's libraries")
	if err := CUDAExtras(); err != nil {
		t.Error(err)
	}
	if v, err := CuDNN(); err != nil || v < 90000 {
		t.Errorf("cuDNN is %d, %v", v, err)
	}
}

// The device kernels compute what libtorch's operations compute. If the CPU takes the GPU's place, it loops over the
// kernels' indices.
func TestGPUDeviceKernelsAreLibtorchs(t *testing.T) {
	gpu := needGPU(t)
	if err := LoadDeviceKernels(gpu); gpu != CPU && err != nil {
		t.Fatal(err)
	}
	for _, b := range borderCases {
		for _, pass := range []borderPass{fillBorder, foldBorder} {
			if err := kernelBorderIsTheViews(b, gpu, BFloat16, pass); err != nil {
				t.Errorf("%+v, pass %d: %v", b, pass, err)
			}
		}
	}
	for _, c := range lossCases {
		if err := kernelLossIsLibtorchs(c, gpu); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A generator whose state is restored draws the same numbers again.
func TestGPUGeneratorGoesOn(t *testing.T) {
	gpu := needGPU(t)
	g, err := NewGenerator(gpu, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	state, err := g.State()
	if err != nil {
		t.Fatal(err)
	}
	draw := func() (values []float32) {
		if err := Within(func(s *Scope) error { values, err = Read(s.Randn(g, 3, 1000)); return err }); err != nil {
			t.Fatal(err)
		}
		return values
	}
	first := draw()
	if slices.Equal(draw(), first) {
		t.Error("two draws are the same")
	}
	if err := g.Restore(state); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(draw(), first) {
		t.Error("restored, it draws other numbers")
	}
}

// The GPU computes the same levels as the CPU, from pinned memory that is used again at once.
func TestGPUStagedLevelsAreTheCPUs(t *testing.T) {
	gpu := needGPU(t)
	const rows, size = 64, 35 * 55
	host, err := NewHostBytes(rows*size*2, gpu)
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	for round := range 20 {
		for i := range host.Bytes {
			host.Bytes[i] = byte(31*i + 7*round)
		}
		var values [2][]float32
		for k, device := range []Device{CPU, gpu} {
			err := Within(func(s *Scope) error {
				staged, err := Stage(host.Bytes, rows, device)
				if err != nil {
					return err
				}
				defer staged.Close()
				x := s.Levels(staged.Tensor, 16, 2.0/65535, rows, 1, 35, 55)
				if err := staged.Arrived(); err != nil || s.Err() != nil {
					return err
				}
				values[k], err = Read(x)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(values[0], values[1]) {
			t.Fatalf("round %d: other values than the CPU's", round)
		}
	}
}
