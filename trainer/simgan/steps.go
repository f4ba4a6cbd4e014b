package simgan

import (
	"errors"
	"slices"

	"simgan/cgo"
	"simgan/models"
	"simgan/trainer/config"
)

// Each step has two parts. The host's part (StepR, StepD) puts what it decides (images, places, learning rate) into
// m.inputs. The device's part (learnR, learnD) is a function of those, the weights, the optimizers' state, the history
// and the noise's generator. It reads nothing from the host, waits for nothing, and changes only these and the meter.
// So it can be recorded.

// StepR makes one update of theta on L_R, equation (4), for synthetic images x (b, C, H, W); phi is fixed. Without the
// adversary it is a step of R's pretraining, on l_reg alone.
func (m *Model) StepR(x Drawn, adversary bool) error {
	if err := m.prepare(x.N); err != nil {
		return err
	}
	if err := errors.Join(m.inputs.x.put(x), m.weights.put(m.weights.maps(m.shown(x.Index, adversary))),
		m.inputs.putRate(m.Rate(m.config.Train.LRRefiner))); err != nil {
		return err
	}
	v := variant{network: "R", adversary: adversary}
	return m.captures.run(v, m.meter, func() error { return m.learnR(x.N, adversary) })
}

// learnR is the device's part of StepR.
func (m *Model) learnR(b int, adversary bool) error {
	if err := m.D.Freeze(true); err != nil {
		return err
	}
	loss := func(s *cgo.Scope) cgo.Tensor { return m.lossR(s, b, adversary) }
	if err := cgo.Gradients(m.bfloat, m.device, loss); err != nil {
		return err
	}
	if err := m.joinGradients(m.R.Params()); err != nil {
		return err
	}
	if err := m.inputs.descend(m.optR, m.device); err != nil {
		return err
	}
	return m.updateAverage(adversary)
}

// lossR is L_R, equation (4): l_real + l_reg, or l_reg alone without the adversary. With it l_label and l_div are added,
// if their weights are not 0.
func (m *Model) lossR(s *cgo.Scope, b int, adversary bool) cgo.Tensor {
	c, x := m.config.Train, m.inputs.x.images(s, b)
	twice := adversary && m.config.RefinesTwice()
	once := x
	if twice {
		once = s.Narrow(x, 0, 0, int64(b/2))
		x = s.Cat(0, once, once)
	}
	refined := m.R.Forward(s, x, m.drawNoise(s, b), true)
	limit := c.RegLimit
	if !adversary { // far from x a limited l_reg is flat: R would stay at the one level that most pixels have
		limit = 0
	}
	loss := models.LossReg(s, m.weights.psi(s, m.psi, b), refined, x, c.Lambda, limit, b)
	m.meter.add(s, "l_reg", loss)
	add := func(name string, term cgo.Tensor) {
		m.meter.add(s, name, term)
		loss = s.Add(term, loss)
	}
	if adversary {
		add("l_real", models.LossReal(s, m.D.Forward(s, refined, true), m.weights.ofPatches(s, b), b)) // equation (3)
	}
	if adversary && m.estimator != nil {
		seen := s.Detach(m.estimator.Forward(s, once))
		if twice {
			seen = s.Cat(0, seen, seen)
		}
		k, _ := m.image.Labels()
		add("l_label", models.LossLabel(s, m.estimator.Forward(s, refined), seen, c.Agreement, k, m.patches(), b))
	}
	if twice {
		add("l_div", models.LossDiversity(s, refined, c.Diversity, m.patches()))
	}
	m.meter.add(s, "L_R", loss)
	return loss
}

// shown returns which images of a batch a step of R refines: all, or with l_div the first half twice.
func (m *Model) shown(index []int, adversary bool) []int {
	if !adversary || !m.config.RefinesTwice() {
		return index
	}
	half := index[:len(index)/2]
	return slices.Concat(half, half)
}

// patches returns the number of patches of D's map.
func (m *Model) patches() int {
	h, w := m.D.Map(m.image.H, m.image.W)
	return h * w
}

// updateAverage moves R's average. While R is pretrained the average follows R at once, so that R's start is not
// remembered.
func (m *Model) updateAverage(adversary bool) error {
	if m.Average == nil {
		return nil
	}
	if !adversary {
		return copyParams(m.Average.Params(), m.R.Params())
	}
	for i, p := range m.Average.Params() {
		if p.Buffer {
			if err := cgo.Copy(p.Tensor, m.R.Params()[i].Tensor); err != nil {
				return err
			}
		}
	}
	return cgo.EMAStep(models.Tensors(m.Average.Params()), models.Tensors(m.R.Params()), m.config.Train.EMA)
}

// StepD makes one update of phi on L_D, equation (2), for synthetic x and real y, both (b, C, H, W); theta is fixed.
// Half of D's refined images come from the history, once it holds that many; then new ones enter it.
func (m *Model) StepD(x, y Drawn) error {
	b, c := x.N, m.config.Train
	if err := m.prepare(b); err != nil {
		return err
	}
	if err := errors.Join(m.inputs.x.put(x), m.inputs.y.put(y), m.inputs.putRate(m.Rate(c.LRDiscriminator))); err != nil {
		return err
	}
	v := variant{network: "D", penalty: c.R1 > 0 && m.dSteps%int64(c.R1Every) == 0}
	maps := m.weights.maps(x.Index)
	if m.history != nil {
		drawn, replaced := m.history.places(b / 2)
		if err := m.inputs.putPlaces(drawn, replaced); err != nil {
			return err
		}
		v.drawn, v.replaced = len(drawn), len(replaced)
		maps = m.history.exchangeMaps(maps, drawn, replaced)
	}
	if err := m.weights.put(maps); err != nil {
		return err
	}
	m.dSteps++
	return m.captures.run(v, m.meter, func() error { return m.learnD(b, v) })
}

