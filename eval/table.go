package eval

import (
	"fmt"
	"strings"
)

// Table returns the result as text for a terminal.
func (r *Result[F]) Table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "trained on       %s; %s\n", r.heading(), r.Spread())
	if len(r.Labels) > 0 {
		fmt.Fprintf(&t, "labels           %s\n", quoted(r.Labels))
	}
	if r.Task == "regression" {
		t.WriteString("R2               1: perfect; 0: as always guessing the mean of the test labels; below 0: worse\n")
	}
	fmt.Fprintf(&t, "synthetic images %s\n", r.Data.Synthetic)
	if r.Adaptation != nil {
		fmt.Fprintf(&t, "control is       %v, fitted to the real images without labels\n", r.Adaptation)
	}
	if r.Data.Real != "" {
		fmt.Fprintf(&t, "real images      %s\n", r.Data.Real)
	}
	fmt.Fprintf(&t, "tested on        %s\n\n", r.Data.Test)
	for name, f := range r.Rows() {
		fmt.Fprintf(&t, "%-21s  %v\n", name, f)
	}
	if r.Reading != nil {
		t.WriteString("\n" + strings.Join(r.Reading, "\n") + "\n")
	}
	return t.String()
}

// Spread says what intervals are over.
func (r *Result[F]) Spread() string {
	estimators, refiners := len(r.Seeds), max(1, len(r.GANSeeds)) // older figures name no GAN seed
	switch {
	case estimators == 1 && refiners == 1:
		return "one seed, so no interval"
	case refiners == 1:
		return fmt.Sprintf("95 %% CI over %d estimators, of one GAN seed", estimators)
	}
	return fmt.Sprintf("95 %% CI over %d GAN seeds x %d estimator seeds", refiners, estimators)
}

// Interval prints the share's interval in percent; "" if there is none, as of one seed.
func (s *Share) Interval(format string) string { return printed(s.CI95, format, 100) }

// printed prints an interval in units of 1/scale; "" if it has no width, as that of one seed.
func printed(ci [2]float64, format string, scale float64) string {
	if ci[0] == ci[1] {
		return ""
	}
	return fmt.Sprintf(format, scale*ci[0], scale*ci[1])
}

// printedError prints the interval of an error, which is cut off at 0: no error is below.
func printedError(ci [2]float64, format string) string {
	return printed([2]float64{max(ci[0], 0), max(ci[1], 0)}, format, 1)
}

// meanError is the quantity of several tasks.
const meanError = "mean error"

// headings name the figures in a row of each task; %s stands for the unit.
var headings = map[string]string{
	"gaze":           meanError + ", within 7 degrees",
	"hand":           meanError + " in pixels and in mm, joints within 5 pixels",
	"regression":     meanError + " in %s, R2",
	"classification": "accuracy",
	"external":       "the program's number",
}

// heading names the figures in a row.
func (r *Result[F]) heading() string {
	heading := strings.Replace(headings[r.Task], "%s", r.Unit, 1)
	if r.HigherIsBetter {
		heading += " (higher is better)"
	}
	return heading
}

// String returns the figures as a row of the table.
func (f *Figures) String() string {
	return fmt.Sprintf("%5.2f degrees%s   %5.1f %%",
		f.MeanDegrees, printedError(f.CI95, " (%.2f to %.2f)"), 100*f.Within7Degrees)
}

// String returns the figures as a row of the table.
func (f *HandFigures) String() string {
	return fmt.Sprintf("%5.2f px%s   %5.1f mm%s   %5.1f %%%s",
		f.MeanPx, printedError(f.CI95, " (%.2f to %.2f)"), f.MeanMM, printedError(f.MMCI95, " (%.1f to %.1f)"),
		100*f.PCK5, printed(f.PCKCI95, " (%.1f to %.1f)", 100))
}

// String returns the figures as a row of the table.
func (f *RegressionFigures) String() string {
	return fmt.Sprintf("%8.4g%s   R2 %.3f%s", f.MeanError, printedError(f.CI95, " (%.4g to %.4g)"),
		f.R2, printed(f.R2CI95, " (%.3f to %.3f)", 1))
}

// String returns the figures as a row of the table.
func (f *ClassificationFigures) String() string {
	return fmt.Sprintf("%5.1f %%%s", 100*f.Accuracy, printed(f.CI95, " (%.1f to %.1f)", 100))
}

// String returns the figure as a row of the table.
func (f *ExternalFigures) String() string {
	return fmt.Sprintf("%8.4g%s", f.Value, printed(f.CI95, " (%.4g to %.4g)", 1))
}
