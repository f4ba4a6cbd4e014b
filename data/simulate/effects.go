package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Effects is a set of the differences between synthetic and real eyes. The real domain has all of them.
type Effects uint32

// effects lists each effect's name and what it changes in the look. Its place is its bit in Effects and part of the
// seed of its random stream, so new effects go to the end.
var effects = []struct {
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

// AllEffects makes a synthetic eye look as the real domain's.
func AllEffects() Effects { return 1<<len(effects) - 1 }

// EffectNames returns the effects in the order in which they were added.
func EffectNames() []string {
	names := make([]string, len(effects))
	for i, e := range effects {
		names[i] = e.name
	}
	return names
}

// ParseEffects parses all, none, or names of effects joined by +.
func ParseEffects(text string) (Effects, error) {
	switch text {
	case "all":
		return AllEffects(), nil
	case "none":
		return 0, nil
	}
	var set Effects
	for name := range strings.SplitSeq(text, "+") {
		bit := Effects(0)
		for i, e := range effects {
			if e.name == name {
				bit = 1 << i
			}
		}
		if bit == 0 {
			return 0, fmt.Errorf("effect %q: use all, none, or some of %s", name, strings.Join(EffectNames(), "+"))
		}
		set |= bit
	}
	return set, nil
}

// apply changes the look by each effect of the set. Every effect has a random stream of its own: one effect never
// changes another.
func (e *Eye) apply(set Effects) {
	for i, effect := range effects {
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
