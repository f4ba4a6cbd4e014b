package report

import (
	"fmt"

	"simgan/eval"
)

// read says in sentences what the figures say.
func read(r result, rows map[string]row, t task) string {
	text := reading(t, rows["synthetic"], rows["refined"], r.GapClosed)
	if r.ControlHurts {
		return text + " The control is worse than the synthetic images as they are."
	}
	if r.Control != nil && r.RefinedControl != nil {
		text += " " + beyond(t, rows["control"], rows["refined+control"], r.GapClosedBeyondControl)
	}
	return text
}

// gain returns by how much better a row is than another one.
func (t task) gain(better, than row) float64 {
	if t.higher {
		return better.mean - than.mean
	}
	return than.mean - better.mean
}

// amount writes a difference of figures, with what it means: lower or higher.
func (t task) amount(difference float64, better bool) string {
	word := "lower"
	if t.higher == better {
		word = "higher"
	}
	text := t.text(difference)
	if t.unit != "" {
		text += " " + t.unit
	}
	return text + " " + word
}

// overlap reports whether the intervals of two rows do.
func overlap(a, b row) bool { return a.low < b.high && b.low < a.high }

// reading says in sentences what refining gained over the synthetic images.
func reading(t task, synthetic, refined row, gap *eval.Share) string {
	gain := t.gain(refined, synthetic)
	if gain <= 0 {
		return fmt.Sprintf("Refining did not help: trained on refined images, the %s on real images is %s than with the "+
			"synthetic images as they were.", t.Quantity, t.amount(-gain, false))
	}
	text := fmt.Sprintf("Trained on refined images, the %s on real images is %s than with the synthetic images.",
		t.Quantity, t.amount(gain, true))
	switch {
	case !refined.hasInterval():
		text += " There is no interval: more seeds are needed to be sure."
	case overlap(refined, synthetic):
		text += " The confidence intervals overlap: more seeds are needed to be sure."
	}
	if gap != nil {
		text += fmt.Sprintf(" That is %.0f %% of the gap between synthetic and real images%s.", 100*gap.Mean, inBrackets(gap))
	}
	return text
}

// beyond says what refining gains over the control.
func beyond(t task, control, refined row, gap *eval.Share) string {
	gain := t.gain(refined, control)
	if gain <= 0 {
		return fmt.Sprintf("The control, which needs no refiner, is better: with the same adaptation, the %s of refined "+
			"images is %s.", t.Quantity, t.amount(-gain, false))
	}
	text := fmt.Sprintf("The control needs no refiner. With the same adaptation, the %s of refined images is another %s",
		t.Quantity, t.amount(gain, true))
	if gap == nil {
		return text + "."
	}
	return fmt.Sprintf("%s: %.0f %% of the gap that the control leaves%s.", text, 100*gap.Mean, inBrackets(gap))
}

func inBrackets(gap *eval.Share) string { return gap.Interval(" (95 %% interval %.0f to %.0f %%)") }
