package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// lossTolerance returns how far the loss of one of the first steps may be from the reference's, as a share of it.
// bfloat16 keeps 8 bits, but sums over hundreds of patches and pixels cancel most of the error: in the first iteration
// PyTorch's own is 3e-4 off float32 (gaze, width 16, b = 8, CPU). Adam's first updates move every weight by the learning
// rate, and 5 % of the gradients of hand have another sign in bfloat16. So in the second iteration of hand (b = 2, CPU)
// PyTorch's own losses are up to 1.2e-2 off, simgan's 5.5e-3.
func lossTolerance(bfloat bool, step int) float64 {
	switch {
	case !bfloat:
		return 1e-4
	case step < iterationSteps:
		return 5e-3
	}
	return 2e-2
}

// iterationSteps is K_g + K_d in alike.
const iterationSteps = 3

// sameLosses compares the losses of every turn with those of PyTorch in float32, or, if it took no turn, of the first
// contestant that did.
func sameLosses(all []*trainTurns) error {
	took := func(c *trainTurns) bool { return c != nil && len(c.Turns) > 0 }
	base := find(all, "PyTorch float32", "")
	if !took(base) {
		i := slices.IndexFunc(all, took)
		if i < 0 {
			return nil // failures reports it
		}
		base = all[i]
	}
	want := base.Turns[0].Losses
	if len(want) == 0 {
		return fmt.Errorf("%s reported no losses", base.Name)
	}
	var unequal error
	for _, c := range all {
		bfloat := strings.Contains(c.Name+base.Name, "bfloat16")
		for round, turn := range c.Turns {
			if len(turn.Losses) != len(want) {
				unequal = errors.Join(unequal, fmt.Errorf("%s, round %d: reported %d losses, %s %d",
					c.Name, round+1, len(turn.Losses), base.Name, len(want)))
				continue
			}
			for step, loss := range turn.Losses {
				allowed := lossTolerance(bfloat, step)
				if off := math.Abs(loss/want[step] - 1); !(off <= allowed) {
					unequal = errors.Join(unequal, fmt.Errorf("%s, round %d: the loss of step %d is %v, %s's %v: "+
						"%.2g apart, %g are allowed", c.Name, round+1, step+1, loss, base.Name, want[step], off, allowed))
					break
				}
			}
		}
	}
	return unequal
}
