package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// lossTolerance returns how far a loss of the first steps may be from the reference's, as a share of it. bfloat16 keeps
// 8 bits, but sums over hundreds of patches and pixels cancel most of the error: PyTorch's own is 3e-4 off float32
// (gaze, width 16, b = 8, CPU).
func lossTolerance(name string) float64 {
	if strings.Contains(name, "bfloat16") {
		return 5e-3
	}
	return 1e-4
}

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
		allowed := max(lossTolerance(c.Name), lossTolerance(base.Name))
		for round, turn := range c.Turns {
			if len(turn.Losses) != len(want) {
				unequal = errors.Join(unequal, fmt.Errorf("%s, round %d: reported %d losses, %s %d",
					c.Name, round+1, len(turn.Losses), base.Name, len(want)))
				continue
			}
			for step, loss := range turn.Losses {
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
