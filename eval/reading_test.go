package eval

import (
	"slices"
	"testing"
)

// The figures of each row are those of the refiners' seeds, for each those of the estimators' seeds. Gains by hand:
//
//   - one GAN seed, two estimators: 10-9 and 10-7, mean 2, Student's t of 1 degree of freedom 12.71 times
//     1.414/sqrt(2) = 12.71. Nothing follows from it.
//   - four GAN seeds with two estimators that agree: 1, 1, 1, 2 of a gap of 5, mean 1.25, 3.18 times 0.5/sqrt(4) =
//     0.80.
//   - the same with one that loses: 1, 1, 1, -2, mean 0.25, 3.18 times 1.5/sqrt(4) = 2.39.
//   - all lose: -1, -1, -1, -2.
func TestReading(t *testing.T) {
	gaze := task{quantity: meanError, unit: "degrees"}
	accuracy := task{quantity: "accuracy", percent: true, higher: true}
	costs := func(f *Figures) []float64 { return f.PerSeed }
	oneSeed := "This is one seed of the GAN, so there is no conclusion about refining: another seed may gain or lose. " +
		"train --seeds 3 trains three, and eval takes their folder."
	for _, c := range []struct {
		task                     task
		gans                     int
		synthetic, refined, real []float64
		want                     []string
	}{
		{gaze, 1, []float64{10}, []float64{9.5}, nil,
			[]string{"refined against synthetic: mean error 0.5 degrees lower.", oneSeed}},
		{gaze, 1, []float64{10, 10}, []float64{9, 7}, []float64{5, 5},
			[]string{"refined against synthetic: mean error 2.00 degrees lower (95 % interval -10.71 to 14.71), " +
				"40 % of the gap to real (-214 to 294 %).", oneSeed}},
		{gaze, 4, []float64{10, 10}, []float64{9, 9, 9, 9, 9, 9, 8, 8}, []float64{5, 5},
			[]string{"refined against synthetic: mean error 1.25 degrees lower (95 % interval 0.45 to 2.05), " +
				"25 % of the gap to real (9 to 41 %). A gain is shown."}},
		{gaze, 4, []float64{10, 10}, []float64{9, 9, 9, 9, 9, 9, 12, 12}, []float64{11, 11},
			[]string{"refined against synthetic: mean error 0.25 degrees lower (95 % interval -2.14 to 2.64), and no gap " +
				"between synthetic and real: for at least one seed, real images were no better. " +
				"No gain is shown, because the interval includes 0."}},
		{gaze, 4, []float64{10}, []float64{9, 9, 9, 8}, nil,
			[]string{"refined against synthetic: mean error 1.25 degrees lower (95 % interval 0.45 to 2.05).",
				"This is one seed of the estimators, so there is no conclusion about refining: another seed may gain or lose. " +
					"eval --seeds 3 trains three per row."}},
		{gaze, 4, []float64{10, 10}, []float64{11, 11, 11, 11, 11, 11, 12, 12}, nil,
			[]string{"refined against synthetic: mean error 1.25 degrees higher (95 % interval 0.45 to 2.05). " +
				"A loss is shown."}},
		{accuracy, 4, []float64{-0.5, -0.5}, []float64{-0.6, -0.6, -0.6, -0.6, -0.6, -0.6, -0.7, -0.7}, nil,
			[]string{"refined against synthetic: accuracy 12.50 points higher (95 % interval 4.54 to 20.46). A gain is shown."}},
	} {
		r := GazeResult{Seeds: make([]uint64, len(c.synthetic)), GANSeeds: make([]uint64, c.gans)}
		r.Synthetic, r.Refined = &Figures{PerSeed: c.synthetic}, &Figures{PerSeed: c.refined}
		if c.real != nil {
			r.Real = &Figures{PerSeed: c.real}
			r.GapClosed = share(c.synthetic, c.refined, c.real, len(c.synthetic))
		}
		if r.read(c.task, costs); !slices.Equal(r.Reading, c.want) {
			t.Errorf("%v, refined %v:\n%q, want\n%q", c.synthetic, c.refined, r.Reading, c.want)
		}
	}
	// One row alone says nothing of refining. A control that hurts is named.
	r := GazeResult{Seeds: make([]uint64, 1), GANSeeds: make([]uint64, 1), Refined: &Figures{PerSeed: []float64{1}}}
	if r.read(gaze, costs); r.Reading != nil {
		t.Errorf("of one row: %q", r.Reading)
	}
	r.Control, r.RefinedControl, r.ControlHurts = &Figures{PerSeed: []float64{2}}, &Figures{PerSeed: []float64{3}}, true
	want := []string{"refined+control against control: mean error 1.00 degrees higher.", oneSeed,
		"The control is worse than the synthetic images as they are: compare refined with synthetic."}
	if r.read(gaze, costs); !slices.Equal(r.Reading, want) {
		t.Errorf("%q, want %q", r.Reading, want)
	}
}
