package models

import (
	"math"
	"testing"

	"simgan/cgo"
	"simgan/internal/gputest"
	"simgan/models/architecture"
)

// R and D on a GPU compute the CPU's values: in float32 (without TF32) to 1e-4 of the largest, in bfloat16 to 3e-2.
func TestGPUForwardIsTheCPUs(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	gpu := cgo.Device(gputest.Need(t, cgo.CUDADevices))
	for _, c := range []struct {
		name         string
		layers       architecture.Layers
		kernel, h, w int
		bfloat       bool
		tolerance    float64
	}{
		{"gaze float32", "gaze", 3, 35, 55, false, 1e-4},
		{"gaze bfloat16", "gaze", 3, 35, 55, true, 3e-2},
		{"hand float32", "hand", 7, 224, 224, false, 1e-4},
		{"hand bfloat16", "hand", 7, 224, 224, true, 3e-2},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := cgo.Start(0); err != nil { // locks this goroutine to its thread too
				t.Fatal(err)
			}
			want := forwardValues(t, cgo.CPU, c.layers, c.kernel, c.h, c.w, false)
			got := forwardValues(t, gpu, c.layers, c.kernel, c.h, c.w, c.bfloat)
			for network, values := range want {
				most, worst := 0.0, 0.0
				for i, v := range values {
					most, worst = max(most, math.Abs(float64(v))), max(worst, math.Abs(float64(v-got[network][i])))
				}
				t.Logf("%s: off by %.2g of %.2g", network, worst, most)
				if !(worst <= c.tolerance*most) {
					t.Errorf("%s: off by %.2g of %.2g, allowed is the fraction %g", network, worst, most, c.tolerance)
				}
			}
		})
	}
}

// forwardValues returns what R and D compute from two images. Seed and images are always the same.
func forwardValues(
	t *testing.T, device cgo.Device, layers architecture.Layers, kernel, h, w int, bfloat bool,
) map[string][]float32 {
	t.Helper()
	if err := cgo.Seed(1); err != nil {
		t.Fatal(err)
	}
	config := paper
	config.Kernel, config.Padding = kernel, "replicate"
	r, err := NewRefiner(config, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	d, err := NewDiscriminator(architecture.Discriminator{Layers: layers, Width: 1, Normalization: "none"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, m := range []*Module{&r.Module, &d.Module} {
		if err := m.To(device); err != nil {
			t.Fatal(err)
		}
	}
	pixels := make([]float32, 2*h*w)
	for i := range pixels {
		pixels[i] = float32(math.Sin(0.011 * float64(i)))
	}
	values := map[string][]float32{}
	err = cgo.ExactFloat32(func() error {
		return cgo.NoGrad(func() error {
			return cgo.Within(func(s *cgo.Scope) error {
				return cgo.AutocastIf(bfloat, device, func() (err error) {
					x := s.From(pixels, device, 2, 1, int64(h), int64(w))
					refined, logits := r.Forward(s, x, cgo.Tensor{}, false), s.Float(d.Forward(s, x, false))
					if s.Err() != nil {
						return s.Err()
					}
					if values["R"], err = cgo.Read(refined); err != nil {
						return err
					}
					values["D"], err = cgo.Read(logits)
					return err
				})
			})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return values
}
