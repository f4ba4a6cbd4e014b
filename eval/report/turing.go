package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"simgan/eval/turing"
	"simgan/internal/inputfile"
	"simgan/trainer/rundir"
)

// showTuring shows the run's turing.json; nil if nobody finished a test.
func showTuring(r *run) (any, error) {
	path := filepath.Join(r.dir, rundir.TuringFile)
	text, err := inputfile.Read(path, inputfile.Small)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var shown turing.Summary
	if err == nil {
		err = json.Unmarshal(text, &shown)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(shown.Pooled) == 0 {
		return nil, nil
	}
	return shown, nil
}
