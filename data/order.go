package data

import "math/rand/v2"

// order is a loader's stream: position p is image permutation(p / n)[p % n].
type order struct {
	seed        uint64
	n           int
	epoch       int64
	permutation []int
	seen        []bool // images whose levels were given, nil where they are given each time
}

func newOrder(c LoaderConfig, n int) *order {
	o := &order{seed: c.Seed, n: n, epoch: -1}
	if c.Once {
		o.seen = make([]bool, n)
	}
	return o
}

func (o *order) at(position int64) int {
	if epoch := position / int64(o.n); epoch != o.epoch {
		o.epoch = epoch
		o.permutation = rand.New(rand.NewPCG(o.seed, uint64(epoch))).Perm(o.n)
	}
	return o.permutation[position%int64(o.n)]
}

// held tells whether image i's levels were given already, and counts them as given.
func (o *order) held(i int) bool {
	if o.seen == nil {
		return false
	}
	before := o.seen[i]
	o.seen[i] = true
	return before
}
