package pupil

import (
	"math"
	"slices"
	"testing"

	"simgan/data/picture"
	"simgan/data/simulate"
)

const h, w = 35, 55

// errors returns how far fits of n eyes are from the truth, in pixels, sorted.
func errors(d simulate.Domain, n int) (errs []float64) {
	for i := range n {
		e := simulate.NewEye(d, 3, i)
		o := e.Outline(h, w)
		f := Find(picture.FromLevels(1, h, w, 8, e.Crop(h, w)), o)
		x, y := o.Centre(o.Gaze, o.Pupil)
		errs = append(errs, math.Hypot(f.X-x, f.Y-y))
	}
	slices.Sort(errs)
	return errs
}

// The truth of the simulator: the fit's error is a third of a pixel in renders and half a pixel in real images, whose
// style no render has.
func TestFitFindsTheTruth(t *testing.T) {
	for d, most := range map[simulate.Domain]struct{ median, high float64 }{
		simulate.Synthetic: {0.4, 1}, simulate.Real: {0.5, 2},
	} {
		errs := errors(d, 25)
		t.Logf("domain %d: median %.2f, 9 of 10 below %.2f, most %.2f px", d, errs[12], errs[22], errs[24])
		if errs[12] > most.median || errs[22] > most.high {
			t.Errorf("domain %d: errors are %.2f", d, errs)
		}
	}
}

// A picture moved by 2 pixels has its pupil 2 pixels further, to a quarter of a pixel, though the lids are said to be
// where they were. Moved down, skin of the upper lid comes between the lids, and the fit sees less of the way.
func TestShiftIsMeasured(t *testing.T) {
	for d, most := range map[[2]int]float64{{2, 0}: 0.25, {-2, 0}: 0.25, {0, -2}: 0.25, {0, 2}: 0.75} {
		const n = 8
		var x, y []float64
		for i := range n {
			e := simulate.NewEye(simulate.Synthetic, 3, i)
			m, o := picture.FromLevels(1, h, w, 8, e.Crop(h, w)), e.Outline(h, w)
			a, b := Find(m, o), Find(m.Crop(-d[0], -d[1], w, h), o)
			x, y = append(x, b.X-a.X), append(y, b.Y-a.Y)
		}
		slices.Sort(x)
		slices.Sort(y)
		if math.Hypot(x[n/2]-float64(d[0]), y[n/2]-float64(d[1])) > most {
			t.Errorf("moved by %v: the pupils moved by %.2f, %.2f", d, x, y)
		}
	}
}
