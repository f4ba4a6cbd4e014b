package models

import (
	"math"
	"testing"

	"simgan/cgo"
)

// The network is sized to the image. Parameters by hand for 3x24x32: convolutions 3*32*9+32 and 32*64*9+64, maps of
// 6x8 after two halvings; 64*48*256+256 and 256*2+2 for the fully connected layers.
func TestImageEstimatorSizes(t *testing.T) {
	start(t)
	for _, c := range []struct {
		channels, h, w, outputs int
		stages                  int
		parameters              int64
	}{
		{3, 24, 32, 2, 2, 896 + 18_496 + 786_688 + 514},
		{1, 1, 1, 1, 1, 9*32 + 32 + 32*256 + 256 + 257},
		{1, 7, 500, 1, 1, 320 + 32*7*500*256 + 256 + 257},
		{1, 35, 55, 3, 3, 320 + 18_496 + 73_856 + 128*4*6*256 + 256 + 771},
		{1, 128, 130, 5, 4, 320 + 18_496 + 73_856 + 147_584 + 128*4*4*256 + 256 + 1285},
	} {
		e, err := NewImageEstimator(c.channels, c.h, c.w, c.outputs)
		if err != nil {
			t.Fatal(err)
		}
		if n := Count(e.Params()); len(e.convs) != c.stages || n != c.parameters {
			t.Errorf("%+v: %d stages, %d parameters", c, len(e.convs), n)
		}
		err = cgo.Within(func(s *cgo.Scope) error {
			x := s.Zeros(cgo.Float32, cgo.CPU, 2, int64(c.channels), int64(c.h), int64(c.w))
			if shape := s.Shape(e.Forward(s, x)); len(shape) != 2 || shape[0] != 2 || shape[1] != int64(c.outputs) {
				t.Errorf("%+v: outputs %v", c, shape)
			}
			return s.Err()
		})
		if err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		e.Close()
	}
	if e, err := NewImageEstimator(3, 0, 10, 1); err == nil {
		e.Close()
		t.Error("an image without rows is accepted")
	}
}

// By hand: |1-0| + |2-4| + |3-3| + |4-4| over 4 values is 3/4. The cross-entropy of logits (0, ln 3) is ln(4/3) for the
// second class and ln 4 for the first.
func TestEstimatorLosses(t *testing.T) {
	start(t)
	err := cgo.Within(func(s *cgo.Scope) error {
		a := s.From([]float32{1, 2, 3, 4}, cgo.CPU, 2, 2)
		b := s.From([]float32{0, 4, 3, 4}, cgo.CPU, 2, 2)
		if got := s.Item(LossAbsolute(s, a, b, 2, 2)); got != 0.75 {
			t.Errorf("absolute loss %v", got)
		}
		logits := s.From([]float32{0, float32(math.Log(3)), 0, float32(math.Log(3))}, cgo.CPU, 2, 2)
		truth := s.From([]float32{0, 1, 1, 0}, cgo.CPU, 2, 2)
		want := (math.Log(4.0/3) + math.Log(4)) / 2
		if got := s.Item(LossClass(s, logits, truth, 2)); math.Abs(got-want) > 1e-6 {
			t.Errorf("cross-entropy %v, want %v", got, want)
		}
		return s.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

// By hand: small images have one map without a pool; the first convolution halves 128x130 to 64x65.
func TestImageEstimatorMapValues(t *testing.T) {
	start(t)
	for _, c := range []struct{ h, w, values int }{
		{7, 9, 32*7*9 + 256 + 2},
		{24, 32, 32*(24*32+12*16) + 64*(12*16+6*8) + 256 + 2},
		{128, 130, 32*(64*65+32*32) + 64*(32*32+16*16) + 128*(16*16+8*8) + 128*(8*8+4*4) + 256 + 2},
	} {
		e, err := NewImageEstimator(1, c.h, c.w, 2)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.MapValues(c.h, c.w); got != c.values {
			t.Errorf("%dx%d: %d values, want %d", c.h, c.w, got, c.values)
		}
		e.Close()
	}
}
