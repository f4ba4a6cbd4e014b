package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"

	"simgan/data/picture"
	"simgan/eval"
	"simgan/trainer/rundir"
)

// change returns the mean difference of the two images' pixels, which lie in [-1, 1].
func change(p eval.Pair) float64 {
	sum := 0.0
	for i, v := range p.Refined.Pix {
		sum += math.Abs(float64(v) - float64(p.Rendered.Pix[i]))
	}
	return sum / float64(len(p.Refined.Pix)) * float64(picture.UnitScale(p.Refined.Bits))
}

// galleryShown is what gallery.html shows.
type galleryShown struct {
	Order, Note string
	Pairs       []pairShown
}

type pairShown struct {
	Name, Words       string
	Rendered, Refined template.URL
}

// pairsShown is the largest number of pairs on the page.
const pairsShown = 24

// showGallery shows the worst pairs first: those that D tells most surely, or else those that R changes most.
func showGallery(r *run) (any, error) {
	pairs, note := r.options.Pairs, r.options.Note
	if pairs == nil {
		var err error
		if pairs, err = r.samplePairs(); err != nil || pairs == nil {
			return nil, err
		}
	}
	pairs = slices.Clone(pairs)
	told := !slices.ContainsFunc(pairs, func(p eval.Pair) bool { return math.IsNaN(p.Told) })
	slices.SortStableFunc(pairs, func(a, b eval.Pair) int {
		if told {
			return cmp.Compare(b.Told, a.Told)
		}
		return cmp.Compare(change(b), change(a))
	})
	shown := galleryShown{Note: note, Order: "the images that R changes most come first"}
	if told {
		shown.Order = "the images that D most confidently recognises as refined come first"
	}
	shown.Order += fmt.Sprintf(", of %d", len(pairs))
	for _, p := range pairs[:min(pairsShown, len(pairs))] {
		one, err := showPair(p)
		if err != nil {
			return nil, err
		}
		shown.Pairs = append(shown.Pairs, one)
	}
	return shown, nil
}

func showPair(p eval.Pair) (shown pairShown, err error) {
	shown = pairShown{Name: p.Name, Words: fmt.Sprintf("changed by %.2f", change(p))}
	if !math.IsNaN(p.Told) {
		shown.Words += fmt.Sprintf("; D: %.0f %% refined", 100*p.Told)
	}
	if shown.Rendered, err = dataURL(p.Rendered); err != nil {
		return shown, err
	}
	shown.Refined, err = dataURL(p.Refined)
	return shown, err
}

// samplePairs returns the pairs of the newest sample grid; nil if there is none.
func (r *run) samplePairs() (pairs []eval.Pair, err error) {
	grids, err := rundir.SampleGrids(r.dir)
	if err != nil || len(grids) == 0 {
		return nil, err
	}
	rows, err := readGrid(grids[len(grids)-1])
	if err != nil {
		return nil, err
	}
	for k := range rows[0] {
		pairs = append(pairs, eval.Pair{
			Name: fmt.Sprintf("sample %d", k+1), Rendered: rows[0][k], Refined: rows[1][k], Told: math.NaN(),
		})
	}
	return pairs, nil
}
