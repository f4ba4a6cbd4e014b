package rundir

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"simgan/internal/jsonfile"
)

// WriteFigures writes an evaluation's result as JSON; with an empty path it does nothing. A file eval.json that holds
// figures of another task, or of other labels, is kept under the name that KeptFigures returns, and so is its path.
func WriteFigures(path string, result any) (kept string, err error) {
	if filepath.Base(path) != EvalFile {
		return "", jsonfile.Write(path, result)
	}
	text, err := json.Marshal(result)
	if err != nil {
		return "", err
	}
	beside := func(text []byte) string { return filepath.Join(filepath.Dir(path), keptName(text)) }
	own := beside(text)
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", err
	case beside(old) != own:
		kept = beside(old)
		if err := os.Rename(path, kept); err != nil {
			return "", err
		}
	}
	if err := jsonfile.Write(path, result); err != nil {
		return kept, err
	}
	if err := os.Remove(own); !errors.Is(err, fs.ErrNotExist) { // the figures that the new ones replace
		return kept, err
	}
	return kept, nil
}

// KeptFigures lists the files of figures that another evaluation's took the place of.
func KeptFigures(dir string) ([]string, error) {
	names, err := fs.Glob(os.DirFS(dir), strings.TrimSuffix(EvalFile, ".json")+"-*.json")
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	return names, err
}

// unsafe is what no name of a file should have.
var unsafe = regexp.MustCompile(`[^\pL\pN_]+`)

// keptName returns the name of an evaluation's figures beside others': its task and labels. Figures without a task are
// of gaze, from before there were others.
func keptName(text []byte) string {
	var of struct {
		Task   string
		Labels []string
	}
	_ = json.Unmarshal(text, &of) // a file that is no JSON gets a name too
	parts := append([]string{strings.TrimSuffix(EvalFile, ".json"), cmp.Or(of.Task, "gaze")}, of.Labels...)
	name := unsafe.ReplaceAllString(strings.Join(parts, "-"), "-")
	return name[:min(len(name), 100)] + ".json"
}
