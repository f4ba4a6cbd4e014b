package chart

import (
	"math"
	"slices"
)

// logFrom is the ratio of the largest and the smallest value from which a scale is logarithmic.
const logFrom = 20

// largest bounds the numbers of an axis, so that sums of them are finite.
const largest = 1e300

// mostTicks is the largest number of ticks of a logarithmic axis.
const mostTicks = 8

// Fit widens the values' range to round numbers that show the curves and not the distance to 0, makes the scale
// logarithmic if values above 0 differ by a large factor, and returns the numbers to write at the axis, rising.
func (a *Axes) Fit() []float64 {
	a.Low, a.High = min(max(a.Low, -largest), largest), max(min(a.High, largest), -largest)
	if a.Log = a.Low > 1/largest && a.High > logFrom*a.Low; a.Log {
		return a.fitLog()
	}
	size := max(math.Abs(a.Low), math.Abs(a.High))
	if a.High-a.Low <= max(size*1e-9, 1/largest) { // a smaller range is not resolved
		a.Low, a.High = a.Low-max(size/10, 0.5), a.High+max(size/10, 0.5)
	}
	const intervals = 4
	step := roundUp((a.High - a.Low) / intervals)
	from, to := math.Floor(a.Low/step+1e-9), math.Ceil(a.High/step-1e-9)
	a.Low, a.High = from*step, to*step
	var ticks []float64
	for k := range int(to-from) + 1 {
		ticks = append(ticks, (from+float64(k))*step)
	}
	return ticks
}

// fitLog widens the range to the powers of ten around it, or to 1, 2 and 5 times one.
func (a *Axes) fitLog() []float64 {
	var fine, coarse []float64
	for e := math.Floor(math.Log10(a.Low)); e <= math.Ceil(math.Log10(a.High)); e++ {
		ten := math.Pow(10, e)
		fine, coarse = append(fine, ten, 2*ten, 5*ten), append(coarse, ten)
	}
	ticks := around(fine, a.Low, a.High)
	if len(ticks) > mostTicks {
		ticks = around(coarse, a.Low, a.High)
	}
	a.Low, a.High = ticks[0], ticks[len(ticks)-1]
	return ticks
}

// around returns the rising numbers from the last one at or below low to the first one at or above high.
func around(numbers []float64, low, high float64) []float64 {
	first, last := 0, len(numbers)-1
	for first < last && numbers[first+1] <= low {
		first++
	}
	for last > first && numbers[last-1] >= high {
		last--
	}
	return slices.Clone(numbers[first : last+1])
}

// roundUp returns the smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is not below x.
func roundUp(x float64) float64 {
	ten := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if x <= m*ten*(1+1e-9) {
			return m * ten
		}
	}
	return 10 * ten
}
