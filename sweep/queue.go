package sweep

// queue chooses the next trial.
type queue struct {
	*Sweep
	trials  map[int]*Trial
	waiting []*Trial // of an earlier call of the sweep: interrupted, or running when it was killed
	fresh   int      // number of the next new trial
}

func newQueue(s *Sweep, trials []*Trial) *queue {
	q := &queue{Sweep: s, trials: map[int]*Trial{}}
	for _, t := range trials {
		q.trials[t.Number] = t
		if t.Status == Running || t.Status == Interrupted {
			q.waiting = append(q.waiting, t)
		}
	}
	return q
}

// all returns the trials so far, by number.
func (q *queue) all() (all []*Trial) {
	for k := range q.Trials {
		if t := q.trials[k]; t != nil {
			all = append(all, t)
		}
	}
	return all
}

// settled returns the number of trials that do not run any more, some of which may rest.
func (q *queue) settled() (n int) {
	for _, t := range q.trials {
		if t.Status != Running && t.Status != Interrupted {
			n++
		}
	}
	return n
}

// pick returns the trial to run next, or nil if there is none now: trials of an earlier call first, then promotions,
// then new ones. idle says that no trial runs, so that none will reach a rung by itself.
func (q *queue) pick(idle bool) *Trial {
	if len(q.waiting) > 0 {
		t := q.waiting[0]
		q.waiting = q.waiting[1:]
		return t
	}
	if t := q.promotion(q.all(), false); t != nil {
		t.Status = Running
		return t
	}
	for ; q.fresh < q.Trials; q.fresh++ {
		if q.trials[q.fresh] == nil {
			t := q.newTrial(q.fresh, q.next(q.fresh, q.all()))
			q.trials[q.fresh] = t
			return t
		}
	}
	if !idle {
		return nil
	}
	t := q.promotion(q.all(), true)
	if t != nil {
		t.Status = Running
	}
	return t
}

// update stores a trial that was advanced.
func (q *queue) update(t *Trial) { q.trials[t.Number] = t }
