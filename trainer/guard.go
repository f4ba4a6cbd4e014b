package trainer

import (
	"fmt"

	"simgan/internal/exit"
	"simgan/trainer/config"
	"simgan/trainer/simgan"
)

// tellsApart is the share of all patches above which D is taken to tell refined from real images.
const tellsApart = 0.9

// averages are those of a log window, by name.
type averages = map[string]float64

// guard is one way in which adversarial training fails: how it shows in a log window's averages, and what to change.
type guard struct {
	name   string
	holds  func(c config.Guard, m averages) bool
	seen   func(m averages) string
	advice string
}

var allGuards = []guard{
	{
		"collapse",
		func(c config.Guard, m averages) bool {
			return m[simgan.RefinedVariance] < c.Collapse*min(m[simgan.SyntheticVariance], m[simgan.RealVariance])
		},
		func(m averages) string {
			return fmt.Sprintf("R has collapsed, its images are all alike: a pixel's variance over a batch is %.2g in refined "+
				"images, %.2g in synthetic and %.2g in real ones",
				m[simgan.RefinedVariance], m[simgan.SyntheticVariance], m[simgan.RealVariance])
		},
		"raise train.lambda, lower train.lr_refiner, or raise train.pretrain_refiner",
	},
	{
		"unchanged",
		func(c config.Guard, m averages) bool {
			return m[simgan.RefinedChange] < c.Unchanged*m[simgan.DomainDistance] &&
				(m["d_refined_right"]+m["d_real_right"])/2 > tellsApart
		},
		func(m averages) string {
			return fmt.Sprintf("refined images are the input: R changes a pixel by %.2g on average, synthetic and real ones "+
				"differ by %.2g, and D tells them apart", m[simgan.RefinedChange], m[simgan.DomainDistance])
		},
		"lower train.lambda or train.agreement, or raise train.lr_refiner or train.k_g",
	},
	{
		"d_wins",
		func(c config.Guard, m averages) bool {
			return c.DWins > 0 && min(m["d_refined_right"], m["d_real_right"]) > c.DWins
		},
		func(m averages) string {
			return fmt.Sprintf("D wins outright: it is right on %.2f %% of the refined and %.2f %% of the real patches, "+
				"R learns little from it",
				100*m["d_refined_right"], 100*m["d_real_right"])
		},
		"lower train.lr_discriminator or train.pretrain_discriminator, raise train.k_g or train.r1, lower train.lambda, " +
			"or look for a difference that R can't remove (size, border, range of grey)",
	},
}

// judge counts, for each guard, the log windows in a row in which its failure was seen. It warns, and stops the run at
// the end of the patience. A run that a guard stopped has its whole patience again when it is resumed.
func (r *run) judge(m averages) error {
	c := r.config.Guard
	// Guards are off during both pretraining phases, where D should win and R should change nothing.
	if r.model.Phase != config.PhaseTrain {
		return nil
	}
	for _, g := range allGuards {
		if !g.holds(c, m) {
			delete(r.guards, g.name)
			continue
		}
		r.guards[g.name]++
		n := r.guards[g.name]
		if c.Patience > 0 && n >= c.Patience {
			clear(r.guards)
			return fmt.Errorf("%w: %s, for %d log windows: %s; guard.patience=0 goes on regardless",
				exit.ErrGuard, g.seen(m), n, g.advice)
		}
		if times := n / c.WarnAfter; n%c.WarnAfter == 0 && times&(times-1) == 0 {
			r.folder.Logf("warning: %s, for %d log windows: %s", g.seen(m), n, g.advice)
		}
	}
	return nil
}
