package eval

import (
	"fmt"
	"strings"
)

// Table is the result as text for a terminal.
func (r *GazeResult) Table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "trained on   mean error (95 %% CI over %d seeds)   within 7 degrees\n", len(r.Seeds))
	for _, row := range []struct {
		name string
		f    *Figures
	}{{"synthetic", r.Synthetic}, {"refined", r.Refined}, {"real", r.Real}} {
		if row.f != nil {
			fmt.Fprintf(&t, "%-11s  %5.2f degrees (%.2f to %.2f)           %5.1f %%\n", row.name, row.f.MeanDegrees, row.f.CI95[0], row.f.CI95[1], 100*row.f.Within7Degrees)
		}
	}
	if g := r.GapClosed; g != nil {
		fmt.Fprintf(&t, "refining closed %.0f %% of the gap between synthetic and real (%.0f to %.0f %%)\n", 100*g.Mean, 100*g.CI95[0], 100*g.CI95[1])
	}
	return t.String()
}
