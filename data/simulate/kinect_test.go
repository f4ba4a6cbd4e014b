package simulate

import (
	"math"
	"slices"
	"testing"
)

// The nearest depths in frame 1 of NYU's test set are the sensor's steps from 731 mm on. They are rounded down, by half
// a mm on average.
func TestStepsAreNYUs(t *testing.T) {
	want := []float64{731, 733, 735, 736, 738, 739, 741, 743, 744, 746, 747, 749, 751, 752, 754, 756, 757, 759, 761}
	k := sensor{steps: true}
	var got []float64
	bias, n := 0.0, 0.0
	for z := 731.5; z < 763; z += 0.25 {
		if mm := k.depth(0, focalBase/z); len(got) == 0 || mm != got[len(got)-1] {
			got = append(got, mm)
		}
		bias, n = bias+k.depth(0, focalBase/z)-z, n+1
	}
	if !slices.Equal(got[:len(want)], want) || math.Abs(bias/n+0.5) > 0.1 {
		t.Errorf("steps %v, want %v; their mean error is %.2f mm", got, want, bias/n)
	}
}

// A real picture has only the depths of steps of disparity; unmeasured pixels are NoDepth. A render also has depths in
// between; its empty pixels are 0.
func TestKinectQuantises(t *testing.T) {
	steps := map[uint16]bool{NoDepth: true}
	for n := 170; n < 900; n++ {
		steps[uint16(focalBase*disparityStep/(float64(n)-stepOffset))] = true
	}
	between := 0
	for i := range 2 {
		real, render := NewHand(Real, 2, i).Depth(whole), NewHand(Synthetic, 2, i).Depth(whole)
		for _, mm := range real {
			if !steps[mm] {
				t.Fatalf("%d mm is not a step of disparity", mm)
			}
		}
		for _, mm := range render {
			if mm > 0 && !steps[mm] {
				between++
			}
		}
		if render[0] != 0 || slices.Contains(render, NoDepth) || !slices.Contains(real, NoDepth) {
			t.Errorf("scene %d: backgrounds are %d and %d", i, render[0], real[0])
		}
	}
	if between == 0 {
		t.Error("renders are quantised too")
	}
}

// A near square in front of a far wall casts its shadow to the
// right, as in NYU's pictures: f b (1/z1 - 1/z2) pixels wide.
func TestShadowFallsRight(t *testing.T) {
	const w = 100
	z := make([]float64, w)
	for x := range z {
		if z[x] = 1200; x >= 20 && x < 50 {
			z[x] = 760
		}
	}
	var dark []int
	for x, d := range shadows(z, w, 1) {
		if d {
			dark = append(dark, x)
		}
	}
	want := focalBase * (1/760.0 - 1/1200.0)
	if len(dark) == 0 || dark[0] != 50 || math.Abs(float64(len(dark))-want) > 2 {
		t.Errorf("dark pixels %v, want %.0f from 50 on", dark, want)
	}
}

// Without background, a strip too thin for a window of dots is lost. A wide one is measured to a millimetre, and at
// most 1.5 times as wide. Turned by 85 degrees it is lost too.
func TestKinectMatchesWindowsOfDots(t *testing.T) {
	const w, h, depth = 80, 60, 800.0
	for _, c := range []struct {
		wide      int
		slope     float64 // mm per pixel downwards
		low, high float64 // measured pixels per pixel of the strip
	}{{1, 0, 0, 0.3}, {16, 0, 1, 1.5}, {16, depth / FocalX * 11.4, 0, 0.02}} {
		z := make([]float64, w*h)
		for i := range z {
			if z[i] = math.Inf(1); i%w >= 30 && i%w < 30+c.wide {
				z[i] = depth + float64(i/w-h/2)*c.slope
			}
		}
		k := sensor{pattern: 7, slopes: 7, noise: 7}
		dots := k.dots(z, Window{W: w, H: h})
		measured, sum := 0.0, 0.0
		for y := 10; y < h-10; y++ {
			for x := 10; x < w-10; x++ {
				if d := dots.match(x, y); d > 0 {
					measured, sum = measured+1, sum+focalBase/d
				}
			}
		}
		if share := measured / float64((h-20)*c.wide); share < c.low || share > c.high {
			t.Errorf("strip of %d pixels, slope %.1f: %.2f of it are measured", c.wide, c.slope, share)
		}
		if mean := sum / measured; c.low == 1 && math.Abs(mean-depth) > 1 {
			t.Errorf("strip at %v mm is measured at %.1f", depth, mean)
		}
	}
}
