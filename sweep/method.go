package sweep

import "math/rand/v2"

// random returns trial k's own generator. What a trial draws depends on the sweep's seed and the trial's number, not on
// when it starts.
func (s *Sweep) random(k int) *rand.Rand { return rand.New(rand.NewPCG(s.Seed, uint64(k))) }

// draw returns the parameters of trial k of a grid or of random search. For TPE these are its first trials.
func (s *Sweep) draw(k int) []Setting {
	if s.Method == "grid" {
		return s.point(k)
	}
	return s.suggest(k, nil)
}

// suggest returns the parameters of trial k, given earlier observations.
func (s *Sweep) suggest(k int, seen []observation) []Setting {
	places := tpe(s.random(k), s.Parameters, seen)
	settings := make([]Setting, len(places))
	for i, p := range s.Parameters {
		settings[i] = Setting{p.Key, p.text(places[i])}
	}
	return settings
}

// point returns point k of the grid. The last parameter changes fastest.
func (s *Sweep) point(k int) []Setting {
	settings := make([]Setting, len(s.grid))
	for i := len(s.grid) - 1; i >= 0; i-- {
		values := s.grid[i]
		settings[i] = Setting{s.Parameters[i].Key, values[k%len(values)]}
		k /= len(values)
	}
	return settings
}

// next returns the parameters of new trial k, given the trials so far.
func (s *Sweep) next(k int, trials []*Trial) []Setting {
	if s.Method != "tpe" {
		return s.draw(k)
	}
	return s.suggest(k, s.observations(trials))
}

// observations returns what TPE learns from: trials with a value, at whatever step, and diverged trials as the worst.
func (s *Sweep) observations(trials []*Trial) []observation {
	var seen []observation
	for _, t := range trials {
		o := observation{}
		value, steps, ok := t.latest(s.base.Train.Steps)
		switch {
		case t.Status == Diverged: // 0 steps: after all others
		case ok:
			o.steps, o.value = steps, s.Objective.cost(value)
		default:
			continue
		}
		for i, p := range s.Parameters {
			place, ok := p.place(t.Settings[i].Value)
			if !ok {
				break
			}
			o.places = append(o.places, place)
		}
		if len(o.places) == len(s.Parameters) {
			seen = append(seen, o)
		}
	}
	return seen
}
