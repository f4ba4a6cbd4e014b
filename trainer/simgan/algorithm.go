// Package simgan is SimGAN in training: Algorithm 1 of the paper, its steps, the networks, the history of refined
// images, and the way of images to the device. It knows no run folder.
package simgan

import (
	"context"
	"errors"
	"fmt"

	"simgan/internal/exit"
	"simgan/trainer/config"
)

// Hooks are called by Algorithm1 around each iteration, a pretraining step included. An error ends it.
type Hooks struct {
	Before func() error // returns the cause if the run was asked to stop
	After  func() error // logs, samples, checkpoints
}

// Algorithm1 is Algorithm 1 of the paper with the two pretrainings before it, from wherever the model stands: R alone
// on l_reg, D alone, then for t = 1..T K_g updates of theta and K_d updates of phi. x gives synthetic mini-batches, y
// real ones. If ctx is cancelled, it ends before the next update with ctx's cause: an update is never left half done.
func (m *Model) Algorithm1(ctx context.Context, x, y *Stream, h Hooks) error {
	for _, phase := range m.phasesLeft() {
		if err := m.enter(phase); err != nil {
			return m.located(err)
		}
		for m.Step < m.config.Train.StepsOf(phase) {
			if err := h.Before(); err != nil {
				return err
			}
			if err := m.iteration(ctx, x, y); err != nil {
				return m.located(err)
			}
			m.Step++
			if err := h.After(); err != nil {
				return m.located(err)
			}
		}
	}
	return nil
}

// iteration is one turn of the phase's loop, or what is left of one.
func (m *Model) iteration(ctx context.Context, x, y *Stream) error {
	switch m.Phase {
	case config.PhaseRefiner:
		return m.updateR(ctx, x, false)
	case config.PhaseDiscriminator:
		return m.updateD(ctx, x, y)
	}
	k := m.config.Train
	for ; m.updates < k.KG; m.updates++ {
		if err := m.updateR(ctx, x, true); err != nil {
			return err
		}
	}
	for ; m.updates < k.KG+k.KD; m.updates++ {
		if err := m.updateD(ctx, x, y); err != nil {
			return err
		}
	}
	m.updates = 0
	return nil
}

// updateR draws a synthetic mini-batch and updates theta.
func (m *Model) updateR(ctx context.Context, x *Stream, adversary bool) error {
	synthetic, err := x.Next(ctx)
	if err != nil {
		return err
	}
	return m.StepR(synthetic, adversary)
}

// updateD draws a synthetic and a real mini-batch and updates phi.
func (m *Model) updateD(ctx context.Context, x, y *Stream) error {
	synthetic, err := x.Next(ctx)
	if err != nil {
		return err
	}
	real, err := y.Next(ctx)
	if err != nil {
		x.Undo()
		return err
	}
	return m.StepD(synthetic, real)
}

// phasesLeft returns the phase that the model is in and those after it.
func (m *Model) phasesLeft() []config.Phase {
	for i, phase := range config.Phases {
		if phase == m.Phase {
			return config.Phases[i:]
		}
	}
	return nil
}

// enter begins a phase; the one that the model is in already goes on. After R's pretraining its optimizer is reset: the
// gradients of L_R are far larger than those of l_reg at its end, and Adam, which divides by what it has seen, would
// take steps of many times the learning rate.
func (m *Model) enter(phase config.Phase) error {
	if phase == m.Phase {
		return nil
	}
	pretrained := m.Phase == config.PhaseRefiner
	m.Phase, m.Step, m.updates = phase, 0, 0
	if pretrained {
		return m.optR.Reset()
	}
	return nil
}

// located puts phase and step before an error. A request to stop is none.
func (m *Model) located(err error) error {
	if errors.Is(err, exit.ErrStopped) {
		return err
	}
	return fmt.Errorf("%s step %d: %w", m.Phase, m.Step, err)
}
