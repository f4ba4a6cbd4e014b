package adapt

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"simgan/data/picture"
)

// ramp returns an image whose levels are f of the pixel's number and the seed.
func ramp(c, h, w, bits int, f func(i int) uint16) picture.Image {
	m := picture.NewImage(c, h, w, bits)
	for i := range m.Pix {
		m.Pix[i] = f(i)
	}
	return m
}

func noisy(seed uint64, low, high int) picture.Image {
	r := rand.New(rand.NewPCG(seed, 0))
	return ramp(1, 12, 20, 8, func(int) uint16 { return uint16(low + r.IntN(high-low)) })
}

func TestNothingChangesNothing(t *testing.T) {
	for _, m := range []picture.Image{noisy(1, 0, 256), ramp(3, 4, 5, 8, func(i int) uint16 { return uint16(i) }),
		ramp(1, 4, 5, 16, func(i int) uint16 { return uint16(3000 * i) })} {
		got := Adaptation{Tone: Keep}.Apply(m, m, rand.New(rand.NewPCG(1, 1)))
		if !slices.Equal(got.Pix, m.Pix) {
			t.Errorf("%d bits: %v became %v", m.Bits, m.Pix, got.Pix)
		}
	}
}

// Half of the image is dark and half bright; the real one has levels 10, 20 (a quarter each) and 200 (half).
func TestMatchTakesTheHistogram(t *testing.T) {
	m := ramp(1, 2, 4, 8, func(i int) uint16 { return []uint16{50, 90}[i/4] })
	real := ramp(1, 2, 4, 8, func(i int) uint16 { return []uint16{10, 10, 20, 20, 200, 200, 200, 200}[i] })
	if got, want := match(m, real).Pix, []uint16{10, 10, 10, 10, 200, 200, 200, 200}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	same := noisy(2, 0, 256)
	for i, v := range match(same, same).Pix {
		if v != same.Pix[i] {
			t.Fatalf("an image matched to itself: level %d became %d", same.Pix[i], v)
		}
	}
}

// With all amplitudes replaced by an image's own, nothing changes; the mean alone is amplitude 0.
func TestAmplitudes(t *testing.T) {
	f, other := toFloats(noisy(3, 0, 100)), toFloats(noisy(4, 100, 200))
	own := slices.Clone(f.v)
	f.amplitudes(floats{f.c, f.h, f.w, f.bits, own}, 2)
	for i := range own {
		if math.Abs(f.v[i]-own[i]) > 1e-12 {
			t.Fatalf("value %d: %v became %v", i, own[i], f.v[i])
		}
	}
	f.amplitudes(other, 1e-9)
	change := f.v[0] - own[0]
	if want := mean(other.v) - mean(own); math.Abs(change-want) > 1e-12 {
		t.Errorf("the mean moved by %v, want %v", change, want)
	}
	for i := range own {
		if math.Abs(f.v[i]-own[i]-change) > 1e-12 {
			t.Fatalf("value %d moved by %v, others by %v", i, f.v[i]-own[i], change)
		}
	}
}

func mean(v []float64) (m float64) {
	for _, x := range v {
		m += x / float64(len(v))
	}
	return m
}

// A single bright pixel becomes a Gaussian of the deviation; the sum stays.
func TestBlur(t *testing.T) {
	f := floats{1, 21, 21, 8, make([]float64, 441)}
	f.v[10*21+10] = 1
	f.blur(1.5)
	sum, square := 0.0, 0.0
	for i, v := range f.v {
		sum += v
		square += v * float64((i%21-10)*(i%21-10))
	}
	if math.Abs(sum-1) > 1e-12 || math.Abs(math.Sqrt(square)-1.5) > 0.03 {
		t.Errorf("sum %v, deviation %v; want 1, 1.5", sum, math.Sqrt(square))
	}
}

func TestNoiseAndHolesHaveTheirStrength(t *testing.T) {
	f := floats{1, 100, 100, 8, make([]float64, 10000)}
	f.noise(0.1, rand.New(rand.NewPCG(1, 1)))
	square := 0.0
	for _, v := range f.v {
		square += v * v / 10000
	}
	if math.Abs(math.Sqrt(square)-0.1) > 0.003 {
		t.Errorf("noise has deviation %v, want 0.1", math.Sqrt(square))
	}
	f.holes(0.2, rand.New(rand.NewPCG(1, 2)))
	covered := 0.0
	for _, v := range f.v {
		if v == 1 {
			covered += 1.0 / 10000
		}
	}
	if covered < 0.12 || covered > 0.22 { // discs overlap and leave the image
		t.Errorf("holes cover %v, want about 0.2", covered)
	}
}

// Two samples 3 apart on one statistic with deviation 1, by hand: 2*3 - 0 - 0 with single members.
func TestEnergyDistance(t *testing.T) {
	a, b := [][]float64{{0, 5}, {2, 5}}, [][]float64{{4, 5}, {6, 5}}
	// Deviation of b's first statistic is 1. Between: 4, 6, 2, 4, mean 4. Within: 2 each, the only pair.
	if d := energy(a, b); math.Abs(d-(2*4-2-2)) > 1e-12 {
		t.Errorf("distance is %v, want 4", d)
	}
	if d := energy(b, b); d > 0 {
		t.Errorf("distance of a sample from itself is %v", d)
	}
}

