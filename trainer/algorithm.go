package trainer

import "context"

// The phases of a run.
const (
	PhaseRefiner       = "pretrain_refiner"
	PhaseDiscriminator = "pretrain_discriminator"
	PhaseTrain         = "train"
)

// algorithm1 is Algorithm 1 of the paper, from wherever the state stands: R alone on l_reg, D alone, then T iterations of
// K_g updates of R and K_d of D.
func (t *Trainer) algorithm1(ctx context.Context) error {
	c := t.config.Train
	phases := []struct {
		name      string
		steps     int
		iteration func(context.Context) error
	}{
		{PhaseRefiner, c.PretrainRefiner, func(ctx context.Context) error { return t.updateR(ctx, false) }},
		{PhaseDiscriminator, c.PretrainDiscriminator, t.updateD},
		{PhaseTrain, c.Steps, func(ctx context.Context) error {
			for range c.KG {
				if err := t.updateR(ctx, true); err != nil {
					return err
				}
			}
			for range c.KD {
				if err := t.updateD(ctx); err != nil {
					return err
				}
			}
			return nil
		}},
	}
	work := context.WithoutCancel(ctx) // an iteration is never left half made
	reached := false
	for _, phase := range phases {
		if reached {
			t.state.Phase, t.state.Step = phase.name, 0
		}
		if reached = reached || t.state.Phase == phase.name; !reached {
			continue
		}
		for t.state.Step < phase.steps {
			if err := t.stopped(ctx); err != nil {
				return err
			}
			if err := phase.iteration(work); err != nil {
				return t.located(err)
			}
			t.state.Step++
			if err := t.after(phase.steps); err != nil {
				return t.located(err)
			}
		}
	}
	return nil
}

// updateR draws a mini-batch x and makes one step of R.
func (t *Trainer) updateR(ctx context.Context, adversary bool) error {
	x, err := t.synthetic.Next(ctx)
	if err != nil {
		return err
	}
	return t.refinerStep(x, adversary)
}

// updateD draws mini-batches x and y and makes one step of D.
func (t *Trainer) updateD(ctx context.Context) error {
	x, err := t.synthetic.Next(ctx)
	if err != nil {
		return err
	}
	y, err := t.real.Next(ctx)
	if err != nil {
		return err
	}
	return t.discriminatorStep(x, y)
}
