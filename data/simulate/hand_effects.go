package simulate

import (
	"hash/fnv"
	"math/rand/v2"
)

// allHandEffects is the set of all effects.
var allHandEffects = Effects(1)<<len(handEffects) - 1

// handEffect is one difference between the domains. apply adds the effect to a scene; r is a stream for this effect
// alone. An effect never reads what another effect drew, so each effect of a scene is the same with and without others.
type handEffect struct {
	name  string
	apply func(s *handScene, r *rand.Rand)
}

// handEffects lists all effects: first what is in front of the camera, then what the camera does to it.
var handEffects = []handEffect{
	{"forearm", (*handScene).wholeArm},
	{"sleeve", (*handScene).wearSleeve},
	{"flesh", (*handScene).varyFlesh},
	{"person", (*handScene).addPerson},
	{"bodypart", (*handScene).addBodyPart},
	{"windows", func(s *handScene, _ *rand.Rand) { s.sensor.windows = true }},
	{"shadow", func(s *handScene, _ *rand.Rand) { s.sensor.shadow = true }},
	{"slopes", func(s *handScene, r *rand.Rand) { s.sensor.slopes = seedOf(r) }},
	{"holes", func(s *handScene, r *rand.Rand) { s.sensor.interfere(r) }},
	{"flying", func(s *handScene, r *rand.Rand) { s.sensor.mismatch(r) }},
	{"noise", func(s *handScene, r *rand.Rand) { s.sensor.noise = seedOf(r) }},
	{"bands", func(s *handScene, _ *rand.Rand) { s.sensor.bands = true }},
	{"steps", func(s *handScene, _ *rand.Rand) { s.sensor.steps = true }},
}

// HandEffectNames returns the names of all effects.
func HandEffectNames() []string {
	names := make([]string, len(handEffects))
	for i, e := range handEffects {
		names[i] = e.name
	}
	return names
}

// ParseHandEffects parses all, none, or names of hands' effects joined by +.
func ParseHandEffects(text string) (Effects, error) { return parseEffects(HandEffectNames(), text) }

// handStreams holds the seeds of a scene's random numbers.
type handStreams [2]uint64

// pose returns the stream of the hand's pose, shape and place.
func (s handStreams) pose() *rand.Rand { return rand.New(rand.NewPCG(s[0], s[1])) }

// named returns an effect's stream. It depends on the scene and the name, not on other effects.
func (s handStreams) named(name string) *rand.Rand {
	sum := fnv.New64a()
	sum.Write([]byte(name))
	return rand.New(rand.NewPCG(s[0]^sum.Sum64(), s[1]))
}

// seedOf returns a seed that is not 0, because 0 switches a part of the sensor off.
func seedOf(r *rand.Rand) uint64 { return r.Uint64() | 1 }
