package data

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// opened returns the data set that a SPEC names.
func opened(t *testing.T, spec string) Dataset {
	t.Helper()
	ds, err := Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// sampled returns image i of a data set and of one whose images are changed. The latter is the same in another set of
// its SPEC, and keeps its label.
func sampled(t *testing.T, i int, plain, changed, again Dataset) (a, b Sample) {
	t.Helper()
	a, _ = plain.Sample(i)
	b, _ = changed.Sample(i)
	c, _ := again.Sample(i)
	if !slices.Equal(b.Image.Pix, c.Image.Pix) || !slices.Equal(a.Label, b.Label) {
		t.Fatalf("image %d differs from call to call, or its label changed", i)
	}
	return a, b
}

// Light multiplies levels by a plane through 1 at the middle, by another one for each image, and before equalisation.
func TestLight(t *testing.T) {
	open := func(spec string) Dataset { return opened(t, spec) }
	const lit = "simulated:eyes,n=30,light=0.5"
	plain, bright, again := open("simulated:eyes,n=30"), open(lit), open(lit)
	slopes := map[int]bool{}
	for i := range 30 {
		a, b := sampled(t, i, plain, bright, again)
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

// Holes take depths away, others in each image, and change nothing else. Their share is drawn up to that of the SPEC.
func TestHoles(t *testing.T) {
	open := func(spec string) Dataset { return opened(t, spec) }
	const holed = "simulated:hands,n=60,size=64x64,holes=0.2"
	plain, torn, again := open("simulated:hands,n=60,size=64x64"), open(holed), open(holed)
	sum, most := 0.0, 0.0
	for i := range 60 {
		a, b := sampled(t, i, plain, torn, again)
		measured, lost := 0.0, 0.0
		for k, v := range a.Image.Pix {
			if v == 65535 {
				continue
			}
			measured++
			switch b.Image.Pix[k] {
			case v:
			case 65535:
				lost++
			default:
				t.Fatalf("image %d: level %d became %d", i, v, b.Image.Pix[k])
			}
		}
		sum, most = sum+lost/measured/60, max(most, lost/measured)
	}
	if sum < 0.06 || sum > 0.14 || most < 0.12 || most > 0.35 {
		t.Errorf("holes take %.3f of the depths on average and at most %.3f; want about 0.1 and 0.2", sum, most)
	}
	for spec, want := range map[string]string{
		"simulated:hands,holes=0.9": "use a share from 0 to 0.5", "simulated:hands,holes=x": "use a share",
		"simulated:eyes,holes=0.1": "not of 8",
	} {
		if _, err := Open(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}
