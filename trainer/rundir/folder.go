package rundir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"simgan/data/picture"
	"simgan/internal/atomicfile"
	"simgan/internal/filelock"
	"simgan/internal/showtext"
	"simgan/trainer/rundir/events"
)

// Folder is the folder of one run. A process that trains holds its lock.
type Folder struct {
	Dir     string
	Out     io.Writer // the terminal
	lock    *filelock.Lock
	log     *os.File
	metrics *os.File
	events  *events.Writer
	created bool        // the folder did not exist before
	locked  os.FileInfo // of the lock's file, to notice that the folder was removed

	process *Process // Record's
}

// Open creates the run's folder or, to resume, opens it, and locks it. A folder that holds a run is refused unless
// resuming.
func Open(dir string, resume bool, out io.Writer) (*Folder, error) {
	_, err := os.Stat(dir)
	f := &Folder{Dir: dir, Out: out, created: errors.Is(err, fs.ErrNotExist)}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("run folder: %w", explainDenied(dir, err))
	}
	f.lock, err = filelock.Try(f.path(LockFile))
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("run folder %s: another process is training in it; wait for it, or choose another --run: %w",
			dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("run folder %s: cannot be locked: %w", dir, explainDenied(dir, err))
	}
	if f.locked, err = os.Stat(f.path(LockFile)); err != nil {
		return nil, errors.Join(err, f.lock.Unlock())
	}
	_, err = os.Stat(f.path(ConfigFile))
	if err == nil && !resume {
		f.Close()
		return nil, fmt.Errorf("run folder %s: already holds a run; continue it with --resume, or choose another --run", dir)
	}
	if err != nil && resume {
		f.Close()
		return nil, fmt.Errorf("run folder %s: holds no run to resume (no %s)", dir, ConfigFile)
	}
	return f, nil
}

// There returns an error if the folder that Open locked is no longer at its path.
func (f *Folder) There() error {
	now, err := os.Stat(f.path(LockFile))
	if err == nil && os.SameFile(now, f.locked) {
		return nil
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("run folder %s: was removed or replaced while the run trained in it, with its checkpoints", f.Dir)
	}
	return fmt.Errorf("run folder %s: %w", f.Dir, err)
}

func (f *Folder) path(parts ...string) string {
	return filepath.Join(append([]string{f.Dir}, parts...)...)
}

// Start writes the config and opens the files that grow. It cuts metrics.jsonl to metricsBytes, its length at the
// checkpoint that the run continues from: later lines will be written again. step is the first step of the new events,
// which hold the config as text.
func (f *Folder) Start(config []byte, metricsBytes, step int64) (err error) {
	if err = atomicfile.Write(f.path(ConfigFile), config); err != nil {
		return err
	}
	for _, folder := range []string{samplesFolder, checkpointsFolder} {
		if err = os.MkdirAll(f.path(folder), 0o755); err != nil {
			return err
		}
	}
	const flags = os.O_CREATE | os.O_APPEND | os.O_WRONLY
	if f.log, err = os.OpenFile(f.path(LogFile), flags, 0o644); err != nil {
		return err
	}
	if f.metrics, err = os.OpenFile(f.path(MetricsFile), flags, 0o644); err != nil {
		return err
	}
	size, err := f.MetricsSize()
	if err != nil {
		return err
	}
	if err = f.metrics.Truncate(min(size, metricsBytes)); err != nil {
		return err
	}
	if f.events, err = events.Create(f.Dir, step); err != nil {
		return err
	}
	return f.events.Text(step, "config", "```yaml\n"+string(config)+"```\n")
}

// Logf writes a line to the terminal and, after Start, to log.txt with the time. Control characters, for instance of a
// file's name, are shown as escapes.
func (f *Folder) Logf(format string, args ...any) {
	fmt.Fprintln(f.Out, showtext.Clean(fmt.Sprintf(format, args...)))
	f.Note(format, args...)
}

// Note is Logf without the terminal.
func (f *Folder) Note(format string, args ...any) {
	if f.log != nil {
		fmt.Fprintf(f.log, "%s %s\n", time.Now().Format(time.RFC3339), showtext.Clean(fmt.Sprintf(format, args...)))
	}
}

// WriteSamples writes samples/step-NNNNNNN.png and shows it to TensorBoard.
func (f *Folder) WriteSamples(step int, grid picture.Image) error {
	path := f.path(samplesFolder, stepName(step)+".png")
	if err := picture.EncodePNG(path, grid); err != nil {
		return err
	}
	png, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return f.events.Image(int64(step), "samples", png, grid.W, grid.H)
}

// removeTemporaryFiles removes the temporary files of a killed process. Other files are left alone.
func (f *Folder) removeTemporaryFiles() error {
	for _, dir := range []string{f.Dir, f.path(samplesFolder)} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			target, ok := atomicfile.Target(e.Name())
			grid := strings.HasPrefix(target, stepPrefix) && strings.HasSuffix(target, ".png")
			ours := []string{
				ConfigFile, DoneFile, ReportFile, EvalFile, RealismFile, LabelsFile, WorstFile, FlickerFile, TuringFile,
				BestFile, ProvenanceFile,
			}
			if ok && (grid || slices.Contains(ours, target)) {
				if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// IsDone reports whether the run of a folder has finished.
func IsDone(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, DoneFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Reopen removes DONE from a finished run that is to make more steps.
func (f *Folder) Reopen() error { return os.Remove(f.path(DoneFile)) }

// Finish writes DONE, the last file of a run.
func (f *Folder) Finish(seconds float64) error {
	text := fmt.Appendf(nil, "%s, %.0f s\n", time.Now().Format(time.RFC3339), seconds)
	return atomicfile.Write(f.path(DoneFile), text)
}

// Close releases the folder. If no run started in it, for instance because its data cannot be read, Close leaves the
// folder as Open found it.
func (f *Folder) Close() {
	for _, file := range []*os.File{f.log, f.metrics} {
		if file != nil {
			file.Close()
		}
	}
	if f.events != nil {
		f.events.Close()
	}
	_, err := os.Stat(f.path(ConfigFile))
	unused := errors.Is(err, fs.ErrNotExist) && f.There() == nil
	if unused {
		os.Remove(f.path(LockFile))
	}
	f.lock.Unlock()
	if unused && f.created {
		os.Remove(f.Dir)
	}
}
