package trainer

import (
	"errors"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// Each step has two parts. The host's puts what it decides (images, places, learning rate) into t.inputs. The device's is a
// function of those, the weights, the optimizers' state, the history and the noise's generator; it reads nothing from the
// host, waits for nothing, and leaves nothing but what it changes of these and of the meter. So it can be recorded.

// refinerStep makes one update of theta on L_R, equation (4), for synthetic images x (b, C, H, W); phi is fixed. Without
// the adversary it is a step of R's pretraining, on l_reg alone.
func (t *Trainer) refinerStep(x *data.Batch, adversary bool) error {
	b := x.N
	if err := t.prepare(b); err != nil {
		return err
	}
	if err := errors.Join(t.inputs.x.put(x), t.inputs.putRate(t.rate(t.config.Train.LRRefiner))); err != nil {
		return err
	}
	return t.captures.run(variant{network: "R", adversary: adversary}, t.meter, func() error { return t.updateTheta(b, adversary) })
}

// updateTheta is the device's part of refinerStep.
func (t *Trainer) updateTheta(b int, adversary bool) error {
	if err := t.D.Freeze(true); err != nil {
		return err
	}
	err := cgo.Within(func(s *cgo.Scope) error {
		var loss cgo.Tensor
		err := t.mixed(func() error {
			images := t.inputs.x.images(s, b)
			refined := t.R.Forward(s, images, t.drawNoise(s, b), true)
			loss = models.LossReg(s, t.psi, refined, images, t.config.Train.Lambda, b)
			t.meter.add(s, "l_reg", loss)
			if adversary {
				real := models.LossReal(s, t.D.Forward(s, refined, true), b)
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
	if err := t.inputs.descend(t.optR, t.device); err != nil {
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
	b, c := x.N, t.config.Train
	if err := t.prepare(b); err != nil {
		return err
	}
	if err := errors.Join(t.inputs.x.put(x), t.inputs.y.put(y), t.inputs.putRate(t.rate(c.LRDiscriminator))); err != nil {
		return err
	}
	v := variant{network: "D", penalty: c.R1 > 0 && t.state.DSteps%int64(c.R1Every) == 0}
	if t.history != nil {
		drawn, replaced := t.history.places(b / 2)
		if err := t.inputs.putPlaces(drawn, replaced); err != nil {
			return err
		}
		v.old, v.new = len(drawn), len(replaced)
	}
	t.state.DSteps++
	return t.captures.run(v, t.meter, func() error { return t.updatePhi(b, v) })
}

// updatePhi is the device's part of discriminatorStep.
func (t *Trainer) updatePhi(b int, v variant) error {
	if err := t.D.Freeze(false); err != nil {
		return err
	}
	err := cgo.Within(func(s *cgo.Scope) error {
		images, refined, err := t.refinedForD(s, b, v)
		if err != nil {
			return err
		}
		var loss cgo.Tensor
		real := t.inputs.y.images(s, b)
		t.meter.watch(s, images, refined, real)
		err = t.mixed(func() error {
			onRefined, onReal := t.D.Forward(s, refined, true), t.D.Forward(s, real, true)
			loss = models.LossD(s, onRefined, onReal, b)
			t.meter.add(s, "L_D", loss)
			t.meter.hits(s, "d_refined_right", onRefined, models.Refined)
			t.meter.hits(s, "d_real_right", onReal, models.Real)
			return s.Err()
		})
		if err != nil {
			return err
		}
		if v.penalty {
			if err := t.penalty(s, real, b); err != nil {
				return err
			}
		}
		return s.Backward(loss)
	})
	if err != nil {
		return err
	}
	return t.inputs.descend(t.optD, t.device)
}

// refinedForD is D's b refined images: fresh ones of the current R, those of images, in their order, then v.old from the
// history, which takes v.new of the fresh ones in.
func (t *Trainer) refinedForD(s *cgo.Scope, b int, v variant) (images, refined cgo.Tensor, err error) {
	fresh := b - v.old
	images = t.inputs.x.images(s, fresh)
	err = cgo.NoGrad(func() error {
		return t.mixed(func() error {
			refined = t.R.Forward(s, images, t.drawNoise(s, fresh), true)
			return s.Err()
		})
	})
	if err != nil || t.history == nil {
		return images, refined, err
	}
	new := refined
	if v.old > 0 {
		refined = s.Cat(0, refined, t.history.at(s, t.inputs.drawn(s, v.old)))
	}
	return images, refined, t.history.put(s, new, t.inputs.replaced(s, v.new))
}

// penalty adds the gradients of the R1 penalty at the real images, in float32; it stands for r1_every steps of D.
func (t *Trainer) penalty(s *cgo.Scope, real cgo.Tensor, b int) error {
	y := s.Detach(real)
	if s.Err() != nil {
		return s.Err()
	}
	if err := cgo.RequireGrad([]cgo.Tensor{y}, true); err != nil {
		return err
	}
	r1 := models.PenaltyR1(s, t.D.Layers(s, y, true), y, t.config.Train.R1, b)
	t.meter.add(s, "r1", r1)
	return s.Backward(s.Scale(r1, float64(t.config.Train.R1Every)))
}

// prepare makes, before the first step, room for what batches of b images bring.
func (t *Trainer) prepare(b int) (err error) {
	if t.inputs == nil {
		t.captures = newCaptures(t)
		t.inputs, err = newInputs(t.device, b)
	}
	return err
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
