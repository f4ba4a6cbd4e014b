package report

import "math"

// bars shows figures of rows with their intervals at one axis: the data of bars.html.
type bars struct {
	Caption string
	Rows    []bar
	Ticks   []place
}

// bar is a row's figure with its interval, and where they are in percent of the axis.
type bar struct {
	Name             string
	Mean, Low, High  float64
	Left, Width, Dot float64
}

// newBars places the rows at an axis from low to high, or as far as they reach.
func newBars(caption string, low, high float64, rows []bar) bars {
	for _, r := range rows {
		low, high = math.Min(low, r.Low), math.Max(high, r.High)
	}
	if high == low {
		high = low + 1
	}
	at := func(v float64) float64 { return 100 * (v - low) / (high - low) }
	b := bars{Caption: caption}
	for _, r := range rows {
		r.Left, r.Width, r.Dot = at(r.Low), at(r.High)-at(r.Low), at(r.Mean)
		b.Rows = append(b.Rows, r)
	}
	power, step := math.Pow(10, math.Floor(math.Log10(high-low))), 0.0
	for _, factor := range []float64{0.2, 0.5, 1, 2} { // 3 to 7 steps: more numbers overlap on a phone
		if (high-low)/(factor*power) >= 3 {
			step = factor * power
		}
	}
	// Adding 0 makes 0 of -0.
	for v := math.Ceil(low/step) * step; v <= high; v += step {
		b.Ticks = append(b.Ticks, place{at(v), number(math.Round(v/step)*step + 0)})
	}
	return b
}
