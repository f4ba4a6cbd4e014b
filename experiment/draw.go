package experiment

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strings"
)

//go:embed page.html
var pageText string

var pages = template.Must(template.New("page").Parse(pageText))

// drawing holds what the page shows beside the result.
type drawing struct {
	*Result
	Left          float64 // of the plot: the room for names
	Width, Height float64 // of the plot
	Ticks         []tick
	Dots          []dot
	Curves        []curve // share of joints over pixels
	Reach         int     // of the curves, pixels
}

type tick struct {
	X    float64
	Text string
}

// dot is a line of the plot: the mean of a row with its interval.
type dot struct {
	Name, Class, Words string
	Y, Low, X, High    float64
}

type curve struct {
	Name, Class, Dash, Points string
	Y                         float64 // of its name in the legend
}

// Sizes of the plot in SVG units.
const (
	plotWidth, plotRow      = 380.0, 24.0
	letter                  = 7.4 // of a name, wide
	curveWidth, curveHeight = 380.0, 220.0
)

// NameX returns where names end.
func (d *drawing) NameX() float64 { return d.Left - 12 }

// quarter is a place at both axes of the curves.
type quarter struct{ X, Y, Share, Pixels float64 }

// Quarters returns the places of the curves' grid.
func (d *drawing) Quarters() (all []quarter) {
	for _, part := range []float64{0.25, 0.5, 0.75} {
		all = append(all, quarter{part * curveWidth, (1 - part) * curveHeight, 100 * part, part * float64(d.Reach)})
	}
	return all
}

// AxisY returns where the axis is.
func (d *drawing) AxisY() float64 { return d.Height - 26 }

// draw returns the files with drawings by their names: the page, the plot, and the curves if there are any.
func (r *Result) draw() (map[string][]byte, error) {
	d := &drawing{Result: r, Left: 16, Height: plotRow*float64(len(r.Lines)) + 34}
	for _, l := range r.Lines {
		d.Left = max(d.Left, 16+letter*float64(len(l.Name())))
	}
	d.Width = d.Left + plotWidth + 20
	d.dots()
	d.curves()
	templates := map[string]string{pageFile: "page", plotFile: "file"}
	if len(d.Curves) > 0 {
		templates[curvesFile] = "curvesfile"
	}
	files := map[string][]byte{}
	for name, template := range templates {
		var out bytes.Buffer
		if err := pages.ExecuteTemplate(&out, template, d); err != nil {
			return nil, err
		}
		files[name] = out.Bytes()
	}
	return files, nil
}

// dots places the rows and the axis.
func (d *drawing) dots() {
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range d.Lines {
		reach := l.reach()
		low, high = min(low, reach[0]), max(high, reach[1])
	}
	if !(low < high) {
		low, high = low-1, high+1
	}
	step := niceStep((high - low) / 5)
	low, high = math.Floor(low/step)*step, math.Ceil(high/step)*step
	x := func(v float64) float64 { return d.Left + plotWidth*(min(max(v, low), high)-low)/(high-low) }
	for v := low; v <= high+step/2 && len(d.Lines) > 0; v += step {
		d.Ticks = append(d.Ticks, tick{x(v), fmt.Sprintf("%.4g", math.Round(v/step)*step)})
	}
	for i, l := range d.Lines {
		d.Dots = append(d.Dots, dot{
			Name: l.Name(), Class: class(l.Row), Words: fmt.Sprintf("%s: %s %s", l.Name(), d.Figure(l), d.Unit),
			Y: plotRow*float64(i) + plotRow/2, Low: x(l.CI95[0]), X: x(l.Mean), High: x(l.CI95[1]),
		})
	}
}

// reach returns what the axis must show of a line: its interval, but of a wide one, as two estimators make it, no more
// than half of the mean to each side.
func (l Line) reach() [2]float64 {
	return [2]float64{max(l.CI95[0], l.Mean/2), min(l.CI95[1], 1.5*l.Mean)}
}

// niceStep returns 1, 2 or 5 times a power of 10, at least v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, factor := range []float64{1, 2, 5} {
		if v <= factor*power {
			return factor * power
		}
	}
	return 10 * power
}

// class returns the CSS class of a row.
func class(row string) string {
	switch row {
	case "refined", "refined+control":
		return "refined"
	case "real":
		return "real"
	}
	return "plain"
}

// curves draws the share of joints within N pixels, a line per row: the colour is the row's, the dash the
// variant's.
func (d *drawing) curves() {
	dashes := map[string]string{}
	for _, l := range d.Lines {
		if len(l.PCKCurve) == 0 {
			continue
		}
		if _, ok := dashes[l.Variant]; !ok {
			dashes[l.Variant] = []string{"none", "6 3", "2 3", "8 3 2 3"}[len(dashes)%4]
		}
		d.Reach = len(l.PCKCurve)
		var points strings.Builder
		fmt.Fprintf(&points, "0,%.1f ", curveHeight)
		for p, share := range l.PCKCurve {
			fmt.Fprintf(&points, "%.1f,%.1f ", curveWidth*float64(p+1)/float64(d.Reach), curveHeight*(1-share))
		}
		d.Curves = append(d.Curves, curve{
			l.Name(), strings.ReplaceAll(l.Row, "+", "-"), dashes[l.Variant], points.String(), 14 + 17*float64(len(d.Curves)),
		})
	}
}
