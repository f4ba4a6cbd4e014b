package simgan

import (
	"errors"

	"simgan/cgo"
	"simgan/models"
	"simgan/trainer/config"
)

// variant is what the host decides of a step beside its inputs. Steps of one variant ask the same of the device.
type variant struct {
	network         string // R or D
	adversary       bool   // R: l_real too
	drawn, replaced int    // D: images from the history, and into it
	penalty         bool   // D: the R1 penalty is due
}

// warmUps is how many steps of a variant run eagerly before one is recorded: in the first, libraries choose their
// algorithms and allocate memory that they keep.
const warmUps = 3

// Graph is a recorded step.
type Graph interface {
	Launch() error
	Close() error
}

// Recorder records a step without making it. Nil: steps are not recorded.
type Recorder func(step func() error) (Graph, error)

// captures runs training steps. On a GPU each variant is recorded as a CUDA graph after warmUps eager steps, then
// replayed with one launch instead of hundreds. If a step cannot be recorded, this and all others run eagerly, and a
// log line says why.
type captures struct {
	record Recorder
	must   bool             // a step that cannot be recorded is an error
	drop   func() error     // drops the gradients that a step left
	unfuse func(error) bool // ends the use of the GPU's fused kernels, if there are any
	joint  bool             // other processes wait for the sums of the steps
	log    func(format string, args ...any)
	steps  map[variant]*captured
}

// captured is what captures knows of a variant's steps.
type captured struct {
	made   int
	graph  Graph // nil: not recorded
	counts []string
}

func newCaptures(m *Model, o Options) *captures {
	c := &captures{record: o.Record, must: m.config.Train.Capture == config.CaptureOn, log: o.Log,
		drop: m.networks.dropGradients, unfuse: m.networks.unfuse, joint: m.group != nil}
	c.steps = map[variant]*captured{}
	if c.record == nil && m.device != cgo.CPU && m.config.Train.Capture != config.CaptureOff {
		c.record = m.networks.recorder()
	}
	return c
}

// recorder records steps as CUDA graphs. The memory of the first serves all others too.
func (n *networks) recorder() Recorder {
	var first *cgo.Graph
	return func(step func() error) (Graph, error) {
		g, err := cgo.Record(n.device, n.noise, first, step)
		if err != nil { // gradients may be left in memory that is gone
			return nil, errors.Join(err, n.dropGradients())
		}
		if first == nil {
			first = g
		}
		return g, nil
	}
}

// dropGradients drops what an unfinished step left in the parameters' gradients.
func (n *networks) dropGradients() error {
	return cgo.DropGrads(append(models.Tensors(n.R.Params()), models.Tensors(n.D.Params())...))
}

// run makes a step of the variant. At each launch of a graph the meter counts what the step counted while it was
// recorded.
func (c *captures) run(v variant, m *meter, step func() error) error {
	s := c.steps[v]
	if s == nil {
		s = &captured{}
		c.steps[v] = s
	}
	s.made++
	m.added = nil
	if c.record != nil && s.graph == nil && s.made > warmUps {
		if err := c.capture(s, m, step); err != nil {
			if c.must {
				return err
			}
			c.giveUp("recorded", err)
		}
	}
	if s.graph == nil {
		return c.eager(m, step)
	}
	if err := s.graph.Launch(); err != nil {
		if c.must {
			return err
		}
		c.giveUp("launched", err)
		return step()
	}
	m.count(s.counts, 1)
	return nil
}

// eager makes the step without a graph. Graphs hold memory that eager steps cannot use. If that is what the step lacks,
// the graphs are given up. After another error the fused kernels are, because it may come from their backward pass. Then
// the step is made once more. The meter's sums may then have a loss of the first try too. With other processes there is
// no second try: the first may have joined a sum.
func (c *captures) eager(m *meter, step func() error) error {
	err := step()
	switch {
	case err == nil:
		return nil
	case c.joint:
		return err
	case errors.Is(err, cgo.ErrOutOfMemory) && !c.must && c.holdsGraphs():
		c.giveUp("kept in memory", err)
	case errors.Is(err, cgo.ErrOutOfMemory) || c.unfuse == nil || !c.unfuse(err):
		return err
	}
	m.count(m.added, -1)
	m.added = nil
	if err := c.drop(); err != nil {
		return err
	}
	return step()
}

func (c *captures) holdsGraphs() bool {
	for _, s := range c.steps {
		if s.graph != nil {
			return true
		}
	}
	return false
}

// capture records the step, which does not make it.
func (c *captures) capture(s *captured, m *meter, step func() error) error {
	g, err := c.record(step)
	m.count(m.added, -1)
	if err != nil {
		return err
	}
	s.graph, s.counts = g, m.added
	return nil
}

// giveUp continues without graphs.
func (c *captures) giveUp(what string, err error) {
	c.log("steps can't be %s as CUDA graphs, which costs speed only: %v", what, errors.Join(err, c.Close()))
	c.record = nil
}

// Close frees the graphs.
func (c *captures) Close() (err error) {
	if c == nil {
		return nil
	}
	for _, s := range c.steps {
		if s.graph != nil {
			err = errors.Join(err, s.graph.Close())
		}
	}
	clear(c.steps)
	return err
}
