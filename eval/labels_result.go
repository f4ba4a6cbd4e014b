package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"simgan/data/picture"
)

// Distribution sums values up.
type Distribution struct {
	Mean   float64 `json:"mean"`
	SD     float64 `json:"sd"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"` // 95 of 100 are not above it
}

func distribution(values []float64) (d Distribution) {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	d.Mean = mean(sorted)
	for _, v := range sorted {
		d.SD += (v - d.Mean) * (v - d.Mean) / float64(n)
	}
	d.SD = math.Sqrt(d.SD)
	d.Median, d.P95 = (sorted[(n-1)/2]+sorted[n/2])/2, sorted[int(math.Ceil(0.95*float64(n)))-1]
	return d
}

// Gallery is a picture of the pairs that moved most: a row of rendered images above a row of the same refined, with
// marks where the label was found.
type Gallery struct{ picture.Image }

// The gallery's pairs, and those beside one another.
const worstPairs, galleryColumns = 12, 6

// result sums up what was found in the pairs and chooses the worst ones.
func (p *pairs) result(c *comparison, o Options, l LabelOptions) (*LabelsResult, *Gallery, error) {
	r := &LabelsResult{
		Task: "labels", Method: c.method, Run: o.Runs[0], Synthetic: o.Synthetic, Check: c.check,
		Limit: cmp.Or(l.Limit, c.limit),
	}
	var kept []int
	for k := range p.index {
		if c.failed == nil || !c.failed[k] {
			kept = append(kept, k)
		}
	}
	r.Pairs, r.Failed = len(kept), len(p.index)-len(kept)
	if len(kept) == 0 {
		return nil, nil, fmt.Errorf("%s: the method (%s) finds the label in none of %d rendered images", o.Synthetic,
			c.method, len(p.index))
	}
	for _, d := range c.figures {
		d.shift, d.rendered, d.refined = at(d.shift, kept), at(d.rendered, kept), at(d.refined, kept)
		f := d.moved()
		if !finite(f.Shift.Mean, f.Rendered.Mean, f.Refined.Mean) {
			return nil, nil, fmt.Errorf("%s: %w", d.name, errDiverged)
		}
		r.Figures = append(r.Figures, f)
	}
	r.Moved = r.Figures[0].Shift.Mean > r.Limit
	shift := c.figures[0].shift
	slices.SortStableFunc(kept, func(a, b int) int { return cmp.Compare(shift[b], shift[a]) })
	worst := kept[:min(worstPairs, len(kept))]
	for _, k := range worst {
		r.Worst = append(r.Worst, WorstPair{p.index[k], shift[k]})
	}
	return r, p.gallery(worst, c.marks), nil
}

func at(values []float64, index []int) []float64 {
	chosen := make([]float64, len(index))
	for k, i := range index {
		chosen[k] = values[i]
	}
	return chosen
}

// gallery draws the pairs with their marks.
func (p *pairs) gallery(worst []int, marks [2][][]mark) *Gallery {
	var rows [][]picture.Image
	for part := range slices.Chunk(worst, galleryColumns) {
		for side, d := range []set{p.rendered, p.refined} {
			var row []picture.Image
			for _, k := range part {
				m := d.ImageOf(k)
				if marks[side] != nil {
					cross(m, marks[side][k])
				}
				row = append(row, m)
			}
			rows = append(rows, row)
		}
	}
	return &Gallery{picture.Grid(rows...)}
}

// cross draws a small cross at each mark, black or white, whatever differs more from the pixel there.
func cross(m picture.Image, marks []mark) {
	top := uint16(1)<<m.Bits - 1
	for _, at := range marks {
		x, y := int(math.Round(at.x)), int(math.Round(at.y))
		for _, d := range [][2]int{{0, 0}, {-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
			u, v := x+d[0], y+d[1]
			for c := range m.C {
				if u >= 0 && v >= 0 && u < m.W && v < m.H {
					pixel := &m.Pix[(c*m.H+v)*m.W+u]
					*pixel = top - top*(*pixel/(top/2+1))
				}
			}
		}
	}
}

// Table returns the result as text for a terminal.
func (r *LabelsResult) Table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "found by         %s\nsynthetic        %s\n", r.Method, r.Synthetic)
	fmt.Fprintf(&t, "pairs            %d", r.Pairs)
	if r.Failed > 0 {
		fmt.Fprintf(&t, "; in %d more it failed before refining", r.Failed)
	}
	fmt.Fprintf(&t, "\n\n%-17s %-24s %-10s %-10s %-18s %s\n", "", "shift", "median", "95 % below", "error in renders",
		"error in refined")
	for _, f := range r.Figures {
		fmt.Fprintf(&t, "%-17s %-24s %-10.3g %-10.3g %-18s %s\n", f.Name,
			f.Shift.String()+" "+f.Unit, f.Shift.Median, f.Shift.P95, f.Rendered.String(), f.Refined.String())
	}
	if r.Check != nil {
		fmt.Fprintf(&t, "%-17s error in built-in real images: %v %s\n", r.Figures[0].Name, r.Check, r.Figures[0].Unit)
	}
	return t.String() + r.Reading() + "\n"
}

// String returns the mean and the standard deviation.
func (d Distribution) String() string { return fmt.Sprintf("%.3g +- %.3g", d.Mean, d.SD) }

// Reading says in a sentence whether labels moved.
func (r *LabelsResult) Reading() string {
	f := r.Figures[0]
	text := fmt.Sprintf("Refining moved the %s by %s %s on average (limit %.3g): ", f.Name, f.Shift.String(), f.Unit, r.Limit)
	switch {
	case !r.Moved:
		return text + "labels stay valid."
	case r.Check == nil:
		return text + "labels moved, or the estimator, which knows renders only, errs on this style."
	}
	return text + "labels moved. Raise train.lambda, or train for fewer steps."
}
