package models

import (
	"fmt"
	"slices"
	"testing"

	"simgan/cgo"
)

// residualCount returns the number of a bottleneck's parameters: three batch norms, three convolutions, and the skip if
// widths differ.
func residualCount(in, out int64) int64 {
	half := out / 2
	n := 2*in + 4*half + in*half + half + 9*half*half + half + half*out + out
	if in != out {
		n += in*out + out
	}
	return n
}

// The shapes are those of Newell et al. 2016, whose maps are 64 x 64 for an input of 256. The parameters are counted by
// hand.
func TestHourglassShapesAndParameters(t *testing.T) {
	start(t)
	for _, c := range []struct{ size, width, channels, maps int }{{224, 8, 1, 64}, {64, 8, 1, 16}, {70, 4, 3, 32}} {
		e, err := NewHandEstimator(HandConfig{Width: c.width, Stacks: 2, Joints: 14}, c.channels)
		if err != nil {
			t.Fatal(err)
		}
		err = cgo.Within(func(s *cgo.Scope) error {
			x := s.Zeros(cgo.Float32, cgo.CPU, 2, int64(c.channels), int64(c.size), int64(c.size))
			maps := e.Forward(s, x, true)
			if s.Err() == nil && len(maps) != 2 {
				return fmt.Errorf("%d outputs of 2 stacks", len(maps))
			}
			for _, m := range maps {
				info, err := cgo.Info(m)
				want := []int64{2, 28, int64(c.maps), int64(c.maps)}
				if err != nil || !slices.Equal(info.Shape, want) || info.Type != cgo.Float32 {
					return fmt.Errorf("size %d: maps of %v, want %v (%v)", c.size, info, want, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		f, in := int64(c.width), int64(c.channels)
		glass := int64(4*3+1) * residualCount(f, f)
		head := residualCount(f, f) + f*f + f + 2*f + 28*f + 28
		want := 49*in*f/4 + f/4 + 2*f/4 + residualCount(f/4, f/2) + residualCount(f/2, f/2) + residualCount(f/2, f) +
			2*(glass+head) + f*f + f + 28*f + f
		if got := Count(e.Params()); got != want {
			t.Errorf("width %d: %d parameters, want %d", c.width, got, want)
		}
		e.Close()
	}
	if _, err := NewHandEstimator(HandConfig{Width: 6, Stacks: 2, Joints: 14}, 1); err == nil {
		t.Error("a width of 6 is accepted")
	}
}

// Two images are learned by heart: the cell of the heat, and the depth there.
func TestHourglassOverfits(t *testing.T) {
	start(t)
	if err := cgo.Seed(3); err != nil {
		t.Fatal(err)
	}
	e, err := NewHandEstimator(HandConfig{Width: 8, Stacks: 2, Joints: 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	adam, err := cgo.NewAdam(Tensors(e.Params()), 0.9, 0.999, 1e-8)
	if err != nil {
		t.Fatal(err)
	}
	defer adam.Close()
	pixels, heat, depth := make([]float32, 2*64*64), make([]float32, 2*16*16), make([]float32, 2*16*16)
	for k, cell := range []int{5*16 + 3, 12*16 + 9} {
		heat[k*256+cell] = 1
		for y := range 8 {
			for x := range 8 {
				pixels[k*4096+(4*(cell/16)+y-2)*64+4*(cell%16)+x-2] = 1
			}
		}
		for c := range 256 {
			depth[k*256+c] = float32(k) - 0.5
		}
	}
	var first, last float64
	for step := range 60 { // a tenth is reached near step 40; the exact step depends on the order of sums
		err := cgo.Within(func(s *cgo.Scope) error {
			maps := e.Forward(s, s.From(pixels, cgo.CPU, 2, 1, 64, 64), true)
			loss := LossHand(s, maps, s.From(heat, cgo.CPU, 2, 1, 16, 16), s.From(depth, cgo.CPU, 2, 1, 16, 16), 1, 2)
			if last = s.Item(loss); step == 0 {
				first = last
			}
			if s.Err() != nil {
				return s.Err()
			}
			return s.Backward(loss)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := adam.Step(5e-3); err != nil {
			t.Fatal(err)
		}
	}
	if !(last < first/10) {
		t.Errorf("the loss went from %v to %v", first, last)
	}
}

// The loss, by hand: heat error 1 at one cell, depth error 2 weighted with a true heat of 0.5, over two stacks, b = 2.
func TestLossHand(t *testing.T) {
	start(t)
	err := cgo.Within(func(s *cgo.Scope) error {
		out := s.From([]float32{1.5, 0, 3, 9}, cgo.CPU, 1, 2, 1, 2)
		heat, depth := s.From([]float32{0.5, 0}, cgo.CPU, 1, 1, 1, 2), s.From([]float32{1, 1}, cgo.CPU, 1, 1, 1, 2)
		if got := s.Item(LossHand(s, []cgo.Tensor{out, out}, heat, depth, 1, 2)); s.Err() == nil && got != 2 {
			return fmt.Errorf("loss is %v, want 2 (1 + (0.5*2)^2) / 2", got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
