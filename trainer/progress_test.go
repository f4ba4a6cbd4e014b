package trainer

import (
	"strings"
	"testing"
	"time"

	"simgan/trainer/config"
	"simgan/trainer/simgan"
)

// The time left is the run's. At 0.25 s per image, 5 of 10 steps of R's pretraining leave 5*4 images, the 20 of D's
// 20*4 and the 30 iterations of 3 updates 30*12: 460 images, 115 s. 20 iterations leave 240 images, 60 s.
func TestTimeLeftIsTheRuns(t *testing.T) {
	c := config.Train{PretrainRefiner: 10, PretrainDiscriminator: 20, Steps: 30, Batch: 4, KG: 2, KD: 1}
	for _, at := range []struct {
		phase      config.Phase
		step, done int // done: images in this phase
		want       string
	}{
		{config.PhaseRefiner, 5, 20, "left about 1m55s (rough until train is timed)"},
		{config.PhaseDiscriminator, 20, 80, "left about 1m30s (rough until train is timed)"}, // 30*12 images
		{config.PhaseTrain, 10, 120, "left 1m0s"},
		{config.PhaseTrain, 30, 360, ""},
	} {
		p := &progress{config: c, phase: pace{of: at.phase, images: at.done}}
		p.ended = p.phase.since.Add(time.Duration(at.done) * time.Second / 4)
		m := &simgan.Model{Phase: at.phase, Step: at.step}
		if got := p.left(m); got != at.want {
			t.Errorf("%s step %d: %q, want %q", at.phase, at.step, got, at.want)
		}
		want := strings.TrimRight("4 images/s  "+at.want, " ")
		if line := p.windowLine(m, map[string]float64{"l_reg": 2}, 4); !strings.HasSuffix(line, want) {
			t.Errorf("%s step %d: %q", at.phase, at.step, line)
		}
	}
}

// A phase is timed from the end of the one before it, or of the process's beginning.
func TestPaceOfAPhase(t *testing.T) {
	c := config.Train{PretrainRefiner: 2, PretrainDiscriminator: 2, Steps: 2, Batch: 4, KG: 1, KD: 1}
	m := &simgan.Model{Phase: config.PhaseRefiner}
	p := newProgress(&strings.Builder{}, c, m)
	if got := p.left(m); got != "" {
		t.Errorf("before the first step: %q", got)
	}
	m.Step = 1
	p.step(m)
	ended := p.ended
	m.Phase = config.PhaseTrain
	p.step(m)
	if p.phase.images != 8 || !p.phase.since.Equal(ended) {
		t.Errorf("%+v, the phase before ended %v", p.phase, ended)
	}
}
