package data

import (
	"slices"
	"strings"
	"testing"
)

// Effects change a hand's image and nothing else.
func TestHandEffectsKeepLabels(t *testing.T) {
	const plain = "simulated:hands,n=2,seed=6,size=64x64"
	for _, effects := range []string{"forearm", "sleeve+holes", "all"} {
		different := 0
		for i := range 2 {
			want, got := sampleOf(t, plain, i), sampleOf(t, plain+",effects="+effects, i)
			if !slices.Equal(want.Label, got.Label) || want.Name != got.Name {
				t.Errorf("%s, hand %d: %s %v instead of %s %v", effects, i, got.Name, got.Label, want.Name, want.Label)
			}
			if !slices.Equal(want.Image.Pix, got.Image.Pix) {
				different++
			}
		}
		if different == 0 {
			t.Errorf("%s: images are those without effects", effects)
		}
	}
}

func TestHandEffectsRefused(t *testing.T) {
	for spec, want := range map[string]string{
		"simulated:hands,effects=fog":               `effect "fog": use all, none, or some of forearm+sleeve+flesh+`,
		"simulated:hands,domain=real,effects=holes": "the real domain always has all effects; leave effects out",
	} {
		if _, err := Open(spec); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), spec) {
			t.Errorf("%s: error is %v, want one that contains %q", spec, err, want)
		}
	}
}
