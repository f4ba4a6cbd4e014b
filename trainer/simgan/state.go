package simgan

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/trainer/config"
)

// State is where a model stands, beside its tensors. With them, it determines the rest of the training.
type State struct {
	Image  [3]int           `json:"image"` // channels, height, width; zeros in checkpoints from before it was kept
	Phase  config.Phase     `json:"phase"`
	Step   int              `json:"step"`    // iterations made in the phase
	Made   int              `json:"updates"` // updates made of the next iteration
	DSteps int64            `json:"d_steps"` // updates of D made
	Noise  []byte           `json:"noise"`   // of the noise's generator
	Held   int              `json:"history_held"`
	Random []byte           `json:"history_random"`
	Maps   []int64          `json:"history_weights,omitempty"` // per image of the history, its map of data.weights
	Digest string           `json:"weights_digest,omitempty"`  // of data.weights, if there are Maps
	Window map[string]Total `json:"window"`                    // what the open log window has counted so far
	Fused  map[string]int   `json:"fused,omitempty"`           // on a GPU: how networks use fused kernels
}

// State returns the present state. It is an ErrNotFinite if a loss of the open window is NaN or infinite.
func (m *Model) State() (st State, err error) {
	st = State{Image: m.shape(), Phase: m.Phase, Step: m.Step, Made: m.updates, DSteps: m.dSteps, Fused: m.fused()}
	if st.Window, err = m.meter.totals(); err != nil {
		return st, err
	}
	if st.Noise, err = m.noise.State(); err != nil {
		return st, err
	}
	if m.history != nil {
		st.Held, st.Maps = m.history.held, slices.Clone(m.history.maps)
		if m.weights != nil {
			st.Digest = m.weights.digest
		}
		st.Random, err = m.history.random.MarshalBinary()
	}
	return st, err
}

func (m *Model) shape() [3]int { return [3]int{m.image.C, m.image.H, m.image.W} }

// Restore sets the state that State returned. Then the caller loads the tensors of Files. A state that no model of the
// config returns is an error, and an exit.ErrUsage if it is of images of another shape. If the noise's generator was
// another device's, the noise begins again, and a log line says so.
func (m *Model) Restore(st State) error {
	if err := m.check(st); err != nil {
		return err
	}
	if err := m.restoreNoise(st.Noise); err != nil {
		return err
	}
	if m.history != nil {
		random := &rand.PCG{}
		if err := random.UnmarshalBinary(st.Random); err != nil {
			return fmt.Errorf("history_random: %w", err)
		}
		if err := m.weights.checkMaps(st, min(st.Held, m.history.size)); err != nil {
			return err
		}
		m.history.restore(st.Held, st.Maps, random)
	}
	if m.device != cgo.CPU {
		m.follow(st.Fused, m.log)
	}
	m.Phase, m.Step, m.updates, m.dSteps = st.Phase, st.Step, st.Made, st.DSteps
	return m.meter.restore(m.device, st.Window)
}

// PutHistory makes the images (n, C, H, W) the contents of the history, if there is one. maps are State.Maps of these
// images.
func (m *Model) PutHistory(s *cgo.Scope, images cgo.Tensor, maps []int64) error {
	if m.history == nil {
		return nil
	}
	return m.history.put(s, images, maps)
}

// History returns the images that the history holds (n, C, H, W), valid until the next step; no tensor without history.
func (m *Model) History() (cgo.Tensor, error) {
	if m.history == nil {
		return cgo.Tensor{}, nil
	}
	return m.history.contents()
}

// check reports every field of a state that is out of range.
func (m *Model) check(st State) error {
	if now := m.shape(); st.Image != now && st.Image != [3]int{} {
		return exit.Usagef("data.synthetic: images are %dx%dx%d (channels, height, width), the run's were %dx%dx%d: "+
			"their shape cannot change in a run that has begun",
			now[0], now[1], now[2], st.Image[0], st.Image[1], st.Image[2])
	}
	var problems []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	need(slices.Contains(config.Phases, st.Phase), "phase is %q; there are %v", st.Phase, config.Phases)
	need(st.Step >= 0 && st.Step <= config.MaxSteps, "step is %d", st.Step)
	need(st.Made >= 0 && st.Made <= 2*config.MaxUpdates, "updates is %d", st.Made)
	need(st.DSteps >= 0, "d_steps is %d", st.DSteps)
	need(st.Held >= 0 && st.Held <= config.MaxHistory, "history_held is %d", st.Held)
	for name, total := range st.Window {
		sum := float64(total.Sum)
		need(total.Count > 0 && !math.IsNaN(sum) && !math.IsInf(sum, 0), "window: %q is %+v", name, total)
	}
	return errors.Join(problems...)
}

func (m *Model) restoreNoise(state []byte) error {
	own, err := m.noise.State()
	if err != nil {
		return err
	}
	if len(own) != len(state) {
		m.log("warning: the checkpoint's noise is of another kind of device than %s, so the noise begins again: "+
			"the run does not end in the bytes of one that was not stopped", m.device)
		return nil
	}
	return m.noise.Restore(state)
}
