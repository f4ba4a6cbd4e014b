package trainer

import (
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows where a run is: a bar with rate and time left on a terminal, plain lines elsewhere.
type progress struct {
	bar    *progressbar.ProgressBar // nil where out is no terminal
	config TrainConfig
	images int // since the last window
	since  time.Time
	waited time.Duration
}

func newProgress(out io.Writer, c Config, st state) *progress {
	p := &progress{config: c.Train, since: time.Now()}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		total := c.Train.PretrainRefiner + c.Train.PretrainDiscriminator + c.Train.Steps
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(f), progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("steps"), progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(),
			progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish())
		p.bar.Set(p.position(st))
	}
	return p
}

// position is the number of iterations made in all phases.
func (p *progress) position(st state) int {
	switch st.Phase {
	case PhaseRefiner:
		return st.Step
	case PhaseDiscriminator:
		return p.config.PretrainRefiner + st.Step
	}
	return p.config.PretrainRefiner + p.config.PretrainDiscriminator + st.Step
}

// step counts one iteration.
func (p *progress) step(st state) {
	updates := 1
	if st.Phase == PhaseTrain {
		updates = p.config.KG + p.config.KD
	}
	p.images += updates * p.config.Batch
	if p.bar != nil {
		p.bar.Describe(st.Phase)
		p.bar.Set(p.position(st))
	}
}

// window ends a log window: images a second through updates, and the share of the time spent waiting for data.
func (p *progress) window(waited time.Duration) (rate, wait float64) {
	seconds := time.Since(p.since).Seconds()
	rate, wait = float64(p.images)/seconds, (waited-p.waited).Seconds()/seconds
	p.since, p.images, p.waited = time.Now(), 0, waited
	return rate, wait
}

// line logs the window's losses.
func (p *progress) line(f *runFolder, st state, losses map[string]float64, rate float64) {
	p.clear()
	names := make([]string, 0, len(losses))
	for name := range losses {
		if !watched(name) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var text strings.Builder
	for _, name := range names {
		fmt.Fprintf(&text, "  %s %.4g", name, losses[name])
	}
	f.say("%s %d%s  %.0f images/s", st.Phase, st.Step, text.String(), rate)
}

// clear takes the bar from the terminal's line, for other text.
func (p *progress) clear() {
	if p.bar != nil {
		p.bar.Clear()
	}
}
