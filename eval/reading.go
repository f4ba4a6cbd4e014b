package eval

import (
	"fmt"
	"math"
	"strconv"
)

// read says in sentences what the figures show of refining. Several seeds of the GAN and of the estimators show what
// their interval allows. One seed of either shows nothing: no interval covers what another one would do.
func (r *Result[F]) read(t task, costs func(*F) []float64) {
	one := r.oneSeed()
	for _, pair := range []struct {
		refined, from string
		closed        *Share
	}{
		{rowRefined, rowSynthetic, r.GapClosed},
		{rowRefinedControl, rowControl, r.GapClosedBeyondControl},
		{rowRefinedSelf, rowControlSelf, r.GapClosedBeyondSelfTraining},
	} {
		refined, from := *r.row(pair.refined), *r.row(pair.from)
		if refined == nil || from == nil {
			continue
		}
		gain, ci := gained(costs(from), costs(refined), len(r.Seeds))
		text := fmt.Sprintf("%s against %s: %s", pair.refined, pair.from, t.difference(gain, ci))
		switch {
		case pair.closed != nil && pair.closed.Mean > 0:
			text += fmt.Sprintf(", %.0f %% of the gap to real%s", 100*pair.closed.Mean,
				pair.closed.Interval(" (%.0f to %.0f %%)"))
		case pair.closed == nil && r.Real != nil:
			text += fmt.Sprintf(", and no gap between %s and real: for at least one seed, real images were no better",
				pair.from)
		}
		if one == "" {
			text += ". " + verdict(ci, pair.closed)
		}
		r.Reading = append(r.Reading, text+".")
	}
	if r.Reading != nil && one != "" {
		r.Reading = append(r.Reading, one)
	}
	if r.ControlHurts {
		r.Reading = append(r.Reading,
			"The control is worse than the synthetic images as they are: compare refined with synthetic.")
	}
}

// oneSeed says that figures of one seed show nothing, and how to get more; "" if there are several.
func (r *Result[F]) oneSeed() string {
	const one = "This is one seed of the %s, so there is no conclusion about refining: another seed may gain or lose. "
	switch {
	case len(r.GANSeeds) == 1:
		return fmt.Sprintf(one, "GAN") + "train --seeds 3 trains three, and eval takes their folder."
	case len(r.Seeds) == 1:
		return fmt.Sprintf(one, "estimators") + "eval --seeds 3 trains three per row."
	}
	return ""
}

// gained returns by how much lower the values of refined are, for each refiner those of the estimators' seeds, than
// those of from for the same seeds: the mean and its interval.
func gained(from, refined []float64, seeds int) (mean float64, ci [2]float64) {
	gains := make([]float64, len(refined))
	for i, v := range refined {
		gains[i] = from[i%seeds] - v
	}
	return interval(gains, seeds)
}

// verdict says what the interval of a gain, and that of a share if there is one, show.
func verdict(gain [2]float64, closed *Share) string {
	switch {
	case gain[1] < 0:
		return "A loss is shown"
	case gain[0] <= 0 || closed != nil && closed.CI95[0] <= 0:
		return "No gain is shown, because the interval includes 0"
	}
	return "A gain is shown"
}

// difference writes a gain and its interval as a change of the metric.
func (t task) difference(gain float64, ci [2]float64) string {
	sign, word := 1.0, "lower"
	if gain < 0 {
		sign, ci = -1, [2]float64{ci[1], ci[0]}
	}
	if t.higher == (gain >= 0) {
		word = "higher"
	}
	unit := t.unit
	if t.percent {
		sign, unit = 100*sign, "points"
	}
	text := fmt.Sprintf("%s %s ", t.quantity, amount(sign*gain))
	if unit != "" {
		text += unit + " "
	}
	text += word
	if ci[0] != ci[1] {
		text += fmt.Sprintf(" (95 %% interval %s to %s)", amount(sign*ci[0]), amount(sign*ci[1]))
	}
	return text
}

// amount writes a number with a precision that belongs to its size.
func amount(v float64) string {
	if math.Abs(v) < 1 {
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
