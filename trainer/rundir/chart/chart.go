// Package chart draws curves over the steps of a run as SVG polylines.
package chart

import (
	"fmt"
	"math"
	"strings"

	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// Point is a value at a step.
type Point struct{ Step, Value float64 }

// Points returns the values under a name in the records of a phase.
func Points(records []rundir.Record, phase config.Phase, name string) (points []Point) {
	for _, r := range records {
		if v, ok := r.Number(name); ok && r.In(phase) {
			points = append(points, Point{r.Step(), v})
		}
	}
	return points
}

// Axes are what the box of a chart spans: 0 to Last in steps, Low to High in values.
type Axes struct {
	Width, Height float64 // of the box, in SVG units
	Low, High     float64
	Last          float64
	Log           bool // values are drawn on a logarithmic scale
}

// Span returns the axes that hold all points. Low is above High if there is none.
func Span(width, height float64, series ...[]Point) Axes {
	a := Axes{Width: width, Height: height, Low: math.Inf(1), High: math.Inf(-1), Last: 1}
	for _, points := range series {
		for _, p := range points {
			a.Low, a.High, a.Last = min(a.Low, p.Value), max(a.High, p.Value), max(a.Last, p.Step)
		}
	}
	return a
}

// X returns where a step is drawn.
func (a Axes) X(step float64) float64 { return step / a.Last * a.Width }

// Y returns where a value is drawn.
func (a Axes) Y(value float64) float64 {
	scale := func(v float64) float64 { return v }
	if a.Log {
		scale = math.Log
	}
	return a.Height * (1 - (scale(value)-scale(a.Low))/max(scale(a.High)-scale(a.Low), 1e-9))
}

// Polyline returns the points attribute of a polyline, with at most about most points. A single point becomes a dash.
func (a Axes) Polyline(points []Point, most int) string {
	var text strings.Builder
	for k, p := range points {
		x, y := a.X(p.Step), a.Y(p.Value)
		if len(points) == 1 {
			fmt.Fprintf(&text, "%.1f,%.1f ", x-3, y)
		}
		if stride := 1 + len(points)/most; k%stride == 0 || k == len(points)-1 {
			fmt.Fprintf(&text, "%.1f,%.1f ", x, y)
		}
	}
	return text.String()
}
