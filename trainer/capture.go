package trainer

import (
	"errors"

	"simgan/cgo"
	"simgan/models"
)

// variant is what the host decides of a step beside its inputs: steps of one variant ask the same of the device.
type variant struct {
	network   string // R or D
	adversary bool   // R: l_real too
	old, new  int    // D: images from the history, and into it
	penalty   bool   // D: R1 is due
}

// warmUps is how many steps of a variant are made before one is recorded: in the first, libraries choose their algorithms
// and take memory that stays theirs.
const warmUps = 3

// graph is a recorded step.
type graph interface {
	Launch() error
	Close() error
}

// captures makes steps, on a GPU after some warm-up as CUDA graphs, one for each variant: one launch in place of hundreds.
// Where a step cannot be recorded, this and all others are made as before, and a log line says why.
type captures struct {
	record func(step func() error) (graph, error) // nil: steps are not recorded
	must   bool                                   // a step that can't be recorded is an error
	say    func(format string, args ...any)
	steps  map[variant]*captured
}

// captured is what is known of a variant's steps.
type captured struct {
	made   int
	graph  graph // nil: not recorded
	counts []string
}

// recorder is how the steps of a trainer are recorded, nil where they are not; a test has its own.
var recorder = func(t *Trainer) func(step func() error) (graph, error) {
	if t.device == cgo.CPU || t.config.Train.Capture == "off" {
		return nil
	}
	var first *cgo.Graph // its memory serves all others too
	return func(step func() error) (graph, error) {
		g, err := cgo.Record(t.device, t.noise, first, step)
		if err != nil { // gradients may be left, of memory that is gone
			drop := cgo.DropGrads(append(models.Tensors(t.R.Params()), models.Tensors(t.D.Params())...))
			return nil, errors.Join(err, drop)
		}
		if first == nil {
			first = g
		}
		return g, nil
	}
}

// newCaptures begins without a recorded step, and with the warm-up of each.
func newCaptures(t *Trainer) *captures {
	say := func(string, ...any) {}
	if t.folder != nil {
		say = t.folder.say
	}
	return &captures{record: recorder(t), must: t.config.Train.Capture == "on", say: say, steps: map[variant]*captured{}}
}

// run makes a step of the variant. Whenever a graph is launched the meter counts what the step did when it was recorded.
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
		return step()
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

// capture records the step, which is not made by it.
func (c *captures) capture(s *captured, m *meter, step func() error) error {
	g, err := c.record(step)
	m.count(m.added, -1)
	if err != nil {
		return err
	}
	s.graph, s.counts = g, m.added
	return nil
}

// giveUp goes on without graphs.
func (c *captures) giveUp(what string, err error) {
	c.say("steps can't be %s as CUDA graphs, which costs speed only: %v", what, errors.Join(err, c.Close()))
	c.record = nil
}

// Close frees the graphs.
func (c *captures) Close() (err error) {
	for _, s := range c.steps {
		if s.graph != nil {
			err = errors.Join(err, s.graph.Close())
		}
	}
	clear(c.steps)
	return err
}
