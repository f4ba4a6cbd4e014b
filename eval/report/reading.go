package report

import (
	"fmt"
	"math"

	"simgan/eval"
)

// read says in sentences what the figures say.
func read(r result, rows map[string]row, u unit) string {
	text := u.reading(rows["synthetic"], rows["refined"], r.GapClosed)
	if r.ControlHurts {
		return text + " The control is worse than the synthetic images as they are."
	}
	if r.Control != nil && r.RefinedControl != nil {
		text += " " + u.beyond(rows["control"], rows["refined+control"], r.GapClosedBeyondControl)
	}
	return text
}

// gain returns by how much the figure of a row is better than that of another.
func (u unit) gain(from, to row) float64 {
	if u.Higher {
		return to.Mean - from.Mean
	}
	return from.Mean - to.Mean
}

// amount returns a difference of figures with its unit.
func (u unit) amount(difference float64) string {
	text := number(math.Round(math.Abs(difference)*1e4) / 1e4)
	if u.Name == "degrees" || u.Name == "pixels" || u.percent {
		text = fmt.Sprintf("%.2f", math.Abs(difference))
	}
	if u.Name == "" {
		return text
	}
	return text + " " + u.Name
}

// differs says that the figure of one row is better or worse than another's by a gain.
func (u unit) differs(gain float64) string {
	word := "lower"
	if u.Higher == (gain > 0) {
		word = "higher"
	}
	return u.amount(gain) + " " + word
}

// beyond says in a sentence what refining gains over the control.
func (u unit) beyond(control, refined row, gap *eval.Share) string {
	gain := u.gain(control, refined)
	if gain <= 0 {
		return fmt.Sprintf("The control, which needs no refiner, is better: with the same adaptation, the %s after training "+
			"on refined images is %s.", u.Metric, u.differs(gain))
	}
	text := fmt.Sprintf("The control needs no refiner. With the same adaptation, refined images gain another %s",
		u.amount(gain))
	if gap == nil {
		return text + "."
	}
	return fmt.Sprintf("%s: %.0f %% of the gap that the control leaves (95 %% interval %.0f to %.0f %%).",
		text, 100*gap.Mean, 100*gap.CI95[0], 100*gap.CI95[1])
}

// reading says in a sentence what the figures say.
func (u unit) reading(synthetic, refined row, gap *eval.Share) string {
	gain := u.gain(synthetic, refined)
	text := fmt.Sprintf("After training on refined images the %s on real images is %s than after training on synthetic ones.",
		u.Metric, u.differs(gain))
	switch {
	case gain <= 0:
		text = fmt.Sprintf("Refining did not help: the %s on real images is %s than with the synthetic images as they were.",
			u.Metric, u.differs(gain))
	case refined.High > synthetic.Low && synthetic.High > refined.Low:
		text += " The confidence intervals overlap: more seeds are needed to be sure."
	}
	if gap != nil {
		text += fmt.Sprintf(" That is %.0f %% of the gap between synthetic and real images (95 %% interval %.0f to %.0f %%).",
			100*gap.Mean, 100*gap.CI95[0], 100*gap.CI95[1])
	}
	return text
}