// Renders are ramps; real images are the same, equalised after noise. Fit finds both without a hint.
func TestFitFindsWhatWasDone(t *testing.T) {
	var rendered, real []picture.Image
	done := Adaptation{Tone: Equalize, Noise: 0.06}
	for i := range 80 {
		scene := func(i int) picture.Image {
			return ramp(1, 16, 20, 8, func(k int) uint16 { return uint16(60 + (k%20+k/20+i)%36*2) })
		}
		rendered = append(rendered, scene(i))
		real = append(real, done.Apply(scene(i+1), scene(i), rand.New(rand.NewPCG(uint64(i), 9))))
	}
	var counts [][2]int
	got, before, after, err := Fit(context.Background(), rendered, real, func(n, of int) {
		counts = append(counts, [2]int{n, of})
	})
	if err != nil {
		t.Fatal(err)
	}
	// By hand: as they are, and for 3 tones this alone and twice 5+5+5+5+8+8+7 values.
	for n, count := range counts {
		if count != [2]int{n, 262} || len(counts) != 263 {
			t.Fatalf("report %d of %d is %v", n, len(counts), count)
		}
	}
	if got.Tone == Keep || got.Noise < 0.03 || got.Blur > 0.3 || !(after < before/10) {
		t.Errorf("fitted %v (%.3g, before %.3g), want about %v", got, after, before, done)
	}
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(stopped)
	if _, _, _, err := Fit(ctx, rendered, real, nil); !errors.Is(err, stopped) {
		t.Errorf("a cancelled fit returned %v", err)
	}
}

// Noise on the depths alone, not on pixels without depth, is found as noise.
func TestFitOfNoisyDepths(t *testing.T) {
	var rendered, real []picture.Image
	for i := range 60 {
		scene := ramp(1, 16, 20, 16, func(k int) uint16 {
			if k%20 > 12 {
				return 65535
			}
			return uint16(20000 + 100*((k+i)%20))
		})
		noisy := Adaptation{Noise: 0.06}.Apply(scene, scene, rand.New(rand.NewPCG(uint64(i), 9)))
		for k, v := range scene.Pix {
			if v == 65535 && noisy.Pix[k] != 65535 {
				t.Fatal("noise made a depth where there is none")
			}
		}
		rendered, real = append(rendered, scene), append(real, noisy)
	}
	got, before, after, err := Fit(context.Background(), rendered, real, nil)
	if err != nil || got.Noise < 0.03 || got.Holes > 0.02 || !(after < before/5) {
		t.Errorf("fitted %v (%.3g, before %.3g), %v", got, after, before, err)
	}
}

// Blurred depths are means of depths, not of depths and pixels without one.
func TestBlurOfDepths(t *testing.T) {
	f := floats{1, 1, 4, 16, []float64{0.2, 0.2, 1, 0.4}}
	f.blur(1)
	if f.v[2] != 1 || f.v[0] < 0.2-1e-12 || f.v[0] > 0.3 || f.v[3] < 0.3 || f.v[3] > 0.4 {
		t.Errorf("blurred to %v", f.v)
	}
}

// Depths are measurements: their tones stay, and holes are found.
func TestFitOfDepths(t *testing.T) {
	var rendered, real []picture.Image
	for i := range 40 {
		scene := ramp(1, 16, 20, 16, func(k int) uint16 { return uint16(20000 + 500*((k+i)%20)) })
		rendered = append(rendered, scene)
		real = append(real, Adaptation{Holes: 0.15}.Apply(scene, scene, rand.New(rand.NewPCG(uint64(i), 9))))
	}
	got, _, _, err := Fit(context.Background(), rendered, real, nil)
	if err != nil || got.Tone != Keep || got.Holes < 0.08 || got.JPEG != 0 {
		t.Errorf("fitted %+v, %v", got, err)
	}
}

func TestString(t *testing.T) {
	a := Adaptation{Tone: Match, Blur: 1.2, JPEG: 60}
	if got, want := a.String(), "blur 1.2, JPEG 60, match"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (Adaptation{Tone: Keep}).String(); got != "nothing" {
		t.Errorf("got %q", got)
	}
}

// A gap is a pixel without a depth that is closed in on all four sides; the background is none.
func TestGaps(t *testing.T) {
	f := floats{1, 5, 6, 16, []float64{
		1, 1, 1, 1, 1, 1,
		1, 0, 0, 0, 0, 1,
		1, 0, 1, 1, 0, 1,
		1, 0, 0, 0, 0, 1,
		1, 1, 0, 0, 1, 1,
	}}
	for reach, want := range map[int]int{1: 0, 2: 2} {
		if got := f.gaps(f.v, reach); got != want {
			t.Errorf("reach %d: %d gaps, want %d", reach, got, want)
		}
	}
	m := picture.Image{C: 1, H: 5, W: 6, Bits: 16}
	for _, v := range f.v {
		m.Pix = append(m.Pix, uint16(65535*v))
	}
	if got, want := Gaps(m), 2./14; math.Abs(got-want) > 1e-12 {
		t.Errorf("gaps are %v of the hand, want %v", got, want)
	}
}