// learnD is the device's part of StepD.
func (m *Model) learnD(b int, v variant) error {
	if err := m.D.Freeze(false); err != nil {
		return err
	}
	err := cgo.Within(func(s *cgo.Scope) error {
		refined, real := m.imagesForD(s, b, v)
		if s.Err() != nil {
			return s.Err()
		}
		loss := func(s *cgo.Scope) cgo.Tensor { return m.lossD(s, refined, real, b) }
		return cgo.Gradients(m.bfloat, m.device, loss)
	})
	if err == nil && v.penalty {
		err = cgo.Gradients(false, m.device, func(s *cgo.Scope) cgo.Tensor { return m.penaltyR1(s, b) })
	}
	if err == nil {
		err = m.joinGradients(m.D.Params())
	}
	if err != nil {
		return err
	}
	return m.inputs.descend(m.optD, m.device)
}

// lossD is L_D, equation (2), of refined and real images, b each.
func (m *Model) lossD(s *cgo.Scope, refined, real cgo.Tensor, b int) cgo.Tensor {
	onRefined, onReal := m.decide(s, refined, real, int64(b))
	loss := models.LossD(s, onRefined, onReal, m.weights.ofPatches(s, b), b)
	m.meter.add(s, "L_D", loss)
	m.meter.hits(s, "d_refined_right", onRefined, models.Refined)
	m.meter.hits(s, "d_real_right", onReal, models.Real)
	return loss
}

// decide returns D's logits of refined and real images, b each.
func (m *Model) decide(s *cgo.Scope, refined, real cgo.Tensor, b int64) (onRefined, onReal cgo.Tensor) {
	if !m.oneBatch {
		return m.D.Forward(s, refined, true), m.D.Forward(s, real, true)
	}
	both := m.D.Forward(s, s.Cat(0, refined, real), true)
	return s.Narrow(both, 0, 0, b), s.Narrow(both, 0, b, b)
}

// penaltyR1 is the R1 penalty at the step's real images, in float32. It stands for r1_every steps of D.
func (m *Model) penaltyR1(s *cgo.Scope, b int) cgo.Tensor {
	y := s.Detach(m.inputs.y.images(s, b))
	if s.Err() != nil {
		return cgo.Tensor{}
	}
	if err := cgo.RequireGrad([]cgo.Tensor{y}, true); err != nil {
		s.Fail(err)
		return cgo.Tensor{}
	}
	r1 := models.PenaltyR1(s, m.D.Decide(s, m.D.Layers(s, y, true)), y, m.config.Train.R1, b)
	m.meter.add(s, "r1", r1)
	return s.Scale(r1, float64(m.config.Train.R1Every))
}

// joinGradients averages the gradients over all processes. Each loss is an average over a process's images, and all have
// the same number of images, so the result is the gradient of the loss of the whole batch. Running statistics are
// averaged too, because each process sees its own images.
func (m *Model) joinGradients(params []models.Param) error {
	if err := m.group.AverageGradients(models.Tensors(params)); err != nil {
		return err
	}
	return m.group.Average(m.buffers)
}

// imagesForD returns D's b refined and b real images. The refined ones are fresh ones of the current R, followed by
// v.drawn from the history, which takes in v.replaced of the fresh ones.
func (m *Model) imagesForD(s *cgo.Scope, b int, v variant) (refined, real cgo.Tensor) {
	n := b - v.drawn
	x := m.inputs.x.images(s, n)
	refined = m.refineFrozen(s, x, n)
	if m.history != nil && s.Err() == nil {
		fresh := refined
		if v.drawn > 0 {
			refined = s.Cat(0, refined, m.history.at(s, m.inputs.drawn(s, v.drawn)))
		}
		m.history.replace(s, m.inputs.replaced(s, v.replaced), fresh)
	}
	real = m.inputs.y.images(s, b)
	m.meter.watch(s, x, refined, real)
	return refined, real
}

// refineFrozen is R(x) for n images x, without gradients of theta.
func (m *Model) refineFrozen(s *cgo.Scope, x cgo.Tensor, n int) (refined cgo.Tensor) {
	err := cgo.NoGrad(func() error {
		return cgo.AutocastIf(m.bfloat, m.device, func() error {
			refined = m.R.Forward(s, x, m.drawNoise(s, n), true)
			return s.Err()
		})
	})
	if err != nil {
		s.Fail(err)
	}
	return refined
}

// prepare makes room for batches of b images before the first step.
func (m *Model) prepare(b int) (err error) {
	if m.inputs == nil {
		if m.inputs, err = newInputs(m.device, b); err == nil {
			err = m.weights.prepare(m.device, b)
		}
	}
	return err
}

func (m *Model) drawNoise(s *cgo.Scope, n int) cgo.Tensor {
	return models.DrawNoise(s, m.config.Refiner.Noise, m.noise, int64(n), int64(m.image.H), int64(m.image.W))
}

// Rate returns the learning rate at the present step: linear decay reaches 0 after step T.
func (m *Model) Rate(lr float64) float64 {
	if m.config.Train.LRDecay == config.LinearDecay && m.Phase == config.PhaseTrain {
		return lr * (1 - float64(m.Step)/float64(m.config.Train.Steps))
	}
	return lr
}
