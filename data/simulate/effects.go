package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Effects is a set of the differences between the synthetic and the real domain of eyes or of hands. The synthetic
// domain has none, the real one all.
type Effects uint32

// parseEffects parses all, none, or known names joined by +.
func parseEffects(known []string, text string) (Effects, error) {
	switch text {
	case "all":
		return 1<<len(known) - 1, nil
	case "none":
		return 0, nil
	}
	var set Effects
	for name := range strings.SplitSeq(text, "+") {
		bit := slices.Index(known, name)
		if bit < 0 {
			return 0, fmt.Errorf("effect %q: use all, none, or some of %s", name, strings.Join(known, "+"))
		}
		set |= 1 << bit
	}
	return set, nil
}

// eyeEffects lists each effect's name and what it changes in the look. Its place is its bit in Effects and part of the
// seed of its random stream, so new effects go to the end.
var eyeEffects = []struct {
	name string
	set  func(*Eye, dice)
}{
	{"tones", (*Eye).setTones},
	{"light", (*Eye).setLight},
	{"glints", (*Eye).setGlints},
	{"iris", (*Eye).setIris},
	{"lashes", (*Eye).setLashes},
	{"skin", (*Eye).setSkin},
	{"brow", (*Eye).setBrow},
	{"shadow", (*Eye).setShadow},
	{"glasses", (*Eye).setGlasses},
	{"shift", (*Eye).setShift},
	{"blur", (*Eye).setBlur},
	{"sensor", (*Eye).setSensor},
	{"equalize", (*Eye).setEqualize},
}

// AllEyeEffects makes a synthetic eye look as the real domain's.
func AllEyeEffects() Effects { return 1<<len(eyeEffects) - 1 }

// EyeEffectNames returns the effects in the order in which they were added.
func EyeEffectNames() []string {
	names := make([]string, len(eyeEffects))
	for i, e := range eyeEffects {
		names[i] = e.name
	}
	return names
}

// ParseEyeEffects parses all, none, or names of eyes' effects joined by +.
func ParseEyeEffects(text string) (Effects, error) { return parseEffects(EyeEffectNames(), text) }

// apply changes the look by each effect of the set. Every effect has a random stream of its own: one effect never
// changes another.
func (e *Eye) apply(set Effects) {
	for i, effect := range eyeEffects {
		if set&(1<<i) != 0 {
			effect.set(e, newDice(e.pcg[0], e.pcg[1], uint64(i)+1))
		}
	}
}

// dice draws random parameters.
type dice struct{ *rand.Rand }

// newDice returns a stream that is independent of those with another seed, index or number.
func newDice(seed, index, number uint64) dice {
	return dice{rand.New(rand.NewPCG(seed^number*0x9E3779B97F4A7C15, index))}
}

// uniform returns a number between low and high.
func (d dice) uniform(low, high float64) float64 { return low + (high-low)*d.Float64() }

// chance returns true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }
