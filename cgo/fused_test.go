package cgo

import (
	"math"
	"strings"
	"testing"
)

// read returns the tensor's values.
func read(t *testing.T, s *Scope, x Tensor) []float32 {
	t.Helper()
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	values, err := Read(x)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// apart returns the distance of two vectors, divided by the length of the second.
func apart(a, b []float32) float64 {
	var d, n float64
	for i := range b {
		d += float64(a[i]-b[i]) * float64(a[i]-b[i])
		n += float64(b[i]) * float64(b[i])
	}
	return math.Sqrt(d / n)
}

// The hand-written derivatives equal libtorch's. In bfloat16 both round differently: the fused layers may be twice as
// far from float32 as libtorch's layers under autocast.
func TestFusedLayersEqualsAutograd(t *testing.T) {
	withFused(t, func(s *Scope, leaves []Tensor, v Tensor, c fusedCase) {
		y := c.plain(s, leaves)
		out := read(t, s, y)
		want := gradients(t, s, y, v, leaves)
		err := Autocast(CPU, func() error { y = c.plain(s, leaves); return s.Err() })
		if err != nil {
			t.Fatal(err)
		}
		outHalf, half := read(t, s, y), gradients(t, s, y, v, leaves)
		for _, kind := range []Type{Float32, BFloat16} {
			fused, err := c.fused(s, leaves, kind)
			if err != nil {
				t.Fatal(err)
			}
			limit := func(half, want []float32) float64 {
				if kind == Float32 {
					return 1e-5
				}
				return 2*apart(half, want) + 0.01
			}
			if d := apart(read(t, s, fused), out); !(d < limit(outHalf, out)) {
				t.Errorf("%v: results are %.2g apart", kind, d)
			}
			for i, got := range gradients(t, s, fused, v, leaves) {
				if d := apart(got, want[i]); !(d < limit(half[i], want[i])) {
					t.Errorf("type %d, leaf %d of %s: gradients are %.2g apart, %.2g under autocast",
						kind, i, describe(leaves[i]), d, apart(half[i], want[i]))
				}
			}
		}
	})
}

func TestFusedLayersAddsToGradients(t *testing.T) {
	withFused(t, func(s *Scope, leaves []Tensor, v Tensor, c fusedCase) {
		var sum []float32
		for range 2 {
			y, err := c.fused(s, leaves, Float32)
			if err == nil {
				err = s.Backward(s.Sum(s.Mul(y, v)))
			}
			if err != nil {
				t.Fatal(err)
			}
			values := read(t, s, s.Grad(leaves[3]))
			if sum != nil {
				for i := range sum {
					sum[i] *= 2
				}
				if d := apart(values, sum); !(d < 1e-6) {
					t.Errorf("twice the gradient is %.2g off", d)
				}
			}
			sum = values
		}
	})
}

// A frozen network still sends gradients to its input, and computes none for its filters. Without gradients only
// forward runs.
func TestFusedLayersComputesWhatIsAsked(t *testing.T) {
	calls := func(f func()) (made [3]int64) {
		before, err := fusedCalls()
		if err != nil {
			t.Fatal(err)
		}
		f()
		after, err := fusedCalls()
		if err != nil {
			t.Fatal(err)
		}
		for i := range made {
			made[i] = after[i] - before[i]
		}
		return made
	}
	withFused(t, func(s *Scope, leaves []Tensor, v Tensor, c fusedCase) {
		run := func() {
			y, err := c.fused(s, leaves, Float32)
			if err == nil {
				err = s.Backward(s.Sum(s.Mul(y, v)))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		n := int64(len(c.table))
		if got := calls(run); got != [3]int64{n, n, n} {
			t.Errorf("calls %v, want one of each for %d layers", got, n)
		}
		if err := RequireGrad(leaves[:1], false); err != nil {
			t.Fatal(err)
		}
		if got := calls(run); got != [3]int64{n, n - 1, n} {
			t.Errorf("calls %v; images take no gradient, so the first layer needs none at its input", got)
		}
		if err := RequireGrad(leaves[1:], false); err != nil {
			t.Fatal(err)
		}
		if err := RequireGrad(leaves[:1], true); err != nil {
			t.Fatal(err)
		}
		if got := calls(run); got != [3]int64{n, n, 0} {
			t.Errorf("frozen: calls %v", got)
		}
		err := NoGrad(func() error {
			y, err := c.fused(s, leaves, Float32)
			if err == nil && s.Backward(s.Sum(y)) == nil {
				t.Error("a result without gradients has a derivative")
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestFusedLayersRefuses(t *testing.T) {
	withFused(t, func(s *Scope, leaves []Tensor, _ Tensor, c fusedCase) {
		inner := NewScope()
		defer inner.Close()
		y, err := c.fused(inner, leaves, Float32)
		if err != nil {
			t.Fatal(err)
		}
		inner.Gradient(y, leaves[0])
		if err := inner.Err(); err == nil || !strings.Contains(err.Error(), "second derivative") {
			t.Errorf("a second derivative: %v", err)
		}
		leaves[1] = leaves[3] // filters for other channels
		if _, err := c.fused(s, leaves, Float32); err == nil || !strings.Contains(err.Error(), "layer 0") {
			t.Errorf("filters for other channels: %v", err)
		}
		if s.Err() != nil {
			t.Errorf("the scope does not go on: %v", s.Err())
		}
	})
}

// Tables that are not valid, or that no kernels can compute.
func TestFusedLayersRefuseTables(t *testing.T) {
	lockThread(t)
	for want, change := range map[string]func(c *fusedCase){
		"needs a weight and a bias":     func(c *fusedCase) { c.table = c.table[1:] },
		"layer 1 has stride 0":          func(c *fusedCase) { c.table[1].Stride = 0 },
		"layer 5 has stride 1 and a po": func(c *fusedCase) { c.table[5].Pool = 3 },
		"what layer 0 adds":             func(c *fusedCase) { c.table[0].Residual = true },
		"what layer 2 adds":             func(c *fusedCase) { c.table[1].Stride = 2 },
		"what layer 5 adds":             func(c *fusedCase) { c.table[5].Residual = true },
		"with strides or pools":         func(c *fusedCase) { c.padding, c.table[0].Stride = Replicate, 2 },
		"neither zeros nor replicate":   func(c *fusedCase) { c.padding = Reflect },
	} {
		err := Within(func(s *Scope) error {
			g, err := NewGenerator(CPU, 5)
			if err != nil {
				return err
			}
			defer g.Close()
			c := refinerCase(1, 0, 7, 9, 16, 3, 3, Zeros)
			leaves, _ := c.tensors(s, g)
			change(&c)
			_, err = c.fused(s, leaves, Float32)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestFusedLayersMemoryStaysFlat(t *testing.T) {
	var before int64
	lockThread(t)
	c := refinerCase(1, 0, 35, 55, 16, 3, 3, Replicate)
	for turn := range 300 {
		err := Within(func(s *Scope) error {
			g, err := NewGenerator(CPU, 5)
			if err != nil {
				return err
			}
			defer g.Close()
			leaves, v := c.tensors(s, g)
			if err := RequireGrad(leaves, true); err != nil {
				return err
			}
			y, err := c.fused(s, leaves, Float32)
			if err != nil {
				return err
			}
			return s.Backward(s.Sum(s.Mul(y, v)))
		})
		if err != nil {
			t.Fatal(err)
		}
		now, _, err := Memory(CPU)
		if err != nil {
			t.Fatal(err)
		}
		if turn == 100 {
			before = now
		}
		if turn == 299 && now > before+4<<20 { // a leak of one map per turn (0.4 MB) would be 74 MB
			t.Errorf("resident memory grew from %d to %d bytes", before, now)
		}
	}
}
