package trainer

import (
	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// refinerStep makes one update of theta on L_R, equation (4), for synthetic images x (b, C, H, W); phi is fixed. Without
// the adversary it is a step of R's pretraining, on l_reg alone.
func (t *Trainer) refinerStep(x *data.Batch, adversary bool) error {
	if err := t.D.Freeze(true); err != nil {
		return err
	}
	err := cgo.Within(func(s *cgo.Scope) error {
		var loss cgo.Tensor
		err := t.mixed(func() error {
			images := t.upload(s, x)
			refined := t.R.Forward(s, images, t.drawNoise(s, x.N), true)
			loss = models.LossReg(s, t.psi, refined, images, t.config.Train.Lambda, x.N)
			t.meter.add(s, "l_reg", loss)
			if adversary {
				real := models.LossReal(s, t.D.Forward(s, refined, true), x.N)
				t.meter.add(s, "l_real", real)
				loss = s.Add(real, loss)
			}
			t.meter.add(s, "L_R", loss)
			return s.Err()
		})
		if err != nil {
			return err
		}
		return s.Backward(loss)
	})
	if err != nil {
		return err
	}
	if err := t.optR.Step(t.rate(t.config.Train.LRRefiner)); err != nil {
		return err
	}
	return t.average(adversary)
}

// average moves R's average; while R is pretrained it follows R at once, so that the start is not remembered.
func (t *Trainer) average(adversary bool) error {
	if t.Average == nil {
		return nil
	}
	if !adversary {
		return copyParams(t.Average.Params(), t.R.Params())
	}
	for i, p := range t.Average.Params() {
		if p.Buffer {
			if err := cgo.Copy(p.Tensor, t.R.Params()[i].Tensor); err != nil {
				return err
			}
		}
	}
	return cgo.EMAStep(models.Tensors(t.Average.Params()), models.Tensors(t.R.Params()), t.config.Train.EMA)
}

// discriminatorStep makes one update of phi on L_D, equation (2), for synthetic x and real y, both (b, C, H, W); theta is
// fixed. Half of D's refined images come from the history, while it holds that many; then new ones enter it.
func (t *Trainer) discriminatorStep(x, y *data.Batch) error {
	if err := t.D.Freeze(false); err != nil {
		return err
	}
	err := cgo.Within(func(s *cgo.Scope) error {
		images, refined, err := t.refinedForD(s, x)
		if err != nil {
			return err
		}
		var loss cgo.Tensor
		real := t.upload(s, y)
		t.meter.watch(s, images, refined, real)
		err = t.mixed(func() error {
			onRefined, onReal := t.D.Forward(s, refined, true), t.D.Forward(s, real, true)
			loss = models.LossD(s, onRefined, onReal, y.N)
			t.meter.add(s, "L_D", loss)
			t.meter.hits(s, "d_refined_right", onRefined, models.Refined)
			t.meter.hits(s, "d_real_right", onReal, models.Real)
			return s.Err()
		})
		if err != nil {
			return err
		}
		if err := t.penalty(s, real, y.N); err != nil {
			return err
		}
		return s.Backward(loss)
	})
	if err != nil {
		return err
	}
	t.state.DSteps++
	return t.optD.Step(t.rate(t.config.Train.LRDiscriminator))
}

// refinedForD is D's b refined images: fresh ones of the current R, those of images, in their order, then up to b/2 from
// the history, which takes b/2 of the fresh ones in.
func (t *Trainer) refinedForD(s *cgo.Scope, x *data.Batch) (images, refined cgo.Tensor, err error) {
	old := 0
	if t.history != nil {
		old = min(x.N/2, t.history.held)
	}
	fresh := x.Head(x.N - old)
	images = t.upload(s, fresh)
	err = cgo.NoGrad(func() error {
		return t.mixed(func() error {
			refined = t.R.Forward(s, images, t.drawNoise(s, fresh.N), true)
			return s.Err()
		})
	})
	if err != nil || t.history == nil {
		return images, refined, err
	}
	new := refined
	if old > 0 {
		refined = s.Cat(0, refined, t.history.draw(s, old))
	}
	return images, refined, t.history.add(s, new, x.N/2)
}

// penalty adds the gradients of the R1 penalty at the real images, in float32, every r1_every-th step of D.
func (t *Trainer) penalty(s *cgo.Scope, real cgo.Tensor, b int) error {
	every := t.config.Train.R1Every
	if t.config.Train.R1 == 0 || t.state.DSteps%int64(every) != 0 {
		return nil
	}
	y := s.Detach(real)
	if s.Err() != nil {
		return s.Err()
	}
	if err := cgo.RequireGrad([]cgo.Tensor{y}, true); err != nil {
		return err
	}
	r1 := models.PenaltyR1(s, t.D.Forward(s, y, true), y, t.config.Train.R1, b)
	t.meter.add(s, "r1", r1)
	return s.Backward(s.Scale(r1, float64(every)))
}

// upload is a batch on the device, (b, C, H, W), values in [-1, 1]; a stream's is there already.
func (t *Trainer) upload(s *cgo.Scope, b *data.Batch) cgo.Tensor {
	if from, ok := b.Staged.(*stream); ok {
		return from.images(s, b)
	}
	return s.From(b.Pixels, t.device, int64(b.N), int64(b.C), int64(b.H), int64(b.W))
}

func (t *Trainer) drawNoise(s *cgo.Scope, n int) cgo.Tensor {
	return t.config.Refiner.Noise.Draw(s, t.noise, int64(n), int64(t.info.H), int64(t.info.W))
}

// mixed runs f in the run's precision.
func (t *Trainer) mixed(f func() error) error { return cgo.AutocastIf(t.bfloat, t.device, f) }

// rate is the learning rate at this step: linear decay reaches 0 after step T.
func (t *Trainer) rate(lr float64) float64 {
	if t.config.Train.LRDecay == "linear" && t.state.Phase == PhaseTrain {
		return lr * (1 - float64(t.state.Step)/float64(t.config.Train.Steps))
	}
	return lr
}
