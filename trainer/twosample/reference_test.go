package twosample

import (
	"math"
	"math/rand/v2"
	"testing"

	"simgan/cgo"
	"simgan/data/picture"
)

// images draws n noisy images of c x h x w with levels from low to high-1.
func images(seed uint64, n, c, h, w, bits, low, high int) []picture.Image {
	out := make([]picture.Image, n)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range out {
		out[i] = picture.NewImage(c, h, w, bits)
		for k := range out[i].Pix {
			out[i].Pix[k] = uint16(low + random.IntN(high-low))
		}
	}
	return out
}

// Images of one distribution are at distance 0, give or take chance, and images that share no level near 1. The same
// images have the same distance in a second reference. Nothing is left in memory.
func TestDistance(t *testing.T) {
	if _, err := cgo.Start(1); err != nil {
		t.Fatal(err)
	}
	live := cgo.Live()
	for _, c := range []struct{ channels, bits, levels int }{{1, 8, 256}, {3, 8, 256}, {1, 16, 65536}} {
		draw := func(seed uint64, low, high int) []picture.Image {
			return images(seed, 40, c.channels, 9, 11, c.bits, low*c.levels/256, high*c.levels/256)
		}
		distance := func(of []picture.Image) float64 {
			r, err := NewReference(draw(1, 0, 256), cgo.CPU)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			d, err := r.Distance(of)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		same, near, far := distance(draw(2, 0, 256)), distance(draw(3, 20, 256)), distance(draw(4, 90, 110))
		if !(-0.5 < same && same < 0.2 && same < near && near < far && 0.9 < far && far < 1) {
			t.Errorf("%+v: %.3f for one distribution, %.3f for levels from 20 on, %.3f for levels about 100", c, same, near, far)
		}
		if again := distance(draw(4, 90, 110)); again != far {
			t.Errorf("%+v: %v, then %v", c, far, again)
		}
		flat := images(5, 3, c.channels, 9, 11, c.bits, 7, 8)
		r, err := NewReference(flat, cgo.CPU)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := r.Distance(flat[:1]); d != 0 || err != nil {
			t.Errorf("%+v: flat images: %v %v", c, d, err)
		}
		r.Close()
	}
	if left := cgo.Live() - live; left != 0 {
		t.Errorf("%d tensors are still live", left)
	}
}

// By hand: k equal features that tell the sets apart are -1 and 1 when standardised. Ridge regression gives each the
// weight 1/(1+k), so estimates are k/(1+k) of the labels, and 1-1/(1+k)^2 is explained. A feature that says nothing has
// weight 0.
func TestExplained(t *testing.T) {
	for k := 1; k <= 3; k++ {
		var a, b [][]float64
		for i := range 8 {
			x, y := make([]float64, k+1), make([]float64, k+1)
			for j := range k {
				x[j], y[j] = 5, 9
			}
			x[k], y[k] = float64(i/2%2), float64(i/2%2)
			a, b = append(a, x), append(b, y)
		}
		want := 1 - 1/float64((1+k)*(1+k))
		if got := explained(a, b); math.Abs(got-want) > 1e-12 {
			t.Errorf("%d features explain %v, want %v", k, got, want)
		}
	}
	if got := explained([][]float64{{1}}, [][]float64{{2}}); got != 0 {
		t.Errorf("with nothing to learn from, %v is explained", got)
	}
}
