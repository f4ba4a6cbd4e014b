package report

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"simgan/internal/atomicfile"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// Compare writes a page that shows runs side by side: the settings in which they differ, their figures, their curves
// together and their newest refined samples.
func Compare(dirs []string, path string) error {
	var runs []*run
	for _, dir := range dirs {
		r, err := open(dir)
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	distinguish(runs)
	text, err := comparison(runs)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, text)
}

// distinguish names runs by their paths if two folders have one name.
func distinguish(runs []*run) {
	seen := map[string]bool{}
	same := slices.ContainsFunc(runs, func(r *run) bool { was := seen[r.name]; seen[r.name] = true; return was })
	for _, r := range runs {
		if same {
			r.name = filepath.Clean(r.dir)
		}
	}
}

func comparison(runs []*run) ([]byte, error) {
	f, err := newFrame(fmt.Sprintf("%d runs compared", len(runs)))
	if err != nil {
		return nil, err
	}
	for _, s := range []struct {
		name, title string
		show        func([]*run) (any, error)
	}{
		{"differences", "Settings that differ", showDifferences},
		{"compared", "Figures", showCompared},
		{"together", "Curves", showTogether},
		{"newest", "Newest samples", showNewest},
	} {
		data, err := s.show(runs)
		if err == nil {
			err = f.add(s.name, s.title, data)
		}
		if err != nil {
			return nil, err
		}
	}
	return f.text()
}

// differencesShown is what differences.html shows: a row per key, a column per run.
type differencesShown struct {
	Names []string
	Keys  []difference
}

type difference struct {
	Key    string
	Values []string
}

func showDifferences(runs []*run) (any, error) {
	shown := differencesShown{Names: names(runs)}
	for i, r := range runs {
		values, err := config.Values(r.config)
		if err != nil {
			return nil, err
		}
		for k, v := range values {
			if i == 0 {
				shown.Keys = append(shown.Keys, difference{Key: v.Key})
			}
			shown.Keys[k].Values = append(shown.Keys[k].Values, v.Text)
		}
	}
	shown.Keys = slices.DeleteFunc(shown.Keys, func(d difference) bool {
		return len(slices.Compact(slices.Clone(d.Values))) == 1
	})
	return shown, nil
}

// comparedShown is what compared.html shows: the figures of each run.
type comparedShown struct {
	Runs   []comparedRun
	Differ bool // the runs were tested on different images
}

type comparedRun struct {
	Name, State string
	Figures     *figuresShown // nil: not evaluated
}

func showCompared(runs []*run) (any, error) {
	shown := comparedShown{}
	tests := map[string]bool{}
	for _, r := range runs {
		figures, err := readFigures(filepath.Join(r.dir, rundir.EvalFile))
		if err != nil {
			return nil, err
		}
		if figures != nil {
			tests[figures.Test] = true
		}
		shown.Runs = append(shown.Runs, comparedRun{r.name, r.state(), figures})
	}
	shown.Differ = len(tests) > 1
	return shown, nil
}

// state says in a few words where the run is.
func (r *run) state() string {
	last := r.last()
	switch {
	case r.trains:
		return "trains"
	case r.done != "":
		return "done"
	case last != nil && last.Outcome != "":
		return fmt.Sprintf("%s, %s step %d", last.Outcome, last.Phase, last.Step)
	}
	return "not finished"
}

// showTogether draws each curve of all runs in one chart.
func showTogether(runs []*run) (any, error) {
	var plots []plot
	for _, name := range []string{
		"l_reg", "l_label", "l_div", "l_real", "L_D", "d_refined_right", "d_real_right", "refined_change", "refined_variance",
		"images_per_second",
	} {
		p := plot{title: name, share: strings.HasSuffix(name, "_right")}
		if p.share {
			p.marks = []mark{{0.5, "0.5: D guesses"}}
		}
		for _, r := range runs {
			one := seriesOf(r.records, config.PhaseTrain, name)[0]
			one.name = r.name
			p.series = append(p.series, one)
		}
		plots = append(plots, p)
	}
	return charts(plots...), nil
}

// showNewest returns a strip of each run's newest refined samples, and of the rendered ones of the first.
func showNewest(runs []*run) (any, error) {
	var strips []strip
	for _, r := range runs {
		grids, err := rundir.SampleGrids(r.dir)
		if err != nil {
			return nil, err
		}
		if len(grids) == 0 {
			continue
		}
		newest := grids[len(grids)-1]
		rows, err := readGrid(newest)
		if err != nil {
			return nil, err
		}
		refined, err := newStrip(fmt.Sprintf("%s, refined, step %d", r.name, stepOf(newest)), rows[1])
		if err != nil {
			return nil, err
		}
		rendered, err := newStrip(r.name+", rendered", rows[0])
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(strips, func(s strip) bool { return s.PNG == rendered.PNG }) {
			strips = append(strips, rendered)
		}
		strips = append(strips, refined)
	}
	return strips, nil
}

func names(runs []*run) (all []string) {
	for _, r := range runs {
		all = append(all, r.name)
	}
	return all
}
