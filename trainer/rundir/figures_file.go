package rundir

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"simgan/internal/atomicfile"
	"simgan/internal/jsonfile"
)

// WriteFigures writes an evaluation's result to a run's eval.json. Figures of another task, or of other labels, that
// stand there are first copied into the run's folder eval; kept is the copy. A copy of the same task and labels goes.
func WriteFigures(run string, result any) (kept string, err error) {
	text, err := json.Marshal(result)
	if err != nil {
		return "", err
	}
	path, copyOf := filepath.Join(run, EvalFile), func(text []byte) string {
		return filepath.Join(run, figuresFolder, keptName(text))
	}
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	own := copyOf(text)
	if other := copyOf(old); err == nil && other != own {
		kept = other
		if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
			return "", err
		}
		if err := atomicfile.Write(kept, old); err != nil {
			return "", err
		}
	}
	if err := jsonfile.Write(path, result); err != nil {
		return kept, err
	}
	if err := os.Remove(own); !errors.Is(err, fs.ErrNotExist) {
		return kept, err
	}
	return kept, nil
}

// KeptFigures lists the copies of figures whose place another evaluation's took.
func KeptFigures(run string) ([]string, error) {
	folder := filepath.Join(run, figuresFolder)
	names, err := fs.Glob(os.DirFS(folder), "*.json")
	for i, name := range names {
		names[i] = filepath.Join(folder, name)
	}
	return names, err
}

// notInNames is what no name of a file should have.
var notInNames = regexp.MustCompile(`[^\pL\pN_-]+`)

// mostOfName bounds a name, in letters.
const mostOfName = 60

// keptName returns the name of a copy of figures: task and labels, with a checksum if others could have that name.
// Figures without a task are of gaze, from before there were others.
func keptName(text []byte) string {
	var of struct {
		Task   string
		Labels []string
	}
	_ = json.Unmarshal(text, &of) // a file that is no JSON gets a name too
	of.Task = cmp.Or(of.Task, "gaze")
	plain := strings.Join(append([]string{of.Task}, of.Labels...), "-")
	name := []rune(notInNames.ReplaceAllString(plain, "-"))
	dash := slices.ContainsFunc(of.Labels, func(label string) bool { return strings.Contains(label, "-") })
	if string(name) == plain && len(name) <= mostOfName && !dash {
		return plain + ".json"
	}
	exact, _ := json.Marshal(of) // texts always encode
	sum := sha256.Sum256(exact)
	return string(name[:min(len(name), mostOfName)]) + "-" + hex.EncodeToString(sum[:4]) + ".json"
}
