package rundir

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"simgan/internal/inputfile"
	"simgan/trainer/config"
)

// Keys that every record of metrics.jsonl has. Losses stand beside them under the paper's names.
const (
	keyStep  = "step"
	keyPhase = "phase"
)

// MetricNames lists the names of numbers in records of metrics.jsonl. Which of them a record has depends on its phase
// and on the config.
var MetricNames = []string{
	"L_R", "l_real", "l_reg", "l_label", "l_div", "L_D", "r1", "d_refined_right", "d_real_right",
	"refined_change", "domain_distance", "refined_variance", "synthetic_variance", "real_variance",
	RealismDistance, SyntheticDistance,
	"lr_refiner", "lr_discriminator", "images_per_second", "loader_wait_share",
}

// Names of measurements: the distance of refined images from real ones, see twosample.Reference, and that of the same images
// before refining.
const (
	RealismDistance   = "realism_distance"
	SyntheticDistance = "realism_distance_synthetic"
)

// Record is a line of metrics.jsonl: the averages of a log window.
type Record map[string]any

// NewRecord returns a record of a log window that ends at the step of the phase.
func NewRecord(phase config.Phase, step int) Record { return Record{keyStep: step, keyPhase: phase} }

// Step returns the step at which the window ended.
func (r Record) Step() float64 {
	step, _ := r[keyStep].(float64)
	return step
}

// In reports whether the record belongs to the phase.
func (r Record) In(phase config.Phase) bool { return r[keyPhase] == string(phase) }

// Number returns the number under a name. ok is false if there is none, for instance because a loss was NaN.
func (r Record) Number(name string) (value float64, ok bool) {
	value, ok = r[name].(float64)
	return value, ok
}

// AppendMetrics appends a record to metrics.jsonl and its scalars, named PHASE/NAME, to TensorBoard's events. It
// returns an error if the folder was removed: its open files would take the record, and nobody would ever see it.
func (f *Folder) AppendMetrics(r Record, step int, scalars map[string]float64) error {
	text, err := json.Marshal(r)
	if err := errors.Join(err, f.There()); err != nil {
		return err
	}
	if _, err = f.metrics.Write(append(text, '\n')); err == nil {
		err = f.events.Scalars(int64(step), scalars)
	}
	return explainFull(f.Dir, err)
}

// HasMetrics reports whether the run has metrics already.
func (f *Folder) HasMetrics() (bool, error) {
	info, err := os.Stat(f.path(MetricsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.Size() > 0, err
}

// MetricsSize returns the length of metrics.jsonl in bytes, after it is on the disk.
func (f *Folder) MetricsSize() (int64, error) {
	if err := f.metrics.Sync(); err != nil {
		return 0, err
	}
	info, err := f.metrics.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// ReadMetrics reads a metrics.jsonl. A last line that a kill cut short is left out, and cut is its number; 0 if the
// file is whole. Any other broken line is an error.
func ReadMetrics(path string) (records []Record, cut int, err error) {
	file, err := inputfile.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxRecord)
	for n := 1; lines.Scan(); n++ {
		var record Record
		switch {
		case cut > 0:
			return nil, 0, fmt.Errorf("%s: line %d is no JSON object", path, cut)
		case json.Unmarshal(lines.Bytes(), &record) != nil || record == nil:
			cut = n
		default:
			records = append(records, record)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, 0, fmt.Errorf("%s: after line %d: %w", path, len(records), err)
	}
	return records, cut, nil
}

// maxRecord bounds a line of metrics.jsonl in bytes.
const maxRecord = 1 << 20
