package data

import "math/rand/v2"

// order is a loader's stream of images: at position p comes image permutation(p / n)[p % n].
type order struct {
	seed        uint64
	n           int
	epoch       int64
	permutation []int
	seen        []bool // images whose levels were delivered; nil if they are delivered each time
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

// held reports whether image i's levels were delivered before, and marks them as delivered.
func (o *order) held(i int) bool {
	if o.seen == nil {
		return false
	}
	before := o.seen[i]
	o.seen[i] = true
	return before
}
