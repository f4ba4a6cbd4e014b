package eval

// ShareOf returns the share of the gap between from and to that refined closes, from figures per estimator: those of
// refined are, for each refiner, those of the estimators' seeds. It is nil if a row is missing or there is no gap.
func ShareOf(from, refined, to []float64, seeds int) *Share {
	if seeds < 1 || len(from) < seeds || len(to) < seeds || len(refined) == 0 || len(refined)%seeds != 0 {
		return nil
	}
	return share(from, refined, to, seeds)
}

// IntervalOf returns the mean of figures, which are for each refiner those of the estimators' seeds, and its 95 %
// interval over both.
func IntervalOf(figures []float64, seeds int) (mean float64, ci [2]float64) {
	return interval(figures, seeds)
}
