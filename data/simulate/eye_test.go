package simulate

import (
	"math"
	"slices"
	"testing"
)

func TestSameSceneTwice(t *testing.T) {
	for _, d := range []Domain{Synthetic, Real} {
		e := NewEye(d, 4, 2)
		first := e.Crop(35, 55)
		if !slices.Equal(first, e.Crop(35, 55)) || !slices.Equal(first, NewEye(d, 4, 2).Crop(35, 55)) {
			t.Errorf("domain %d: the same scene was drawn differently", d)
		}
		if slices.Equal(first, NewEye(d, 4, 3).Crop(35, 55)) || slices.Equal(first, NewEye(d, 5, 2).Crop(35, 55)) {
			t.Errorf("domain %d: another scene looks the same", d)
		}
	}
}

// Both domains have the same distribution of gaze: the Kolmogorov-Smirnov distance of 4000 draws each is below the 0.1
// % bound, 1.95 sqrt(2/4000).
func TestSameGazeInBothDomains(t *testing.T) {
	const n = 4000
	for axis := range 2 {
		var values [2][]float64
		for d := range values {
			for i := range n {
				values[d] = append(values[d], NewEye(Domain(d), 1, i).Gaze[axis])
			}
			slices.Sort(values[d])
		}
		distance := 0.0
		for i, v := range values[0] {
			j, _ := slices.BinarySearch(values[1], v)
			distance = max(distance, math.Abs(float64(i-j))/n)
		}
		if bound := 1.95 * math.Sqrt(2.0/n); distance > bound {
			t.Errorf("axis %d: distance %v > %v", axis, distance, bound)
		}
	}
}

// The pupil follows the gaze: yaw > 0 moves it left, pitch > 0 moves it up, that is along (gaze x, gaze y).
func TestPupilFollowsGaze(t *testing.T) {
	var gx, gy, px, py []float64
	for i := range 300 {
		e := NewEye(Synthetic, 9, i)
		e.look.panes, e.look.lashes = nil, 0
		crop := e.Crop(35, 55)
		sumX, sumY, n := 0.0, 0.0, 0.0
		darkest := slices.Min(crop)
		for k, v := range crop {
			if v < darkest+8 {
				sumX, sumY, n = sumX+float64(k%55), sumY+float64(k/55), n+1
			}
		}
		gx, gy = append(gx, e.Gaze[0]), append(gy, e.Gaze[1])
		px, py = append(px, sumX/n), append(py, sumY/n)
	}
	if r := correlation(gx, px); r < 0.9 {
		t.Errorf("horizontal correlation of gaze and pupil is %v", r)
	}
	if r := correlation(gy, py); r < 0.6 { // the lids hide part of the pupil and define the crop's centre
		t.Errorf("vertical correlation of gaze and pupil is %v", r)
	}
}

func correlation(a, b []float64) float64 {
	var ma, mb, ab, aa, bb float64
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(b))
	}
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	return ab / math.Sqrt(aa*bb)
}

// The real domain has MPIIGaze's statistics: equalised (100 samples: mean 129, deviation 74) and textured. The
// synthetic domain is smoother and has less contrast.
func TestDomainsDiffer(t *testing.T) {
	var deviation, gradient [2]float64
	for d := range deviation {
		for i := range 50 {
			crop := NewEye(Domain(d), 2, i).Crop(35, 55)
			mean, square := 0.0, 0.0
			for k, v := range crop {
				mean += float64(v) / float64(len(crop))
				square += float64(v) * float64(v) / float64(len(crop))
				if k%55 > 0 {
					gradient[d] += math.Abs(float64(v)-float64(crop[k-1])) / float64(50*len(crop))
				}
			}
			deviation[d] += math.Sqrt(square-mean*mean) / 50
			if d == int(Real) && math.Abs(mean-129) > 8 {
				t.Errorf("real image %d has mean %v", i, mean)
			}
		}
	}
	if math.Abs(deviation[Real]-74) > 4 || deviation[Synthetic] > 40 {
		t.Errorf("deviations are %v", deviation)
	}
	if gradient[Real] < 2*gradient[Synthetic] {
		t.Errorf("gradients are %v", gradient)
	}
}
