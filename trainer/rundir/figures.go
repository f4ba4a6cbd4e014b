package rundir

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"simgan/trainer/rundir/events"
)

// ShowFigures writes the numbers of an evaluation of a run's checkpoint, which encodes as a JSON object, to events for
// TensorBoard, at the checkpoint's step. The checkpoint is named as FindCheckpoint takes it. Names are prefix and the
// keys on the way to a number, as eval/refined/mean; numbers in lists are left out. The events are in a folder of their
// own: TensorBoard reads the newest file of a folder only, and the run may still be training.
func ShowFigures(dir, checkpoint, prefix string, result any) error {
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	scalars := map[string]float64{}
	collect(scalars, prefix, object)
	found, err := FindCheckpoint(dir, checkpoint)
	if err != nil {
		return err
	}
	step, _ := stepOf(filepath.Base(found), "") // FindCheckpoint returns folders of steps only
	folder := filepath.Join(dir, figuresFolder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("figures for TensorBoard: %w", err)
	}
	w, err := events.Create(folder, 0)
	if err != nil {
		return fmt.Errorf("figures for TensorBoard: %w", err)
	}
	defer w.Close()
	return w.Scalars(int64(step), scalars)
}

// collect adds the numbers of a value to scalars.
func collect(scalars map[string]float64, name string, value any) {
	switch v := value.(type) {
	case float64:
		scalars[name] = v
	case map[string]any:
		for key, part := range v {
			collect(scalars, name+"/"+key, part)
		}
	}
}
