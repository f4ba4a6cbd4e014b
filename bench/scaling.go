package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"simgan/cgo"
	"simgan/internal/atomicfile"
	"simgan/trainer/config"
)

// axis is what one series of measurements varies; all else is the preset's.
type axis struct {
	Name   string          `json:"name"`
	Points []*scalingPoint `json:"points"`
	// setting returns the settings and the workload for a value
	setting func(v int) ([]string, workload)
}

// scalingPoint holds the turns of simgan and PyTorch for one value of an axis.
type scalingPoint struct {
	Value       int           `json:"value"`
	Batch       int           `json:"batch"`
	Contestants []*trainTurns `json:"contestants"`
}

// scalingFigures are what bench train --scaling writes as JSON.
type scalingFigures struct {
	place
	Date     string   `json:"date"`
	Preset   string   `json:"preset"`
	Settings []string `json:"settings"`
	Axes     []*axis  `json:"axes"`
}

// axes returns what is varied and its values. The largest values take seconds per iteration on two cores.
func axes(threads int) []*axis {
	set := func(format string) func(int) ([]string, workload) {
		return func(v int) ([]string, workload) { return []string{fmt.Sprintf(format, v)}, workload{} }
	}
	values := func(name string, setting func(int) ([]string, workload), values ...int) *axis {
		a := &axis{Name: name, setting: setting}
		for _, v := range values {
			a.Points = append(a.Points, &scalingPoint{Value: v})
		}
		return a
	}
	all := []*axis{
		values("batch", set("train.batch=%d"), 8, 16, 32, 64, 128, 256, 512),
		values("image side, pixels", func(v int) ([]string, workload) {
			return []string{"train.batch=8"}, workload{Side: v}
		}, 35, 50, 70, 100, 140, 224),
		values("width", set("refiner.width=%d"), 16, 32, 64, 128),
		values("blocks", set("refiner.blocks=%d"), 1, 2, 4, 8, 16),
		values("history, images", func(v int) ([]string, workload) { return nil, workload{History: v} },
			64, 512, 4096, 32768),
	}
	a := values("threads", set("threads=%d"))
	for v := 1; v <= threads; v *= 2 {
		a.Points = append(a.Points, &scalingPoint{Value: v})
	}
	return append(all, a)
}

// scale measures how time and memory grow, for simgan and PyTorch in the same precision, and saves figures and plot
// after each point.
func (o TrainOptions) scale(ctx context.Context, here place, out io.Writer) error {
	file := &scalingFigures{
		place: here, Date: time.Now().Format(time.DateOnly), Preset: o.Presets[0], Settings: o.Settings,
		Axes: axes(runtime.NumCPU()),
	}
	save := func() error {
		plot, err := file.plot()
		if err != nil {
			return err
		}
		return errors.Join(
			atomicfile.Write(o.Scaling, plot),
			saveFigures(o.Markdown, file.table(), o.JSON, file),
		)
	}
	var failed error
	for _, a := range file.Axes {
		for _, p := range a.Points {
			more, work := a.setting(p.Value)
			at := o
			at.Settings, at.workload = append(append([]string{}, o.Settings...), more...), work
			at.Unchecked = true
			c, err := at.config(o.Presets[0])
			if err != nil {
				return err
			}
			p.Batch, p.Contestants = c.Train.Batch, at.pair(o.Presets[0], c, here)
			fmt.Fprintf(out, "%s %d\n", a.Name, p.Value)
			if err := takeTurns(ctx, p.Contestants, o.Rounds, out, trainSpeed, save); err != nil {
				return err
			}
			failed = errors.Join(failed, failures(p.Contestants))
		}
	}
	fmt.Fprint(out, "\n", file.table())
	return failed
}

// pair returns simgan and, for workloads that the script has, PyTorch, both in bfloat16 if the device has it.
func (o TrainOptions) pair(preset string, c config.Config, here place) []*trainTurns {
	precision := "float32"
	if cgo.HasBFloat16(here.device) {
		precision = "bfloat16"
	}
	ours := &trainTurns{Name: "simgan", Environment: here.environment, Command: o.ourselves(precision, preset, here)}
	if o.Python == "" || c.Train.History > 0 {
		return []*trainTurns{ours}
	}
	return []*trainTurns{ours, {
		Name: "PyTorch", Environment: here.environment, Command: o.theirs(c, here, precision, "--channels-last"),
	}}
}

// perImage returns the milliseconds per synthetic image and the peak memory in MB of a program, or false.
func (p *scalingPoint) perImage(name string) (ms, peak float64, ok bool) {
	c := find(p.Contestants, name, "")
	if c == nil || len(c.Turns) == 0 {
		return 0, 0, false
	}
	return 1e3 / c.median(trainSpeed), c.median(func(t trainTurn) float64 { return float64(t.PeakBytes) / 1e6 }), true
}

// table returns Markdown: a line per value.
func (f *scalingFigures) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s; preset %s.\n\n", f.Device, f.Date, f.Preset)
	b.WriteString("| | | simgan, ms per image | PyTorch | simgan, peak MB | PyTorch |\n|---|---|---|---|---|---|\n")
	for _, a := range f.Axes {
		for _, p := range a.Points {
			cells := [4]string{"-", "-", "-", "-"}
			for i, name := range []string{"simgan", "PyTorch"} {
				if ms, peak, ok := p.perImage(name); ok {
					cells[i], cells[2+i] = fmt.Sprintf("%.2f", ms), fmt.Sprintf("%.0f", peak)
				}
			}
			fmt.Fprintf(&b, "| %s | %d | %s |\n", a.Name, p.Value, strings.Join(cells[:], " | "))
		}
	}
	return b.String()
}
