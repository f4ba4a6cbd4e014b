package cgo

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// borderCase is a batch of n maps of h x w pixels and c channels, with a border of p pixels around them.
type borderCase struct{ n, c, h, w, p int }

// The smallest maps (every edge pixel is a corner), borders wider than the maps, the borders of the gaze and hand
// refiners.
var borderCases = []borderCase{
	{1, 8, 2, 2, 1}, {2, 16, 2, 3, 3}, {3, 8, 3, 2, 2}, {2, 24, 7, 9, 1}, {2, 64, 35, 55, 1}, {1, 8, 9, 14, 3},
}

// values returns integers of at most 125, which fit into bfloat16's 8 bits. float32 sums of 16 are exact in any order.
func (b borderCase) values() (values []float32, shape []int64) {
	shape = []int64{int64(b.n), int64(b.c), int64(b.h + 2*b.p), int64(b.w + 2*b.p)}
	for i := range shape[0] * shape[1] * shape[2] * shape[3] {
		values = append(values, float32(i*i*7%251-125))
	}
	return values, shape
}

// kernelBorderIsTheViews compares the device kernel with libtorch's operations on views in float32. In bfloat16 the
// result is theirs, rounded once.
func kernelBorderIsTheViews(b borderCase, device Device, kind Type, pass borderPass) error {
	return Within(func(s *Scope) error {
		values, shape := b.values()
		want := s.ChannelsLast(s.From(values, device, shape...))
		got := s.ChannelsLast(s.To(s.From(values, device, shape...), device, kind))
		if s.Err() != nil {
			return s.Err()
		}
		if err := border(want, b.p, pass, byViews); err != nil {
			return err
		}
		if err := border(got, b.p, pass, byDeviceKernel); err != nil {
			return err
		}
		var read [2][]float32
		for i, t := range []Tensor{got, s.To(want, device, kind)} {
			var err error
			if read[i], err = Read(s.Float(t)); err != nil {
				return err
			}
		}
		if !slices.Equal(read[0], read[1]) {
			return fmt.Errorf("it is %.2g of its length off", apart(read[0], read[1]))
		}
		if slices.Equal(read[0], values) {
			return fmt.Errorf("nothing was done")
		}
		return nil
	})
}

func TestKernelBorderIsTheViews(t *testing.T) {
	lockThread(t)
	for _, b := range borderCases {
		for _, kind := range []Type{Float32, BFloat16} {
			for _, pass := range []borderPass{fillBorder, foldBorder} {
				if err := kernelBorderIsTheViews(b, CPU, kind, pass); err != nil {
					t.Errorf("%+v, type %d, pass %d: %v", b, kind, pass, err)
				}
			}
		}
	}
}

// The device kernels round as libtorch does: halves to even. Infinities and NaN stay.
func TestKernelBorderRoundsAsLibtorch(t *testing.T) {
	lockThread(t)
	err := Within(func(s *Scope) error {
		// A corner pixel and its 3 border pixels hold the parts of a sum. Other pixels of the edge stay as they are.
		parts := [8][4]float32{
			{256, 1, 0, 0}, {256, 3, 0, 0}, {256, 1, 0.0078125, 0}, {-256, -1, 0, 0}, // 257, 259: halfway between bfloat16s
			{float32(math.Inf(1)), 1, 0, 0}, {float32(math.NaN()), 1, 0, 0}, {3e38, 3e38, 0, 0}, {1e-40, 0, 0, 0},
		}
		values := make([]float32, 8*16)
		for c, p := range parts {
			for i, pixel := range []int{5, 0, 1, 4} {
				values[c*16+pixel] = p[i]
			}
		}
		got := s.ChannelsLast(s.To(s.From(values, CPU, 1, 8, 4, 4), CPU, BFloat16))
		if s.Err() != nil {
			return s.Err()
		}
		if err := border(got, 1, foldBorder, byDeviceKernel); err != nil {
			return err
		}
		folded, err := Read(s.Float(got))
		if err != nil {
			return err
		}
		var sums []float32
		for c := range parts {
			sum := float32(0)
			for _, i := range []int{0, 1, 4, 5} {
				sum += values[c*16+i]
			}
			sums = append(sums, sum)
		}
		want, err := Read(s.Float(s.To(s.From(sums, CPU, 8), CPU, BFloat16)))
		if err != nil {
			return err
		}
		for c := range parts {
			if g := folded[c*16+5]; g != want[c] && (g == g || want[c] == want[c]) {
				t.Errorf("the sum of %v is %v, libtorch's %v", parts[c], g, want[c])
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// NVRTC, which needs no GPU, compiles the device kernels for an A100, an H100 and a B200.
func TestDeviceKernelsCompile(t *testing.T) {
	program := os.Getenv("SIMGAN_COMPILE")
	if program == "" {
		t.Skip("the CUDA side is not built: CUDA=1 make build, then . build/env.sh")
	}
	out, err := exec.Command(program, "sm_80", "sm_90", "sm_100").CombinedOutput()
	if err != nil || strings.Count(string(out), "\n") != 3 {
		t.Errorf("%v: %s", err, out)
	}
}

func TestDeviceKernelsNeedAGPU(t *testing.T) {
	lockThread(t)
	if err := LoadDeviceKernels(CPU); err == nil || !strings.Contains(err.Error(), "for a GPU") {
		t.Errorf("on the CPU: %v", err)
	}
}
