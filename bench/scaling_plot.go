package bench

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

//go:embed scaling.svg
var scalingText string

var scalingPlot = template.Must(template.New("scaling").Parse(scalingText))

// Sizes of a panel of the plot in SVG units. Axis names and numbers stand outside of its box.
const (
	panelWidth, panelHeight = 200.0, 120.0
	panelLeft, panelAbove   = 52.0, 26.0
	panelStepX, panelStepY  = panelWidth + panelLeft + 14, panelHeight + panelAbove + 34
)

// panel is one axis drawn against time or memory, both logarithmic.
type panel struct {
	X, Y                 float64 // of its box
	Title, Across        string
	Ticks, Below         []mark
	Ours, Theirs         string // polylines
	OursDots, TheirsDots []mark
}

// mark is a text or a dot at a place.
type mark struct {
	X, Y float64
	Text string
}

// plot returns an SVG with a column of panels per axis: above ms per image, below peak memory.
func (f *scalingFigures) plot() ([]byte, error) {
	var drawn struct {
		Width, Height, BoxWidth, BoxHeight float64
		Panels                             []panel
	}
	drawn.BoxWidth, drawn.BoxHeight = panelWidth, panelHeight
	const columns = 3
	for i, a := range f.Axes {
		for k, title := range []string{"ms per image", "peak MB"} {
			p := a.panel(k, title)
			p.X = panelLeft + float64(i%columns)*panelStepX
			p.Y = panelAbove + float64(i/columns*2+k)*panelStepY
			drawn.Panels = append(drawn.Panels, p)
			drawn.Width, drawn.Height = max(drawn.Width, p.X+panelWidth+14), max(drawn.Height, p.Y+panelStepY-panelAbove)
		}
	}
	var out bytes.Buffer
	err := scalingPlot.Execute(&out, drawn)
	return out.Bytes(), err
}

// panel draws time (which = 0) or memory (which = 1) of both programs.
func (a *axis) panel(which int, title string) panel {
	p := panel{Title: title, Across: a.Name}
	low, high := math.Inf(1), math.Inf(-1)
	lines := map[string][]mark{}
	for _, point := range a.Points {
		for _, name := range []string{"simgan", "PyTorch"} {
			if ms, peak, ok := point.perImage(name); ok {
				v := [2]float64{ms, peak}[which]
				low, high = min(low, v), max(high, v)
				lines[name] = append(lines[name], mark{float64(point.Value), v, fmt.Sprintf("%s: %.3g", name, v)})
			}
		}
	}
	if low > high {
		return p
	}
	low = math.Pow(2, math.Floor(math.Log2(low)))
	high = max(math.Pow(2, math.Ceil(math.Log2(high))), 2*low)
	first, last := float64(a.Points[0].Value), float64(a.Points[len(a.Points)-1].Value)
	x := func(v float64) float64 { return panelWidth * math.Log(v/first) / max(math.Log(last/first), 1e-9) }
	y := func(v float64) float64 { return panelHeight * (1 - math.Log(v/low)/math.Log(high/low)) }
	for v, every := low, math.Pow(2, math.Ceil(math.Log2(high/low)/5)); v <= high; v *= every {
		p.Ticks = append(p.Ticks, mark{0, y(v), strconv.FormatFloat(v, 'f', -1, 64)})
	}
	for _, point := range a.Points {
		p.Below = append(p.Below, mark{x(float64(point.Value)), panelHeight, fmt.Sprint(point.Value)})
	}
	draw := func(points []mark) (line string, dots []mark) {
		var text strings.Builder
		for _, m := range points {
			dots = append(dots, mark{x(m.X), y(m.Y), m.Text})
			fmt.Fprintf(&text, "%.1f,%.1f ", x(m.X), y(m.Y))
		}
		return text.String(), dots
	}
	p.Ours, p.OursDots = draw(lines["simgan"])
	p.Theirs, p.TheirsDots = draw(lines["PyTorch"])
	return p
}
