package config

import (
	"math"

	"gopkg.in/yaml.v3"
)

// History is B, the number of refined images that the history keeps; 0: no history.
type History int

// HistoryAuto lets a run choose B by its batch and its data set. The run's config.yaml has the number.
const HistoryAuto History = math.MinInt

const auto = "auto"

// UnmarshalYAML accepts auto and whole numbers.
func (h *History) UnmarshalYAML(n *yaml.Node) error {
	if n.Value == auto {
		*h = HistoryAuto
		return nil
	}
	return n.Decode((*int)(h))
}

// MarshalYAML is the reverse of UnmarshalYAML.
func (h History) MarshalYAML() (any, error) {
	if h == HistoryAuto {
		return auto, nil
	}
	return int(h), nil
}

// What auto stands for. The paper's B is 100 batches. Beyond ten refined versions of each image a history is memory and
// disk for images that hardly differ.
const (
	historyBatches  = 100
	historyVersions = 10
)

// ResolveHistory replaces auto for a data set of n synthetic images.
func (t *Train) ResolveHistory(n int) {
	if t.History == HistoryAuto {
		t.History = History(max(t.Batch/2, min(historyVersions*n, historyBatches*min(t.Batch, n))))
	}
}
