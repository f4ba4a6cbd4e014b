package report

import (
	"fmt"

	"simgan/eval"
)

// read says in sentences what the figures say.
func read(r result, rows map[string]row, u unit) string {
	text := reading(u.Name, rows["synthetic"], rows["refined"], r.GapClosed)
	if r.ControlHurts {
		return text + " The control is worse than the synthetic images as they are."
	}
	if r.Control != nil && r.RefinedControl != nil {
		text += " " + beyond(u.Name, rows["control"], rows["refined+control"], r.GapClosedBeyondControl)
	}
	return text
}

// beyond says in a sentence what refining gains over the control.
func beyond(unit string, control, refined row, gap *eval.Share) string {
	gain := control.Mean - refined.Mean
	if gain <= 0 {
		return fmt.Sprintf("The control, which needs no refiner, is better: with the same adaptation, estimators trained on "+
			"refined images err by %.2f %s more.", -gain, unit)
	}
	text := fmt.Sprintf("The control needs no refiner. With the same adaptation, refined images gain another %.2f %s",
		gain, unit)
	if gap == nil {
		return text + "."
	}
	return fmt.Sprintf("%s: %.0f %% of the gap that the control leaves (95 %% interval %.0f to %.0f %%).",
		text, 100*gap.Mean, 100*gap.CI95[0], 100*gap.CI95[1])
}

// reading says in a sentence what the figures say.
func reading(unit string, synthetic, refined row, gap *eval.Share) string {
	gain := synthetic.Mean - refined.Mean
	text := fmt.Sprintf("An estimator trained on refined images errs by %.1f %s less on real images "+
		"than one trained on the synthetic images.", gain, unit)
	switch {
	case gain <= 0:
		text = fmt.Sprintf("Refining did not help: the error on real images is %.1f %s higher "+
			"than with the synthetic images as they were.", -gain, unit)
	case refined.High > synthetic.Low:
		text += " The confidence intervals overlap: more seeds are needed to be sure."
	}
	if gap != nil {
		text += fmt.Sprintf(" That is %.0f %% of the gap between synthetic and real images (95 %% interval %.0f to %.0f %%).",
			100*gap.Mean, 100*gap.CI95[0], 100*gap.CI95[1])
	}
	return text
}
