package simulate

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// effectsOf parses names that are known to be right.
func effectsOf(t *testing.T, names string) Effects {
	t.Helper()
	e, err := ParseHandEffects(names)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestParseHandEffects(t *testing.T) {
	names := HandEffectNames()
	if all := effectsOf(t, strings.Join(names, "+")); all != effectsOf(t, "all") || effectsOf(t, "none") != 0 {
		t.Errorf("all names are the set %b, all is %b", all, effectsOf(t, "all"))
	}
	if e := effectsOf(t, "sleeve+forearm"); e != 0b11 {
		t.Errorf("forearm and sleeve are the set %b", e)
	}
	for _, text := range []string{"", "hole", "holes+", "holes,steps", "all+holes"} {
		_, err := ParseHandEffects(text)
		if err == nil || !strings.Contains(err.Error(), "use all, none, or some of forearm+sleeve+") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The real domain is the synthetic one with all effects: the same scene gives the same picture, except that pixels
// without a depth are NoDepth in one and 0 in the other.
func TestAllHandEffectsAreTheRealDomain(t *testing.T) {
	for i := range 3 {
		real := NewHand(Real, 3, i)
		same := newHand(handStreams{3*2 + uint64(Real), uint64(i)}, effectsOf(t, "all"), 0)
		want := real.Depth(whole)
		for k, mm := range want {
			if mm == NoDepth {
				want[k] = 0
			}
		}
		if real.Joints != same.Joints || !slices.Equal(want, same.Depth(whole)) {
			t.Errorf("scene %d: the real domain differs from all effects", i)
		}
	}
}

// What an effect draws is the same with and without all others, and no effect moves a joint.
func TestHandEffectsDoNotChangeEachOther(t *testing.T) {
	for i := range 40 {
		streams := handStreams{9, uint64(i)}
		plain, all := newHandScene(streams, 0), newHandScene(streams, allHandEffects)
		var around []solid
		union := sensor{pattern: plain.sensor.pattern}
		build := plain.build
		for e := range handEffects {
			s := newHandScene(streams, 1<<e)
			if s.joints != plain.joints || all.joints != plain.joints {
				t.Errorf("scene %d: %s moves joints", i, handEffects[e].name)
			}
			around = append(around, s.around...)
			if s.build != plain.build {
				build = s.build
			}
			union = joined(union, s.sensor)
		}
		if !slices.Equal(around, all.around) || build != all.build || union != all.sensor {
			t.Errorf("scene %d: effects differ when all are on: sensors %+v, %+v", i, union, all.sensor)
		}
	}
}

// joined returns a sensor with the disturbances of both.
func joined(a, b sensor) sensor {
	return sensor{
		pattern: a.pattern,
		slopes:  a.slopes + b.slopes, holes: a.holes + b.holes, flying: a.flying + b.flying, noise: a.noise + b.noise,
		loss: a.loss + b.loss, wrong: a.wrong + b.wrong,
		windows: a.windows || b.windows, shadow: a.shadow || b.shadow, bands: a.bands || b.bands, steps: a.steps || b.steps,
	}
}

// pixels returns the depths of many scenes' pixels, each without and with the effects. 0 is no depth.
func pixels(t *testing.T, effects string) (pairs [][2]float64) {
	t.Helper()
	e := effectsOf(t, effects)
	w := Window{150, 60, 360, 380}
	for i := range 12 {
		with := NewHandWith(e, 6, i).Depth(w)
		for k, mm := range NewHandWith(0, 6, i).Depth(w) {
			if mm > 0 || with[k] > 0 {
				pairs = append(pairs, [2]float64{float64(mm), float64(with[k])})
			}
		}
	}
	return pairs
}

// Some effects only add solids: nothing gets farther, but for the smoothing of creases.
func TestEffectsThatAddSolids(t *testing.T) {
	for _, c := range []struct {
		effect string
		least  float64 // added pixels per pixel of the render
	}{{"forearm", 0.3}, {"sleeve", 0.3}, {"person", 3}, {"bodypart", 0.05}} {
		pairs := pixels(t, c.effect)
		added, shown := 0.0, 0.0
		for _, p := range pairs {
			switch {
			case p[0] == 0:
				added++
			case p[1] == 0 || p[1] > p[0]+crease:
				t.Fatalf("%s: a pixel at %v mm is at %v", c.effect, p[0], p[1])
			default:
				shown++
			}
		}
		if added < c.least*shown {
			t.Errorf("%s: %v pixels added to %v", c.effect, added, shown)
		}
	}
}

// Some effects only take pixels away. The highest share is twice what they take from these scenes.
func TestEffectsThatTakePixelsAway(t *testing.T) {
	for effect, most := range map[string]float64{"shadow": 0.012, "slopes": 0.027, "holes": 0.3} {
		pairs := pixels(t, effect)
		lost := 0.0
		for _, p := range pairs {
			if p[1] == 0 {
				lost++
			} else if p[0] != p[1] {
				t.Fatalf("%s: a pixel at %v mm is at %v", effect, p[0], p[1])
			}
		}
		if share := lost / float64(len(pairs)); share == 0 || share > most {
			t.Errorf("%s: %.3f of the pixels are lost", effect, share)
		}
	}
}

// Noise has a standard deviation of about 0.055 pixels of disparity, 0.064 with the rounding of depths to mm.
// Its mean is 0.
func TestNoise(t *testing.T) {
	pairs := pixels(t, "noise")
	sum, squares := 0.0, 0.0
	for _, p := range pairs {
		d := focalBase/p[1] - focalBase/p[0]
		sum, squares = sum+d, squares+d*d
	}
	n := float64(len(pairs))
	if sd := math.Sqrt(squares / n); sd < 0.055 || sd > 0.075 || math.Abs(sum/n) > 0.005 {
		t.Errorf("noise has standard deviation %.3f and mean %.4f", sd, sum/n)
	}
}

// Disparity rises by bandJump at the columns where frame 1 of NYU's test set has its bands, and falls between them.
func TestBands(t *testing.T) {
	k := sensor{bands: true}
	at := func(x int) float64 { return focalBase/k.depth(x, 60) - 60 }
	for _, x := range []int{129, 167, 205, 243, 281, 319, 357, 395, 433, 470, 508} {
		if jump := at(x) - at(x-1); math.Abs(jump-bandJump) > 0.004 {
			t.Errorf("column %d: disparity rises by %.3f", x, jump)
		}
		if fall := at(x+20) - at(x+1); math.Abs(fall+bandJump/2) > 0.001 {
			t.Errorf("after column %d: disparity changes by %.3f", x, fall)
		}
	}
}

// False matches are few: about one pixel of a thousand in these scenes.
func TestFlyingPixels(t *testing.T) {
	pairs := pixels(t, "flying")
	wrong := 0.0
	for _, p := range pairs {
		if math.Abs(p[0]-p[1]) > 5 {
			wrong++
		}
	}
	if share := wrong / float64(len(pairs)); share < 3e-4 || share > 3e-3 {
		t.Errorf("%.4f of the pixels fly", share)
	}
}

// A wall without outlines has no false matches.
func TestNothingFliesBeforeAWall(t *testing.T) {
	w := Window{0, 0, 300, 300}
	z := make([]float64, w.W*w.H)
	for i := range z {
		z[i] = 800
	}
	k := sensor{pattern: 5, flying: 5, wrong: 1}
	dots := k.dots(z, w)
	for y := 20; y < 280; y++ {
		for x := 20; x < 280; x++ {
			if d := k.falseMatch(dots, x, y); d != 0 {
				t.Fatalf("pixel (%d, %d) has disparity %v", x, y, d)
			}
		}
	}
}

// A picture full of false matches does not depend on the window either.
func TestFalseMatchesInWindows(t *testing.T) {
	h := NewHand(Real, 33, 1)
	h.sensor.wrong = 1
	picture := h.Depth(whole)
	for k := range 400 {
		w := Window{200 + k*37%240, 120 + k*53%240, 2, 1}
		for i, mm := range h.Depth(w) {
			if want := picture[(w.Y+i/w.W)*DepthWidth+w.X+i%w.W]; mm != want {
				t.Fatalf("window %v: pixel %d is %d, in the picture %d", w, i, mm, want)
			}
		}
	}
}

// Cloth lies some mm before the arm and is wider: pixels get nearer or are added.
func TestSleeveCoversTheArm(t *testing.T) {
	sleeved := 0
	for i := range 40 {
		bare, dressed := NewHandWith(effectsOf(t, "forearm"), 8, i), NewHandWith(effectsOf(t, "forearm+sleeve"), 8, i)
		if len(bare.solids) == len(dressed.solids) {
			continue
		}
		sleeved++
		nearer, n := 0.0, 0.0
		with := dressed.Depth(whole)
		for k, mm := range bare.Depth(whole) {
			if mm > 0 && with[k] != mm {
				nearer, n = nearer+float64(mm)-float64(with[k]), n+1
			}
		}
		if mean := nearer / n; n > 500 && (mean < 3 || mean > 25) {
			t.Errorf("scene %d: cloth is %.1f mm before the arm", i, mean)
		}
	}
	if sleeved < 15 || sleeved > 32 {
		t.Errorf("%d of 40 pictures have a sleeve", sleeved)
	}
}

// The skin's thickness differs between persons: fingers are up to a quarter thicker and not much thinner.
func TestFleshVaries(t *testing.T) {
	least, most := 2.0, 0.0
	for i := range 100 {
		b := newHandScene(handStreams{4, uint64(i)}, effectsOf(t, "flesh")).build
		least, most = min(least, slices.Min(b.fingers[:])), max(most, slices.Max(b.fingers[:]))
	}
	if least < 0.9 || least > 1 || most < 1.15 || most > 1.26 {
		t.Errorf("fingers are %.2f to %.2f times as thick", least, most)
	}
}

// A body part hides no joint: the picture there is that of the hand alone.
func TestBodyPartHidesNoJoint(t *testing.T) {
	seen := 0
	for i := range 60 {
		h, plain := NewHandWith(effectsOf(t, "bodypart"), 7, i), NewHandWith(0, 7, i)
		if len(h.solids) == len(plain.solids) {
			continue
		}
		seen++
		for j := range HandJoints {
			p := h.UVD(j)
			at := Window{int(math.Round(p[0])), int(math.Round(p[1])), 1, 1}
			if a, b := h.Depth(at)[0], plain.Depth(at)[0]; a != b {
				t.Errorf("scene %d, joint %d: depth %d instead of %d", i, j, a, b)
			}
		}
	}
	if seen < 8 || seen > 22 {
		t.Errorf("%d of 60 pictures have a body part", seen)
	}
}
