package config

import "simgan/internal/exit"

// ShareOf returns the config of each of n processes that train as one: its part of the batch and of the history, which
// must be resolved. An exit.ErrUsage says which batches n processes can share.
func (c Config) ShareOf(n int) (Config, error) {
	if n == 1 {
		return c, nil
	}
	unit := n
	if c.Train.History != 0 || c.RefinesTwice() {
		unit = 2 * n // each process draws half of its part from its history, or refines each image twice
	}
	if b := c.Train.Batch; b%unit != 0 {
		return c, exit.Usagef("config: train.batch is %d, the batch of all %d processes together: use a multiple of %d, as %d",
			b, n, unit, max(1, b/unit)*unit)
	}
	c.Train.Batch /= n
	if c.Train.History > 0 {
		c.Train.History = max(c.Train.History/History(n), History(c.Train.Batch/2))
	}
	return c, nil
}

// RefinesTwice reports whether a step of R refines each image of half a batch twice, for l_div. Without noise both
// would be the same.
func (c Config) RefinesTwice() bool { return c.Train.Diversity > 0 && c.Refiner.Noise.Channels() > 0 }
