package sweep

import "sort"

// Early stopping is asynchronous successive halving [Li et al., MLSys 2020, algorithm 2]. A trial is trained up to a
// rung by train --until, which saves and keeps config and learning rates as in a whole run. Its objective is taken
// there. If it is among the best of every eta at the rung, it continues to the next. A trial that rests may continue
// later, after more trials have reached its rung and were worse.

// promotion returns the resting trial that continues, the farthest first, or nil if none deserves it yet. If last, no
// more trials will come: then the best one continues even if there are fewer than eta.
func (s *Sweep) promotion(trials []*Trial, last bool) *Trial {
	rungs := s.rungs()
	for i := len(rungs) - 1; i >= 0; i-- {
		ranked := s.ranked(trials, rungs[i])
		promoted := len(ranked) / s.EarlyStopping.Eta
		if last && !passed(ranked, rungs[i]) {
			promoted = max(promoted, 1)
		}
		for _, t := range ranked[:min(promoted, len(ranked))] {
			if t.Status == Stopped && t.Rungs[len(t.Rungs)-1].Step == rungs[i] {
				return t
			}
		}
	}
	return nil
}

// passed reports whether a trial has gone beyond the rung.
func passed(ranked []*Trial, rung int) bool {
	for _, t := range ranked {
		if t.Value != nil || t.Rungs[len(t.Rungs)-1].Step > rung {
			return true
		}
	}
	return false
}

// ranked returns the trials with a value at the rung, best first, without those that crashed or diverged after it.
func (s *Sweep) ranked(trials []*Trial, rung int) []*Trial {
	var at []*Trial
	for _, t := range trials {
		if _, ok := t.at(rung); ok && t.Status != Failed && t.Status != Diverged {
			at = append(at, t)
		}
	}
	sort.SliceStable(at, func(i, j int) bool {
		x, _ := at[i].at(rung)
		y, _ := at[j].at(rung)
		return s.Objective.cost(x) < s.Objective.cost(y)
	})
	return at
}

// survives reports whether a trial that cannot rest, because nobody would wake it, continues from the rung: if it is
// among the best of every eta that reached the rung, or the best so far.
func (s *Sweep) survives(t *Trial, trials []*Trial, rung int) bool {
	ranked := s.ranked(trials, rung)
	for _, r := range ranked[:min(max(1, len(ranked)/s.EarlyStopping.Eta), len(ranked))] {
		if r.Number == t.Number {
			return true
		}
	}
	return false
}

// nextRung returns the rung that the trial is to be trained to, or 0 for its end.
func (s *Sweep) nextRung(t *Trial) int {
	for _, rung := range s.rungs() {
		if _, ok := t.at(rung); !ok {
			return rung
		}
	}
	return 0
}

// rungs returns the steps at which trials rest, all below train.steps.
func (s *Sweep) rungs() (steps []int) {
	if s.EarlyStopping == nil {
		return nil
	}
	for at := s.EarlyStopping.First; at < s.base.Train.Steps; at *= s.EarlyStopping.Eta {
		steps = append(steps, at)
	}
	return steps
}
