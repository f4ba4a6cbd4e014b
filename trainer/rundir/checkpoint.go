package rundir

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"simgan/internal/atomicfile"
	"simgan/internal/inputfile"
)

// Names of a checkpoint's folder while it is written, and while its successor of the same step takes its place.
const (
	partialSuffix = ".partial"
	oldSuffix     = ".old"
)

// stateFile is the file of a checkpoint that is written last. It holds a JSON object.
const stateFile = "state.json"

// sums are the hashes that state.json has of the checkpoint's other files.
type sums struct {
	SHA256 map[string]string `json:"sha256"`
}

// WriteCheckpoint writes checkpoints/step-NNNNNNN and removes the oldest checkpoints beyond keep (0: none), but never
// the best: the state's field "realism", a Realism, says which that is. write fills
// an empty folder with files; then state.json is written with the state's fields and the files' hashes. The folder gets
// its name when it is whole. If write fails, nothing stays.
func (f *Folder) WriteCheckpoint(step, keep int, state any, write func(folder string) error) error {
	final := f.path(checkpointsFolder, stepName(step))
	partial := final + partialSuffix
	if err := errors.Join(f.There(), os.RemoveAll(partial)); err != nil {
		return err
	}
	err := os.Mkdir(partial, 0o755)
	if err == nil {
		err = write(partial)
	}
	if err == nil {
		err = writeState(partial, state)
	}
	if err != nil {
		return errors.Join(explainFull(f.Dir, err), os.RemoveAll(partial))
	}
	return f.publish(partial, final, keep)
}

// writeState writes state.json: the state's own fields and sha256.
func writeState(folder string, state any) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	hashes := sums{map[string]string{}}
	for _, e := range entries {
		if hashes.SHA256[e.Name()], err = sumFile(filepath.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	fields := map[string]json.RawMessage{}
	for _, part := range []any{state, hashes} {
		text, err := json.Marshal(part)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &fields); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(fields, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(folder, stateFile), text)
}

// publish gives a finished checkpoint its name and removes the oldest beyond keep.
func (f *Folder) publish(partial, final string, keep int) error {
	old := final + oldSuffix
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(final, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(partial, final); err != nil {
		return err
	}
	if err := syncFolder(filepath.Dir(final)); err != nil { // the name outlives a power cut before older ones go
		return err
	}
	if err := os.RemoveAll(old); err != nil || keep == 0 {
		return err
	}
	return f.prune(keep)
}

// prune removes the oldest checkpoints beyond keep, but not the best.
func (f *Folder) prune(keep int) error {
	list, err := Checkpoints(f.Dir)
	if err != nil {
		return err
	}
	best, _ := Best(list)
	for _, c := range list[:max(0, len(list)-keep)] {
		if c.Folder == best.Folder {
			continue
		}
		if err := os.RemoveAll(c.Folder); err != nil {
			return err
		}
	}
	return nil
}

// syncFolder waits until a folder's names are on the disk. Some network file systems cannot, and need not.
func syncFolder(folder string) error {
	open, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer open.Close()
	if err := open.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// RemoveLeftovers undoes what a kill left: a checkpoint that was being written or replaced, and temporary files.
func (f *Folder) RemoveLeftovers() error {
	if err := f.removeTemporaryFiles(); err != nil {
		return err
	}
	entries, err := os.ReadDir(f.path(checkpointsFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		path := f.path(checkpointsFolder, e.Name())
		final, replaced := strings.CutSuffix(path, oldSuffix)
		_, err := os.Stat(final)
		switch {
		case replaced && errors.Is(err, fs.ErrNotExist):
			err = os.Rename(path, final)
		case replaced, strings.HasSuffix(path, partialSuffix):
			err = os.RemoveAll(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ErrNotWhole marks the error of a checkpoint that was cut short or changed, perhaps while it was read.
var ErrNotWhole = errors.New("checkpoint is not whole")

// ReadState reads a checkpoint's state.json into state, and checks that the checkpoint's files are whole: each file
// that it should hold has a hash in state.json and the content of that hash. needed are the names of these files.
func ReadState(folder string, state any, needed ...string) error {
	path := filepath.Join(folder, stateFile)
	wayOut := "remove the folder " + folder + " to resume from an earlier checkpoint"
	text, err := inputfile.Read(path, inputfile.Small)
	if err != nil {
		return fmt.Errorf("%w: %w; %s", ErrNotWhole, err, wayOut)
	}
	var written sums
	if err := errors.Join(json.Unmarshal(text, state), json.Unmarshal(text, &written)); err != nil {
		return fmt.Errorf("%s: %w; %s", path, err, wayOut)
	}
	for _, name := range needed {
		if written.SHA256[name] == "" {
			return fmt.Errorf("%s: has no hash of %s; %s", path, name, wayOut)
		}
	}
	for name, want := range written.SHA256 {
		if !filepath.IsLocal(name) || filepath.Base(name) != name {
			return fmt.Errorf("%s: %q is no file of a checkpoint; %s", path, name, wayOut)
		}
		got, err := sumFile(filepath.Join(folder, name))
		if err == nil && got != want {
			err = fmt.Errorf("its content is not what was written (cut short or changed): %w", ErrNotWhole)
		}
		if err != nil {
			return fmt.Errorf("%s: %w; %s", filepath.Join(folder, name), err, wayOut)
		}
	}
	return nil
}

// StatePath returns the path of a checkpoint's state.json, for errors about it.
func StatePath(folder string) string { return filepath.Join(folder, stateFile) }

func sumFile(path string) (string, error) {
	file, err := inputfile.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// LatestCheckpoint returns the folder of a run's newest checkpoint, or "" if there is none.
func LatestCheckpoint(run string) (string, error) {
	folders, err := checkpoints(run)
	if err != nil || len(folders) == 0 {
		return "", err
	}
	return folders[len(folders)-1], nil
}

// checkpoints lists the folders of a run's whole checkpoints, the oldest first.
func checkpoints(run string) ([]string, error) { return stepEntries(run, checkpointsFolder, "") }

// SampleGrids lists the sample grids of a run, the oldest first.
func SampleGrids(run string) ([]string, error) { return stepEntries(run, samplesFolder, ".png") }

// stepEntries lists what is named step-N+suffix in a run's folder, sorted by N. The run's path is no pattern: it may
// hold brackets.
func stepEntries(run, folder, suffix string) (paths []string, err error) {
	entries, err := os.ReadDir(filepath.Join(run, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	steps := map[string]int{}
	for _, e := range entries {
		if step, ok := stepOf(e.Name(), suffix); ok {
			path := filepath.Join(run, folder, e.Name())
			paths, steps[path] = append(paths, path), step
		}
	}
	slices.SortStableFunc(paths, func(a, b string) int { return steps[a] - steps[b] })
	return paths, err
}

// stepOf returns N of a name step-N+suffix.
func stepOf(name, suffix string) (step int, ok bool) {
	text, isStep := strings.CutPrefix(name, stepPrefix)
	text, hasSuffix := strings.CutSuffix(text, suffix)
	step, err := strconv.Atoi(text)
	return step, err == nil && isStep && hasSuffix
}
