package trainer

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"simgan/internal/bar"
	"simgan/trainer/config"
	"simgan/trainer/simgan"
)

// progress shows where a run is, and measures its speed. Without a terminal the log lines show it.
type progress struct {
	bar    *bar.Bar // nil without a terminal
	config config.Train
	images int // since the last window
	since  time.Time
	waited time.Duration // for data
	joined time.Duration // for other processes
	phase  pace
	ended  time.Time // when the last iteration did
}

// pace is the speed of the present phase.
type pace struct {
	of     config.Phase
	since  time.Time
	images int // that went through updates since then
}

func newProgress(out io.Writer, c config.Train, m *simgan.Model) *progress {
	p := &progress{config: c, since: time.Now(), ended: time.Now()}
	if bar.IsTerminal(out) {
		p.bar = bar.New(out, string(m.Phase), "steps")
		p.bar.Left = func() string { return p.left(m) }
		p.show(m)
	}
	return p
}

// show moves the bar to the model's step.
func (p *progress) show(m *simgan.Model) {
	if p.bar == nil {
		return
	}
	done, total := m.Step, 0
	for i, phase := range config.Phases {
		total += p.config.StepsOf(phase)
		if i < slices.Index(config.Phases, m.Phase) {
			done += p.config.StepsOf(phase)
		}
	}
	p.bar.Describe(string(m.Phase))
	p.bar.Set(done, total)
}

// step counts one iteration.
func (p *progress) step(m *simgan.Model) {
	n := p.perIteration(m.Phase)
	if p.phase.of != m.Phase {
		p.phase = pace{of: m.Phase, since: p.ended}
	}
	p.images, p.phase.images, p.ended = p.images+n, p.phase.images+n, time.Now()
	p.show(m)
}

// perIteration returns the images that an iteration of a phase takes through updates.
func (p *progress) perIteration(phase config.Phase) int {
	if phase == config.PhaseTrain {
		return (p.config.KG + p.config.KD) * p.config.Batch
	}
	return p.config.Batch
}

// window ends a log window. It returns the images per second through updates, and the shares of the time spent waiting
// for data and for other processes.
func (p *progress) window(waited, joined time.Duration) (rate, wait, join float64) {
	seconds := time.Since(p.since).Seconds()
	rate = float64(p.images) / seconds
	wait, join = (waited-p.waited).Seconds()/seconds, (joined-p.joined).Seconds()/seconds
	p.since, p.images, p.waited, p.joined = time.Now(), 0, waited, joined
	return rate, wait, join
}

// left returns the time that the run will still take, its later phases included, at the present phase's images per
// second; "" if nothing is known or left. An update of another phase takes another time, so that the pretraining's
// figure is rough and says so.
func (p *progress) left(m *simgan.Model) string {
	images := (p.config.StepsOf(m.Phase) - m.Step) * p.perIteration(m.Phase)
	for _, later := range config.Phases[slices.Index(config.Phases, m.Phase)+1:] {
		images += p.config.StepsOf(later) * p.perIteration(later)
	}
	if p.phase.of != m.Phase || images == 0 {
		return ""
	}
	seconds := p.ended.Sub(p.phase.since).Seconds() / float64(p.phase.images) * float64(images)
	left := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	if m.Phase != config.PhaseTrain {
		return fmt.Sprintf("left about %v (rough until %s is timed)", left, config.PhaseTrain)
	}
	return fmt.Sprintf("left %v", left)
}

// windowLine returns the log line of a window: its losses without what only guards judge, and the time that is left of
// the run.
func (p *progress) windowLine(m *simgan.Model, losses map[string]float64, rate float64) string {
	var text strings.Builder
	total := p.config.StepsOf(m.Phase)
	fmt.Fprintf(&text, "%s %d/%d", m.Phase, m.Step, total)
	for _, name := range slices.Sorted(maps.Keys(losses)) {
		if !simgan.Watched(name) {
			fmt.Fprintf(&text, "  %s %.4g", name, losses[name])
		}
	}
	fmt.Fprintf(&text, "  %.0f images/s", rate)
	if left := p.left(m); left != "" {
		text.WriteString("  " + left)
	}
	return text.String()
}

// clear takes the bar off the terminal's line, for other text.
func (p *progress) clear() {
	if p.bar != nil {
		p.bar.Clear()
	}
}
