package data

import "math"

// Scattered returns n rising numbers below total, n at most: one from each of n equal parts, at a different place in
// each. Data sets often repeat with a period, for instance of classes; every k-th image may be all of one kind.
func Scattered(total, n int) []int {
	n = min(n, total)
	index := make([]int, n)
	for k := range index {
		from, to := k*total/n, (k+1)*total/n
		_, place := math.Modf(float64(k) * (math.Sqrt(5) - 1) / 2) // multiples of the golden ratio spread evenly
		index[k] = from + int(place*float64(to-from))
	}
	return index
}
