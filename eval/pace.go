package eval

import (
	"math"
	"math/rand/v2"
	"slices"
)

// pace is the learning rate's course: constant until the error on held-out images no longer falls, at the latest after
// two thirds of the steps, then linearly to 0 in half as many steps (warmup-stable-decay without warmup, Hu et al.
// 2024). A training that stops early ends like one that was planned for its length.
type pace struct {
	decay int // the step at which the rate begins to fall
	end   int // the number of steps
	every int // steps between two judgements
	best  float64
	since int // judgements since the best
}

// How long an estimator may do without getting better by least, the share of its error.
const (
	patience = 4
	least    = 0.01
)

func newPace(most int) *pace {
	decay := (2*most + 2) / 3
	return &pace{decay: decay, end: most, every: max(10, most/30), best: math.Inf(1)}
}

// rate returns the factor of the learning rate at the step.
func (p *pace) rate(step int) float64 {
	if step < p.decay {
		return 1
	}
	return float64(p.end-step) / float64(p.end-p.decay+1)
}

// checks reports whether the error on held-out images is to be judged after the step.
func (p *pace) checks(step int) bool { return step+1 < p.decay && (step+1)%p.every == 0 }

// judge takes the error after a step, and begins the decay if it no longer falls.
func (p *pace) judge(step int, mean float64) {
	if mean < p.best*(1-least) {
		p.best, p.since = mean, 0
		return
	}
	if p.since++; p.since >= patience {
		p.decay = step + 1
		p.end = p.decay + (p.decay+1)/2
	}
}

// fewestHeld is the least number of scenes that are held out; sets with fewer train all steps.
const fewestHeld, mostHeld = 20, 500

// split returns the images to learn from and, if hold is set, one image each of the held-out scenes: a tenth of all, at
// most mostHeld. All versions of a scene are on the same side.
func (d set) split(seed uint64, hold bool) (learned []int, held set) {
	n := min(d.scenes/10, mostHeld)
	if !hold || n < fewestHeld {
		n = 0
	}
	order := rand.New(rand.NewPCG(seed, 1)).Perm(d.scenes)
	for v := range d.variants() {
		for _, scene := range order[n:] {
			learned = append(learned, v*d.scenes+scene)
		}
	}
	slices.Sort(learned)
	if n > 0 {
		held = d.choose(order[:n])
	}
	return learned, held
}
