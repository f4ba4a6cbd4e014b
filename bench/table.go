package bench

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"simgan/trainer/config"
)

// figures are what bench writes as JSON.
type figures struct {
	place
	Date     string           `json:"date"`
	Settings []string         `json:"settings"`
	Peak     peak             `json:"matmul_peak"`
	NoPeak   string           `json:"matmul_peak_error,omitempty"`
	Presets  []*presetFigures `json:"presets"`
}

// presetFigures are the figures of one preset.
type presetFigures struct {
	Preset      string        `json:"preset"`
	Unequal     string        `json:"unequal_losses,omitempty"`
	Contestants []*trainTurns `json:"contestants"`
	config      config.Config
	unequal     error
}

// table returns Markdown: medians over the turns, and the median, least and greatest ratio to PyTorch's float32 in the
// same round.
func (f figures) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s; ", f.Device, f.Date)
	if f.NoPeak == "" {
		fmt.Fprintf(&b, "products of %d x %d matrices in %s: %s.\n", f.Peak.N, f.Peak.N, f.Peak.Type, flops(f.Peak.FLOPs))
	} else {
		b.WriteString("products of matrices failed.\n")
	}
	for _, r := range f.Presets {
		r.write(&b, f.Peak.FLOPs)
	}
	return b.String()
}

func (r *presetFigures) write(b *strings.Builder, peak float64) {
	c := r.config
	name, _, _ := strings.Cut(r.Preset, ",")
	turns, work := 0, 0.0 // simgan counts the work; the others do the same
	for _, t := range r.Contestants {
		turns = max(turns, len(t.Turns))
		for _, turn := range t.Turns {
			work = max(work, turn.FLOPs)
		}
	}
	fmt.Fprintf(b, "\nPreset %s (refiner %d blocks of width %d, b = %d), K_g = %d, K_d = %d; medians of %d turns.\n\n",
		name, c.Refiner.Blocks, c.Refiner.Width, c.Train.Batch, c.Train.KG, c.Train.KD, turns)
	if r.Unequal != "" {
		b.WriteString("THE LOSSES DIFFER: these figures compare nothing.\n\n")
	}
	b.WriteString(r.headline())
	b.WriteString("| | images/s | R step, ms | D step, ms | images/s through R's step | share of the peak | idle | " +
		"peak memory, MB | beside PyTorch float32 |\n|---|---|---|---|---|---|---|---|---|\n")
	base := find(r.Contestants, "PyTorch float32", "")
	for _, t := range r.Contestants {
		if len(t.Turns) == 0 {
			fmt.Fprintf(b, "| %s | failed | | | | | | | |\n", t.Name)
			continue
		}
		fmt.Fprintf(b, "| %s | %.0f | %.1f | %.1f | %.0f | %s | %s | %.0f | %s |\n", t.Name,
			t.median(trainSpeed),
			t.median(func(t trainTurn) float64 { return 1e3 * t.StepR }),
			t.median(func(t trainTurn) float64 { return 1e3 * t.StepD }),
			t.median(func(t trainTurn) float64 { return float64(c.Train.Batch) / t.StepR }),
			share(work/peak, t),
			idle(t),
			t.median(func(t trainTurn) float64 { return float64(t.PeakBytes) / 1e6 }),
			t.beside(base, func(t trainTurn) float64 { return 1 / t.Iteration }))
	}
	r.writeNotes(b)
}

// headline compares simgan's fastest setting with PyTorch's fastest, or is empty if either has no turns.
func (r *presetFigures) headline() string {
	best := func(program string) (fastest *trainTurns) {
		for _, t := range r.Contestants {
			if strings.HasPrefix(t.Name, program) && len(t.Turns) > 0 &&
				(fastest == nil || t.median(trainSpeed) > fastest.median(trainSpeed)) {
				fastest = t
			}
		}
		return fastest
	}
	ours, theirs := best("simgan"), best("PyTorch")
	if ours == nil || theirs == nil {
		return ""
	}
	return fmt.Sprintf("**%s is %s times as fast as %s**, PyTorch's best setting here.\n\n", ours.Name,
		ours.beside(theirs, func(t trainTurn) float64 { return 1 / t.Iteration }), theirs.Name)
}

// writeNotes writes below the table why turns failed or ran in another way than asked for.
func (r *presetFigures) writeNotes(b *strings.Builder) {
	var notes []string
	add := func(t *trainTurns, note string) {
		if line := fmt.Sprintf("* %s: %s\n", t.Name, note); !slices.Contains(notes, line) {
			notes = append(notes, line)
		}
	}
	for _, t := range r.Contestants {
		for _, turn := range t.Turns {
			for _, note := range turn.Notes {
				add(t, note)
			}
		}
		if t.Error != "" {
			add(t, fmt.Sprintf("failed in round %d: %s", len(t.Turns)+1, t.reason()))
		}
	}
	if len(notes) > 0 {
		b.WriteString("\n" + strings.Join(notes, ""))
	}
}

// share returns the median share of the peak in per cent, or a dash if either is unknown. seconds is the time of an
// iteration's work at the peak.
func share(seconds float64, t *trainTurns) string {
	if !(seconds > 0 && seconds < math.Inf(1)) {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", t.median(func(t trainTurn) float64 { return 100 * seconds / t.Iteration }))
}

// idle returns the median idle share in per cent, or a dash if nobody measured it.
func idle(t *trainTurns) string {
	for _, turn := range t.Turns {
		if turn.Idle == nil {
			return "-"
		}
	}
	return fmt.Sprintf("%.0f %%", t.median(func(t trainTurn) float64 { return 100 * *t.Idle }))
}

// flops formats a rate in the unit that reads best.
func flops(rate float64) string {
	if rate >= 1e13 {
		return fmt.Sprintf("%.0f TFLOP/s", rate/1e12)
	}
	return fmt.Sprintf("%.0f GFLOP/s", rate/1e9)
}
