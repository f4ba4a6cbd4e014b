package data

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// Light multiplies levels by a plane through 1 at the middle, by another one for each image, and before equalisation.
func TestLight(t *testing.T) {
	open := func(spec string) Dataset {
		ds, err := Open(spec)
		if err != nil {
			t.Fatal(err)
		}
		return ds
	}
	const lit = "simulated:eyes,n=30,light=0.5"
	plain, bright, again := open("simulated:eyes,n=30"), open(lit), open(lit)
	slopes := map[int]bool{}
	for i := range 30 {
		a, _ := plain.Sample(i)
		b, _ := bright.Sample(i)
		c, _ := again.Sample(i)
		if !slices.Equal(b.Image.Pix, c.Image.Pix) || !slices.Equal(a.Label, b.Label) {
			t.Fatalf("image %d differs from call to call, or its label changed", i)
		}
		factor := func(y, x int) float64 { return float64(b.Image.Pix[y*55+x]) / float64(a.Image.Pix[y*55+x]) }
		middle, left, right := factor(17, 27), factor(17, 10), factor(17, 44)
		if a.Image.Pix[17*55+27] > 30 && math.Abs(middle-1) > 0.05 {
			t.Errorf("image %d: factor %v in the middle", i, middle)
		}
		if math.Abs(left+right-2*middle) > 0.15 && min(a.Image.Pix[17*55+10], a.Image.Pix[17*55+44]) > 30 {
			t.Errorf("image %d: factors %v, %v, %v are no plane", i, left, middle, right)
		}
		slopes[int(10*(right-left))] = true
	}
	if len(slopes) < 4 {
		t.Errorf("all images are lit alike: %v", slopes)
	}
	even, _ := open("simulated:eyes,n=1,light=0.5,equalize=true").Sample(0)
	want, _ := bright.Sample(0)
	if !slices.Equal(even.Image.Pix, want.Image.Equalize().Pix) {
		t.Error("light does not come before equalisation")
	}
	for spec, want := range map[string]string{
		"simulated:eyes,light=2": "use a gain from 0 to 1", "simulated:eyes,light=x": "use a gain",
		"simulated:hands,light=0.5": "not of 16",
	} {
		if _, err := Open(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}
