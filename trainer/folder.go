package trainer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"

	"simgan/data"
	"simgan/trainer/events"
)

// runFolder is the folder of one run, locked while the run goes on.
type runFolder struct {
	dir     string
	lock    *flock.Flock
	log     *os.File
	metrics *os.File
	events  *events.Writer
	out     io.Writer // the terminal
	made    bool      // the folder was not there before
}

// openFolder makes or, to resume, opens the run's folder. A folder that holds a run is refused unless resuming.
func openFolder(dir string, resume bool, out io.Writer) (*runFolder, error) {
	_, err := os.Stat(dir)
	f := &runFolder{dir: dir, lock: flock.New(filepath.Join(dir, ".lock")), out: out, made: errors.Is(err, fs.ErrNotExist)}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("run folder: %w", explainDenied(dir, err))
	}
	locked, err := f.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("run folder %s: cannot be locked: %w", dir, explainDenied(dir, err))
	}
	if !locked {
		return nil, fmt.Errorf("run folder %s: another process is training in it; wait for it, or choose another --run", dir)
	}
	_, err = os.Stat(f.path("config.yaml"))
	if err == nil && !resume {
		f.Close()
		return nil, fmt.Errorf("run folder %s: holds a run already; go on with it by --resume, or choose another --run", dir)
	}
	if err != nil && resume {
		f.Close()
		return nil, fmt.Errorf("run folder %s: holds no run to resume (no config.yaml)", dir)
	}
	return f, nil
}

func (f *runFolder) path(parts ...string) string {
	return filepath.Join(append([]string{f.dir}, parts...)...)
}

// begin opens the files that grow; metrics after the checkpoint's are cut off, for they are made again.
func (f *runFolder) begin(metricsBytes, step int64) (err error) {
	if err = os.MkdirAll(f.path("samples"), 0o755); err != nil {
		return err
	}
	if f.log, err = os.OpenFile(f.path("log.txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return err
	}
	if f.metrics, err = os.OpenFile(f.path("metrics.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return err
	}
	size, err := f.metricsSize()
	if err != nil {
		return err
	}
	if err = f.metrics.Truncate(min(size, metricsBytes)); err != nil {
		return err
	}
	f.events, err = events.Create(f.dir, step)
	return err
}

// say writes a line to log.txt, with the time, and to the terminal.
func (f *runFolder) say(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	fmt.Fprintln(f.out, line)
	if f.log != nil {
		fmt.Fprintf(f.log, "%s %s\n", time.Now().Format(time.RFC3339), line)
	}
}

// measure appends an object to metrics.jsonl.
func (f *runFolder) measure(values any) error {
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	_, err = f.metrics.Write(append(text, '\n'))
	return err
}

func (f *runFolder) metricsSize() (int64, error) {
	if err := f.metrics.Sync(); err != nil {
		return 0, err
	}
	info, err := f.metrics.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// checkpoint is the folder of the checkpoint of a state: t, the iterations of Algorithm 1.
func (f *runFolder) checkpoint(st state) string {
	step := st.Step
	if st.Phase != PhaseTrain {
		step = 0
	}
	return f.path("checkpoints", stepName(step))
}

// What a checkpoint's folder is called while it is written, and while its successor of the same step takes its place.
const (
	partialSuffix = ".partial"
	oldSuffix     = ".old"
)

func stepName(step int) string { return fmt.Sprintf("step-%07d", step) }

// publish gives a finished checkpoint its name and removes the oldest beyond keep.
func (f *runFolder) publish(partial, final string, keep int) error {
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
	if err := os.RemoveAll(old); err != nil || keep == 0 {
		return err
	}
	folders, err := checkpoints(f.dir)
	if err != nil {
		return err
	}
	for len(folders) > keep {
		if err := os.RemoveAll(folders[0]); err != nil {
			return err
		}
		folders = folders[1:]
	}
	return nil
}

// over tells, and says, that the run made its steps already. One that is to make more than it did is no longer done.
func (f *runFolder) over(steps int) (bool, error) {
	if _, err := os.Stat(f.path("DONE")); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	latest, err := LatestCheckpoint(f.dir)
	if err != nil || latest == "" {
		return false, err
	}
	st, err := readState(latest)
	if err != nil {
		return false, err
	}
	if st.Step >= steps {
		f.say("%s is done already, %d steps of train.steps=%d: nothing to resume", f.dir, st.Step, steps)
		return true, nil
	}
	return false, os.Remove(f.path("DONE"))
}

// mend undoes what a kill left of a checkpoint being written or replaced.
func (f *runFolder) mend() error {
	entries, err := os.ReadDir(f.path("checkpoints"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		path := f.path("checkpoints", e.Name())
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

// samples writes samples/step-NNNNNNN.png and shows it to TensorBoard.
func (f *runFolder) samples(step int, grid data.Image) error {
	path := f.path("samples", stepName(step)+".png")
	if err := data.EncodePNG(path, grid); err != nil {
		return err
	}
	png, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return f.events.Image(int64(step), "samples", png, grid.W, grid.H)
}

// finish writes DONE, the last file of a whole run.
func (f *runFolder) finish(seconds float64) error {
	return renameio.WriteFile(f.path("DONE"), fmt.Appendf(nil, "%s, %.0f s\n", time.Now().Format(time.RFC3339), seconds), 0o644)
}

// Close releases the folder. Where no run began in it, because its data cannot be read, say, it is left as it was found.
func (f *runFolder) Close() {
	if _, err := os.Stat(f.path("config.yaml")); errors.Is(err, fs.ErrNotExist) {
		os.Remove(f.path(".lock"))
		if f.made {
			os.Remove(f.dir)
		}
	}
	for _, file := range []*os.File{f.log, f.metrics} {
		if file != nil {
			file.Close()
		}
	}
	if f.events != nil {
		f.events.Close()
	}
	f.lock.Unlock()
}
