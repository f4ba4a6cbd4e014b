package trainer

import (
	"fmt"
	"math"
	"sort"

	"simgan/cgo"
)

// meter averages losses over a log window on the device; the host reads them once a window.
type meter struct {
	sums   map[string]cgo.Tensor
	counts map[string]int
}

func newMeter() *meter {
	return &meter{sums: map[string]cgo.Tensor{}, counts: map[string]int{}}
}

// add counts a scalar under the name.
func (m *meter) add(s *cgo.Scope, name string, loss cgo.Tensor) {
	value := s.Detach(loss)
	if old, ok := m.sums[name]; ok {
		value = s.Add(old, value)
	}
	if s.Err() != nil {
		return
	}
	cgo.Free(m.sums[name])
	m.sums[name] = s.Keep(value)
	m.counts[name]++
}

// hits counts the share of the patches of logits (b, 2, h, w) that D puts into the class.
func (m *meter) hits(s *cgo.Scope, name string, logits cgo.Tensor, class int64) {
	shape := s.Shape(logits)
	if shape == nil {
		return
	}
	m.add(s, name, s.Scale(s.PatchHits(logits, class), 1/float64(shape[0]*shape[2]*shape[3])))
}

// read is the averages since the last read. ErrNotFinite names a loss that is NaN or infinite.
func (m *meter) read() (map[string]float64, error) {
	averages := map[string]float64{}
	names := make([]string, 0, len(m.sums))
	for name := range m.sums {
		names = append(names, name)
	}
	sort.Strings(names)
	var bad error
	for _, name := range names {
		values, err := cgo.Read(m.sums[name])
		if err != nil {
			return nil, err
		}
		averages[name] = float64(values[0]) / float64(m.counts[name])
		if math.IsNaN(averages[name]) || math.IsInf(averages[name], 0) {
			bad = fmt.Errorf("%s is %v: %w", name, averages[name], ErrNotFinite)
		}
	}
	m.Close()
	return averages, bad
}

// Close frees the sums.
func (m *meter) Close() {
	for _, t := range m.sums {
		cgo.Free(t)
	}
	clear(m.sums)
	clear(m.counts)
}
