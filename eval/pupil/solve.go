package pupil

// solve returns the terms' factors with the least weighted squares of residuals.
func solve(rows [][terms]float64, weights []float64, pixels []pixel) (x [terms]float64) {
	var a [terms][terms + 1]float64
	for i, row := range rows {
		for k := range terms {
			wk := weights[i] * row[k]
			for l := k; l < terms; l++ {
				a[k][l] += wk * row[l]
			}
			a[k][terms] += wk * pixels[i].level
		}
	}
	for k := range terms {
		for l := range k {
			a[k][l] = a[l][k]
		}
		a[k][k] += 1e-3 // no pixel of the pupil may be in view
		if k >= tones {
			a[k][k] += rigid * float64(len(rows))
		}
	}
	return eliminate(a)
}

// eliminate solves a positive definite system, whose last column is the right side, by Gauss and Jordan.
func eliminate(a [terms][terms + 1]float64) (x [terms]float64) {
	for k := range terms {
		for l := range terms {
			if l == k {
				continue
			}
			q := a[l][k] / a[k][k]
			for c := k; c <= terms; c++ {
				a[l][c] -= q * a[k][c]
			}
		}
	}
	for k := range terms {
		x[k] = a[k][terms] / a[k][k]
	}
	return x
}

func dot(row, x [terms]float64) (sum float64) {
	for k, v := range row {
		sum += v * x[k]
	}
	return sum
}
