package report

import (
	"cmp"
	"fmt"
	"strconv"

	"simgan/trainer/config"
	"simgan/trainer/rundir"
	curves "simgan/trainer/rundir/chart"
)

// plot is what a chart shows.
type plot struct {
	title  string
	series []series
	share  bool   // values are shares: the axis goes from 0 to 1
	marks  []mark // values with a horizontal line
	across string // what the horizontal axis counts; "": steps
}

type series struct {
	name   string
	points []curves.Point
}

type mark struct {
	value float64
	text  string
}

// seriesOf returns the values under the names in the records of a phase.
func seriesOf(records []rundir.Record, phase config.Phase, names ...string) (all []series) {
	for _, name := range names {
		all = append(all, series{name, curves.Points(records, phase, name)})
	}
	return all
}

// chart is a plot in a box of chartWidth x chartHeight units: the data of chart.html.
type chart struct {
	Title        string
	Lines        []line
	Ticks, Marks []tick
	Across, Last string // what the horizontal axis counts, and the highest of it
	Data         chartData
}

type line struct {
	Name, Value string // Value: the last one
	Points      string // of an SVG polyline
	Class       int
	Dot         bool // there is one point
}

type tick struct {
	Y    float64
	Text string
}

// chartData is what page.js reads.
type chartData struct {
	Width float64 `json:"width"`
	Left  float64 `json:"left"` // of the box in the SVG
	Last  float64 `json:"last"` // step at the right edge

	Across string      `json:"across"`
	Lines  []dataLines `json:"lines"`
}

type dataLines struct {
	Name   string       `json:"name"`
	Points [][2]float64 `json:"points"` // step and value
}

const (
	chartWidth, chartHeight = 300.0, 120.0
	chartLeft               = 38.0
	chartPoints             = 300 // of a curve at most
	chartStyles             = 6   // c0, c1, ... of page.css
)

// draw draws the plot. ok is false if it has no value.
func (p plot) draw() (c chart, ok bool) {
	var all [][]curves.Point
	for i := range p.series {
		p.series[i].points = thin(p.series[i].points)
		all = append(all, p.series[i].points)
	}
	axes := curves.Span(chartWidth, chartHeight, all...)
	if axes.Low > axes.High {
		return c, false
	}
	c = chart{Title: p.title, Across: cmp.Or(p.across, "step"), Last: fmt.Sprintf("%.0f", axes.Last)}
	if p.across != "" {
		axes.Last = 0
		for _, s := range p.series {
			for _, point := range s.points {
				axes.Last = max(axes.Last, point.Step)
			}
		}
		c.Last = number(axes.Last)
	}
	if p.share {
		axes.Low, axes.High = 0, 1
	}
	for _, v := range axes.Fit() {
		c.Ticks = append(c.Ticks, tick{axes.Y(v), number(v)})
	}
	for _, m := range p.marks {
		c.Marks = append(c.Marks, tick{axes.Y(m.value), m.text})
	}
	c.Data = chartData{Width: chartWidth, Left: chartLeft, Last: axes.Last, Across: c.Across}
	for i, s := range p.series {
		if n := len(s.points); n > 0 {
			c.Lines = append(c.Lines, line{
				Name: s.name, Value: number(s.points[n-1].Value), Points: axes.Polyline(s.points, n),
				Class: i % chartStyles, Dot: n == 1,
			})
			c.Data.Lines = append(c.Data.Lines, dataLines{s.name, rounded(s.points)})
		}
	}
	return c, true
}

// charts draws those of the plots that have values.
func charts(plots ...plot) (all []chart) {
	for _, p := range plots {
		if c, ok := p.draw(); ok {
			all = append(all, c)
		}
	}
	return all
}

// thin returns at most about chartPoints of the points, among them the last.
func thin(points []curves.Point) []curves.Point {
	stride := 1 + len(points)/chartPoints
	var kept []curves.Point
	for k, p := range points {
		if (len(points)-1-k)%stride == 0 {
			kept = append(kept, p)
		}
	}
	return kept
}

// rounded returns steps and values for page.js, with as many digits as number writes.
func rounded(points []curves.Point) [][2]float64 {
	out := make([][2]float64, len(points))
	for i, p := range points {
		v, err := strconv.ParseFloat(number(p.Value), 64)
		if err != nil {
			v = p.Value
		}
		out[i] = [2]float64{p.Step, v}
	}
	return out
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
