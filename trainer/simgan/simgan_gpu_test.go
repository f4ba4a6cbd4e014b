package simgan

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/internal/gputest/device"
	"simgan/models"
)

// Losses and gradients of one step of R and one of D are the CPU's: float32 to 1e-4 of the layer's largest, TF32
// forbidden.
func TestGPUStepsAreTheCPUs(t *testing.T) {
	gpu := device.Need(t)
	for _, name := range []string{"zeros_identity", "reflect_identity", "replicate_derivatives"} {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			x, y := eyesOf(g["x"]), eyesOf(g["y"])
			padding, psi, _ := strings.Cut(name, "_")
			err := cgo.ExactFloat32(func() error {
				m := parityModel(t, g, x, "device="+gpu.String(), "refiner.padding="+padding, "train.psi="+psi)
				m.optR, m.optD = still{}, still{}
				if err := errors.Join(stepR(t, m, x, true), stepD(t, m, x, y)); err != nil {
					return err
				}
				losses, err := m.ReadWindow()
				for _, loss := range []string{"l_real", "l_reg", "L_D"} {
					compareAt(t, loss, []float32{float32(losses[loss])}, g[loss], 1e-3, 1e-4)
				}
				for prefix, params := range map[string][]models.Param{"grad_R.": m.R.Params(), "grad_D.": m.D.Params()} {
					for _, p := range params {
						err := cgo.Within(func(s *cgo.Scope) error {
							got, err := cgo.Read(s.Grad(p.Tensor))
							if err == nil {
								compareAt(t, prefix+p.Name, got, g[prefix+p.Name], g.layer(prefix+p.Name), 1e-4)
							}
							return err
						})
						if err != nil {
							return err
						}
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The history lies on the GPU, and holds and gives the images that the CPU's does.
func TestGPUHistoryIsTheCPUs(t *testing.T) {
	gpu := device.Need(t)
	contents := map[cgo.Device][]float32{}
	for _, where := range []cgo.Device{cgo.CPU, gpu} {
		h, err := newHistory(10, 1, where, 1, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		info, err := cgo.Info(h.images)
		if err != nil || info.Device != where {
			t.Errorf("the buffer is on %v, %v; want %v", info.Device, err, where)
		}
		for round := range 20 {
			err := cgo.Within(func(s *cgo.Scope) error {
				images := s.From(
					[]float32{float32(4 * round), float32(4*round + 1), float32(4*round + 2), float32(4*round + 3)},
					where,
					4,
					1,
					1,
					1,
				)
				if h.held >= 4 {
					drawn, err := cgo.Read(h.draw(s, 4))
					if err != nil {
						return err
					}
					contents[where] = append(contents[where], drawn...)
				}
				return h.add(s, images, 4)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		kept, err := cgo.Read(h.images)
		if err != nil {
			t.Fatal(err)
		}
		contents[where] = append(contents[where], kept...)
		h.Close()
	}
	if !slices.Equal(contents[cgo.CPU], contents[gpu]) {
		t.Errorf("the GPU's history is %v, the CPU's %v", contents[gpu], contents[cgo.CPU])
	}
}
