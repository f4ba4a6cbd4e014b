package simulate

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The real domain is the synthetic one with all effects: with the same scene's seed both give the same bytes.
func TestAllEffectsAreTheRealDomain(t *testing.T) {
	for i := range 5 {
		real := NewEye(Real, 4, i)
		if !slices.Equal(real.Crop(35, 55), newEye(real.pcg, AllEffects()).Crop(35, 55)) {
			t.Errorf("eye %d: all effects give another picture than the real domain", i)
		}
		synthetic := NewEye(Synthetic, 4, i)
		if !slices.Equal(synthetic.Crop(35, 55), newEye(synthetic.pcg, 0).Crop(35, 55)) {
			t.Errorf("eye %d: no effects give another picture than the synthetic domain", i)
		}
	}
}

// Each effect changes pictures, and leaves the geometry, which gives the labels, alone.
func TestEffectsChangeThePictureOnly(t *testing.T) {
	for bit, name := range EffectNames() {
		changed := 0
		for i := range 8 { // glasses are rare
			plain, eye := NewEye(Synthetic, 11, i), NewEyeWith(1<<bit, 11, i)
			if !slices.Equal(plain.Crop(35, 55), eye.Crop(35, 55)) {
				changed++
			}
			eye.look = plain.look
			if !reflect.DeepEqual(eye, plain) {
				t.Errorf("%s changes the geometry of eye %d", name, i)
			}
		}
		if changed == 0 {
			t.Errorf("%s changes no picture", name)
		}
	}
}

// An effect has the same parameters whichever others are on: the order in which they are set makes no difference.
func TestEffectsAreIndependent(t *testing.T) {
	for i := range 5 {
		inOrder, reversed := NewEyeWith(AllEffects(), 3, i), NewEyeWith(0, 3, i)
		for bit := len(EffectNames()) - 1; bit >= 0; bit-- {
			reversed.apply(1 << bit)
		}
		if !reflect.DeepEqual(inOrder, reversed) {
			t.Errorf("eye %d depends on the order of its effects", i)
		}
	}
	lashes, more := NewEyeWith(effect(t, "lashes"), 3, 7), NewEyeWith(effect(t, "tones+lashes+skin+glasses"), 3, 7)
	if !reflect.DeepEqual(lashes.look.lashHairs, more.look.lashHairs) || len(lashes.look.lashHairs) == 0 {
		t.Error("tones, skin and glasses change the lashes")
	}
}

func effect(t *testing.T, text string) Effects {
	t.Helper()
	set, err := ParseEffects(text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestParseEffects(t *testing.T) {
	if effect(t, "none") != 0 || effect(t, "all") != effect(t, strings.Join(EffectNames(), "+")) {
		t.Error("none or all is wrong")
	}
	if got, want := effect(t, "light+tones"), Effects(3); got != want {
		t.Errorf("light+tones is %b, want %b", got, want)
	}
	for _, bad := range []string{"", "mud", "tones+", "tones+all"} {
		if _, err := ParseEffects(bad); err == nil || !strings.Contains(err.Error(), "tones+light+glints") {
			t.Errorf("%q: error is %v, want one with the effects' names", bad, err)
		}
	}
}

// No scene is black: the lids of an eye whose arch peaks close to a corner were not numbers.
func TestLidsAreNumbers(t *testing.T) {
	e := NewEye(Real, 2, 225)
	if math.Abs(e.peak) < 0.5 {
		t.Fatalf("the peak is at %v: take another eye", e.peak)
	}
	if crop := e.Crop(35, 55); math.IsNaN(e.centreX) || slices.Max(crop) == slices.Min(crop) {
		t.Errorf("the centre is at %v and the picture is flat", e.centreX)
	}
}
