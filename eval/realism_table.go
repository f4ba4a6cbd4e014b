package eval

import (
	"fmt"
	"strings"
)

// Table returns the result as text for a terminal.
func (r *RealismResult) Table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "compared         %d images per row with as many real ones; %s\n", r.Images, r.realismSpread())
	for _, of := range []struct{ row, spec string }{
		{rowSynthetic, r.Data.Synthetic}, {rowRefined, r.Data.Refined}, {rowReal, r.Data.Real},
	} {
		if of.spec != "" {
			fmt.Fprintf(&t, "%-15s  %s\n", of.row, of.spec)
		}
	}
	if r.Adaptation != nil {
		fmt.Fprintf(&t, "control          %v, fitted to other real images\n", r.Adaptation)
	}
	t.WriteString("\n                 told from real            KID                           " +
		"distance   level           gradient  fine\n")
	for name, f := range r.Rows() {
		fmt.Fprintf(&t, "%-15s  %v\n", name, f)
	}
	t.WriteString("50 %, 0 and 0 mean: as real images. The row real holds other real images.\n")
	return t.String()
}

// realismSpread says what intervals are over.
func (r *RealismResult) realismSpread() string {
	if len(r.GANSeeds) > 1 {
		return fmt.Sprintf("95 %% intervals of refined rows are over %d GAN seeds", len(r.GANSeeds))
	}
	return "95 % intervals"
}

// String returns the figures as a row of the table.
func (f *RealismFigures) String() string {
	return fmt.Sprintf("%5.1f %% %-17s %8.3f %-20s %6.3f   %.3f +- %.3f   %.4f   %4.1f %%",
		100*f.TwoSample.Mean, inBrackets(f.TwoSample.CI95, "(%.1f to %.1f)", 100), f.KID.Mean,
		inBrackets(f.KID.CI95, "(%.3f to %.3f)", 1), f.Distance.Mean, f.LevelMean, f.LevelDeviation, f.GradientMean,
		100*f.FineShare)
}

// inBrackets prints an interval in units of 1/scale, nothing if there is none.
func inBrackets(ci *[2]float64, format string, scale float64) string {
	if ci == nil {
		return ""
	}
	return fmt.Sprintf(format, scale*ci[0], scale*ci[1])
}
