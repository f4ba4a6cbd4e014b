package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path/filepath"

	"simgan/data/picture"
	"simgan/eval"
	"simgan/internal/inputfile"
	"simgan/trainer/rundir"
)

// labelsShown is what labels.html shows.
type labelsShown struct {
	*eval.LabelsResult
	Picture template.URL // of the worst pairs; "": there is none
}

// showLabels shows the run's labels.json; nil if there is none.
func showLabels(r *run) (any, error) {
	path := filepath.Join(r.dir, rundir.LabelsFile)
	text, err := inputfile.Read(path, inputfile.Small)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	shown := labelsShown{LabelsResult: &eval.LabelsResult{}}
	if err == nil {
		err = json.Unmarshal(text, shown.LabelsResult)
	}
	if err == nil && len(shown.Figures) == 0 {
		err = errors.New("holds no figures: run simgan eval labels again")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	worst, err := picture.Decode(filepath.Join(r.dir, rundir.WorstFile))
	if errors.Is(err, fs.ErrNotExist) {
		return shown, nil
	}
	if err == nil {
		shown.Picture, err = dataURL(worst)
	}
	return shown, err
}
