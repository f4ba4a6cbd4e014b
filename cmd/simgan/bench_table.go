package main

import (
	"fmt"
	"strings"

	"simgan/trainer"
)

// benchFile is what bench writes as JSON.
type benchFile struct {
	Device   string         `json:"device"`
	Date     string         `json:"date"`
	Settings []string       `json:"settings"`
	Peak     peak           `json:"matmul_peak"`
	Presets  []*benchResult `json:"presets"`
}

// benchResult are the figures of one preset.
type benchResult struct {
	Preset      string        `json:"preset"`
	Unequal     string        `json:"unequal_losses,omitempty"`
	Contestants []*trainTurns `json:"contestants"`
	config      trainer.Config
	unequal     error
}

// table is Markdown: medians over the turns, and the median, least and greatest ratio to PyTorch's float32 in the same round.
func (f benchFile) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s; products of %d x %d matrices in %s: %s.\n", f.Device, f.Date, f.Peak.N, f.Peak.N, f.Peak.Type, flops(f.Peak.FLOPs))
	for _, r := range f.Presets {
		r.write(&b, f.Peak.FLOPs)
	}
	return b.String()
}

func (r *benchResult) write(b *strings.Builder, peak float64) {
	c := r.config
	name, _, _ := strings.Cut(r.Preset, ",")
	fmt.Fprintf(b, "\nPreset %s (refiner %d blocks of width %d, b = %d), K_g = %d, K_d = %d; medians of %d turns.\n\n", name,
		c.Refiner.Blocks, c.Refiner.Width, c.Train.Batch, c.Train.KG, c.Train.KD, len(r.Contestants[0].Turns))
	if r.Unequal != "" {
		b.WriteString("THE LOSSES DIFFER: these figures compare nothing.\n\n")
	}
	b.WriteString("| | images/s | R step, ms | D step, ms | images/s through R's step | share of the peak | idle | peak memory, MB | beside PyTorch float32 |\n|---|---|---|---|---|---|---|---|---|\n")
	base := find(r.Contestants, "PyTorch float32", "")
	work := r.Contestants[0].Turns[0].FLOPs // simgan counts; the others do the same
	for _, t := range r.Contestants {
		fmt.Fprintf(b, "| %s | %.0f | %.1f | %.1f | %.0f | %.0f %% | %s | %.0f | %s |\n", t.Name,
			t.median(trainSpeed),
			t.median(func(t trainTurn) float64 { return 1e3 * t.StepR }),
			t.median(func(t trainTurn) float64 { return 1e3 * t.StepD }),
			t.median(func(t trainTurn) float64 { return float64(c.Train.Batch) / t.StepR }),
			t.median(func(t trainTurn) float64 { return 100 * work / t.Iteration / peak }),
			idle(t),
			t.median(func(t trainTurn) float64 { return float64(t.PeakBytes) / 1e6 }),
			t.beside(base, func(t trainTurn) float64 { return 1 / t.Iteration }))
	}
}

// idle is the median idle share in per cent, a dash where nobody measured it.
func idle(t *trainTurns) string {
	for _, turn := range t.Turns {
		if turn.Idle == nil {
			return "-"
		}
	}
	return fmt.Sprintf("%.0f %%", t.median(func(t trainTurn) float64 { return 100 * *t.Idle }))
}

// flops is a rate in the unit that reads best.
func flops(rate float64) string {
	if rate >= 1e13 {
		return fmt.Sprintf("%.0f TFLOP/s", rate/1e12)
	}
	return fmt.Sprintf("%.0f GFLOP/s", rate/1e9)
}
