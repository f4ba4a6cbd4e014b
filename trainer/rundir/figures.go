package rundir

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"simgan/trainer/rundir/events"
)

// ShowFigures writes the numbers of an evaluation, which encodes as a JSON object, to TensorBoard's events of a run, at
// the step of its newest checkpoint. Their names are prefix and the keys on the way to them, as eval/refined/mean.
// Numbers in lists are left out.
func ShowFigures(dir, prefix string, result any) error {
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
	step, err := latestStep(dir)
	if err != nil {
		return err
	}
	w, err := events.Create(dir, 0)
	if err != nil {
		return fmt.Errorf("figures for TensorBoard: %w", err)
	}
	defer w.Close()
	return w.Scalars(step, scalars)
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

// latestStep returns the step of a run's newest checkpoint; 0 if there is none.
func latestStep(dir string) (int64, error) {
	latest, err := LatestCheckpoint(dir)
	if err != nil || latest == "" {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimPrefix(filepath.Base(latest), stepPrefix), 10, 64)
}
