package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"simgan/data/adapt"
	"simgan/eval"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
	curves "simgan/trainer/rundir/chart"
)

// realismShown is what realism.html shows: which checkpoint is nearest to the real images, and the run's realism.json.
type realismShown struct {
	Advice      string
	Curve       []chart
	Checkpoints []checkpointShown
	Chosen      string              // by what the best checkpoint was chosen; "": by its distance
	Measured    *eval.RealismResult // nil if it was not measured
	Reading     string
	Bars        []bars
	Charts      []chart // of levels, gradients and spectrum
	Run         string
}

type checkpointShown struct {
	Step                  int
	Distance              string
	Best, Latest, Gallery bool
}

// showRealism shows what training and eval realism measured; nil if neither did.
func showRealism(r *run) (any, error) {
	shown := realismShown{Run: r.dir}
	if err := shown.readRealism(r.dir); err != nil {
		return nil, err
	}
	if err := shown.listCheckpoints(r); err != nil {
		return nil, err
	}
	points := curves.Points(r.records, config.PhaseTrain, rundir.RealismDistance)
	if points == nil && shown.Measured == nil && shown.Chosen == "" {
		return nil, nil
	}
	if points != nil {
		before := curves.Points(r.records, config.PhaseTrain, rundir.SyntheticDistance)
		shown.Advice = advise(points, before)
		shown.Curve = charts(plot{title: "realism_distance", series: []series{{"refined", points}, {"synthetic", before}}})
	}
	return shown, nil
}

// listCheckpoints lists the checkpoints that there are, if a distance was measured of any or one was chosen.
func (s *realismShown) listCheckpoints(r *run) error {
	list, err := rundir.Checkpoints(r.dir)
	if err != nil {
		return err
	}
	best, measured := rundir.Best(list)
	if !measured {
		return nil
	}
	if best.Chosen {
		var err error
		if s.Chosen, err = chosenBy(r.dir); err != nil {
			return err
		}
	}
	gallery := r.options.Checkpoint
	for i, c := range list {
		shown := checkpointShown{
			Step: c.Step, Distance: "not measured", Best: c.Folder == best.Folder, Latest: i == len(list)-1,
		}
		if c.Realism != nil {
			shown.Distance = number(c.Realism.Distance)
		}
		shown.Gallery = gallery == filepath.Base(c.Folder)
		s.Checkpoints = append(s.Checkpoints, shown)
	}
	return nil
}

// chosenBy says by which evaluation the best checkpoint was chosen.
func chosenBy(dir string) (string, error) {
	path := filepath.Join(dir, rundir.BestFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var c eval.Choice
	if err := json.Unmarshal(text, &c); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return fmt.Sprintf("chosen by eval %s on %s", c.Task, c.Validation), nil
}

// advise says in sentences how the distance went, and so whether to train longer.
func advise(points, before []curves.Point) string {
	least, last := points[0], points[len(points)-1]
	for _, p := range points {
		if p.Value <= least.Value {
			least = p
		}
	}
	text := fmt.Sprintf("The distance was least at step %.0f: %s.", least.Step, number(least.Value))
	if least.Step == last.Step {
		text += " It was still falling at the last measurement: more steps (train.steps) may bring the images nearer."
	} else {
		text += fmt.Sprintf(" At step %.0f it was %s: the steps after the least brought the images no nearer.",
			last.Step, number(last.Value))
	}
	if n := len(before); n > 0 && before[n-1].Value <= least.Value {
		text += fmt.Sprintf(" The synthetic images as they are have %s: by this figure refining has brought them no "+
			"nearer yet.", number(before[n-1].Value))
	}
	return text
}

// readRealism reads realism.json, if there is one.
func (s *realismShown) readRealism(dir string) error {
	path := filepath.Join(dir, rundir.RealismFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var m eval.RealismResult
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	s.Measured = &m
	told, kids := []bar{}, []bar{}
	levels := plot{title: "Levels: share of pixels", across: "level"}
	gradients := plot{title: "Differences of neighbours: share", across: "difference"}
	spectrum := plot{title: "Power spectrum, log10", across: "cycles per pixel"}
	for name, f := range m.Rows() {
		if f.Profile == nil || f.TwoSample.CI95 == nil || f.KID.CI95 == nil {
			return fmt.Errorf("%s: row %s has no profile or no ci95", path, name)
		}
		told, kids = append(told, newBar(name, f.TwoSample.Measured, 100)), append(kids, newBar(name, f.KID, 1))
		levels.series = append(levels.series, series{name, bands(f.Levels, 1)})
		gradients.series = append(gradients.series, series{name, bands(f.Gradients, adapt.MostGradient)})
		spectrum.series = append(spectrum.series, series{name, bands(f.Spectrum, 0.5)})
	}
	s.Bars = []bars{
		newBars("Told from real images on held-out ones, %, and its 95 % interval (50: a guess)", 40, 100, told),
		newBars("KID and its 95 % interval (0: as real images)", 0, 0, kids),
	}
	s.Charts, s.Reading = charts(levels, gradients, spectrum), readRow(m)
	return nil
}

// newBar returns a row's figure in units of 1/scale.
func newBar(name string, m eval.Measured, scale float64) bar {
	return bar{Name: name, Mean: scale * m.Mean, Low: scale * m.CI95[0], High: scale * m.CI95[1]}
}

// bands returns the values of bands from 0 to most, each at its middle.
func bands(values []float64, most float64) []curves.Point {
	points := make([]curves.Point, len(values))
	for i, v := range values {
		points[i] = curves.Point{Step: most * (float64(i) + 0.5) / float64(len(values)), Value: v}
	}
	return points
}

// readRow says in a sentence what the two-sample test found.
func readRow(m eval.RealismResult) string {
	if m.Refined == nil {
		return ""
	}
	text := fmt.Sprintf("A network that learned to tell refined images from real ones is right on %.1f %% of held-out "+
		"images", 100*m.Refined.TwoSample.Mean)
	if m.Synthetic != nil {
		text += fmt.Sprintf("; of the synthetic images as they are on %.1f %%", 100*m.Synthetic.TwoSample.Mean)
	}
	if m.Control != nil {
		text += fmt.Sprintf(", of the control, which needs no refiner, on %.1f %%", 100*m.Control.TwoSample.Mean)
	}
	if ci := m.Refined.TwoSample.CI95; ci != nil && ci[0] <= 0.5 {
		text += ". Refined images could not be told from real ones"
	}
	return text + ". A guess is right on 50 %."
}
