package eval

import (
	"fmt"
	"strings"
)

// Table returns the result as text for a terminal.
func (r *Result[F]) Table() string {
	var t strings.Builder
	spread := fmt.Sprintf("95 %% CI over %d seeds", len(r.Seeds))
	if len(r.Seeds) == 1 {
		spread = "one seed, so no interval"
	}
	fmt.Fprintf(&t, "trained on   %s; %s\n", headings[r.Task], spread)
	fmt.Fprintf(&t, "synthetic    %s\n", r.Data.Synthetic)
	if r.Data.Real != "" {
		fmt.Fprintf(&t, "real         %s\n", r.Data.Real)
	}
	fmt.Fprintf(&t, "tested on    %s\n\n", r.Data.Test)
	for _, row := range []struct {
		name string
		f    *F
	}{{"synthetic", r.Synthetic}, {"refined", r.Refined}, {"real", r.Real}} {
		if row.f != nil {
			fmt.Fprintf(&t, "%-11s  %v\n", row.name, row.f)
		}
	}
	if g := r.GapClosed; g != nil {
		fmt.Fprintf(&t, "refining closed %.0f %% of the gap between synthetic and real (%.0f to %.0f %%)\n",
			100*g.Mean, 100*g.CI95[0], 100*g.CI95[1])
	}
	if r.GapClosed == nil && r.Synthetic != nil && r.Refined != nil && r.Real != nil {
		fmt.Fprintln(&t, "there is no gap that refining could have closed: "+
			"for some seed, real images trained no better estimator than synthetic ones")
	}
	return t.String()
}

// headings name the figures in a row of each task.
var headings = map[string]string{
	"gaze": "mean error, within 7 degrees",
	"hand": "mean error in pixels and in mm, joints within 5 pixels",
}

// String returns the figures as a row of the table.
func (f *Figures) String() string {
	return fmt.Sprintf("%5.2f degrees (%.2f to %.2f)   %5.1f %%",
		f.MeanDegrees, f.CI95[0], f.CI95[1], 100*f.Within7Degrees)
}

// String returns the figures as a row of the table.
func (f *HandFigures) String() string {
	return fmt.Sprintf("%5.2f px (%.2f to %.2f)   %5.1f mm (%.1f to %.1f)   %5.1f %% (%.1f to %.1f)",
		f.MeanPx, f.CI95[0], f.CI95[1], f.MeanMM, f.MMCI95[0], f.MMCI95[1], 100*f.PCK5, 100*f.PCKCI95[0], 100*f.PCKCI95[1])
}
