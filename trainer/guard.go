package trainer

import (
	"errors"
	"fmt"
)

// GuardConfig says when a run that fails is warned about and stopped. Guards look at each log window of Algorithm 1; a loss
// or weight that is NaN or infinite stops a run at once, whatever is set here.
type GuardConfig struct {
	Patience  int     `yaml:"patience"`   // log windows in a row in which a guard sees its failure before the run is saved and ends with exit code 3; 0: never
	WarnAfter int     `yaml:"warn_after"` // log windows in a row before the first warning; the next come at twice as many, four times, ...
	Collapse  float64 `yaml:"collapse"`   // R has collapsed: variance of a refined pixel over a batch, as a share of the synthetic or real images' (the smaller), is below this; 0: off
	Unchanged float64 `yaml:"unchanged"`  // refined = input: mean |R(x) - x| as a share of mean |x - y| is below this while D is right on over 90 % of all patches; 0: off
	DWins     float64 `yaml:"d_wins"`     // D wins outright: it is right on more than this share of the refined and of the real patches; 0: off
}

// ErrGuard is what errors.Is finds where a guard stopped a run: exit code 3.
var ErrGuard = errors.New("stopped by a guard")

// ErrNotFinite is the ErrGuard of a run with a loss or a weight that is NaN or infinite: nothing was saved after the last
// good checkpoint.
var ErrNotFinite = fmt.Errorf("%w: training diverged: lower train.lr_refiner and train.lr_discriminator, or raise train.r1, or use train.precision=float32", ErrGuard)

// knows is the share of all patches from which on D is taken to tell refined and real images apart.
const knows = 0.9

// guard is one way in which adversarial training fails: how it shows in a log window's averages, and what to change.
type guard struct {
	name   string
	holds  func(c GuardConfig, m map[string]float64) bool
	seen   func(m map[string]float64) string
	advice string
}

var guards = []guard{
	{
		"collapse",
		func(c GuardConfig, m map[string]float64) bool {
			return m[refinedVariance] < c.Collapse*min(m[syntheticVariance], m[realVariance])
		},
		func(m map[string]float64) string {
			return fmt.Sprintf("R has collapsed, its images are all alike: a pixel's variance over a batch is %.2g in refined images, %.2g in synthetic and %.2g in real ones",
				m[refinedVariance], m[syntheticVariance], m[realVariance])
		},
		"raise train.lambda, lower train.lr_refiner, or raise train.pretrain_refiner",
	},
	{
		"unchanged",
		func(c GuardConfig, m map[string]float64) bool {
			return m[refinedChange] < c.Unchanged*m[domainDistance] && (m["d_refined_right"]+m["d_real_right"])/2 > knows
		},
		func(m map[string]float64) string {
			return fmt.Sprintf("refined images are the input: R changes a pixel by %.2g on average, synthetic and real ones differ by %.2g, and D knows them apart",
				m[refinedChange], m[domainDistance])
		},
		"lower train.lambda, or raise train.lr_refiner or train.k_g",
	},
	{
		"d_wins",
		func(c GuardConfig, m map[string]float64) bool {
			return c.DWins > 0 && min(m["d_refined_right"], m["d_real_right"]) > c.DWins
		},
		func(m map[string]float64) string {
			return fmt.Sprintf("D wins outright: it is right on %.2f %% of the refined and %.2f %% of the real patches, R learns little from it",
				100*m["d_refined_right"], 100*m["d_real_right"])
		},
		"lower train.lr_discriminator or train.pretrain_discriminator, raise train.k_g or train.r1, lower train.lambda, or look for a difference that R can't remove (size, border, range of grey)",
	},
}

// judge counts for each guard the log windows in a row in which its failure was seen, warns, and stops the run at the end
// of the patience. A run that was stopped so and is resumed has its whole patience again.
func (t *Trainer) judge(averages map[string]float64) error {
	c, counts := t.config.Guard, t.state.Guards
	if t.state.Phase != PhaseTrain { // before it D is to win and R is to be the identity
		return nil
	}
	for _, g := range guards {
		if !g.holds(c, averages) {
			delete(counts, g.name)
			continue
		}
		counts[g.name]++
		n := counts[g.name]
		if c.Patience > 0 && n >= c.Patience {
			clear(counts)
			return fmt.Errorf("%w: %s, for %d log windows: %s; guard.patience=0 goes on regardless", ErrGuard, g.seen(averages), n, g.advice)
		}
		if times := n / c.WarnAfter; n%c.WarnAfter == 0 && times&(times-1) == 0 {
			t.folder.say("warning: %s, for %d log windows: %s", g.seen(averages), n, g.advice)
		}
	}
	return nil
}
