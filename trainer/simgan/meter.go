package simgan

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"simgan/cgo"
	"simgan/parallel"
)

// meter averages losses over a log window on the device; the host reads them once per window. The sums keep their
// addresses: a recorded step adds to the same sums at each launch.
type meter struct {
	sums   map[string]cgo.Tensor
	counts map[string]int // of this window
	added  []string       // names that add was called with since captures emptied it
}

func newMeter() *meter {
	return &meter{sums: map[string]cgo.Tensor{}, counts: map[string]int{}}
}

// add adds a scalar to the sum of the name.
func (m *meter) add(s *cgo.Scope, name string, loss cgo.Tensor) {
	if _, ok := m.sums[name]; !ok {
		zero := s.ZerosLike(loss)
		if s.Err() != nil {
			return
		}
		m.sums[name] = s.Keep(zero)
	}
	s.AddTo(m.sums[name], loss)
	m.count([]string{name}, 1)
	m.added = append(m.added, name)
}

// count adds n to the count of each name, without a value.
func (m *meter) count(names []string, n int) {
	for _, name := range names {
		m.counts[name] += n
	}
}

// hits adds the share of the patches of logits (b, 2, h, w) that D assigns to the class.
func (m *meter) hits(s *cgo.Scope, name string, logits cgo.Tensor, class int64) {
	shape := s.Shape(logits)
	if shape == nil {
		return
	}
	m.add(s, name, s.Scale(s.PatchHits(logits, class), 1/float64(shape[0]*shape[2]*shape[3])))
}

// Total is what a window has counted under one name so far. Checkpoints keep it, so that guards judge whole windows of
// a resumed run.
type Total struct {
	Sum   float32 `json:"sum"`
	Count int     `json:"count"`
}

// open returns the sums of the open window, in the order of their names. Processes that train as one have the same names
// and counts.
func (m *meter) open() (sums []cgo.Tensor) {
	for _, name := range slices.Sorted(maps.Keys(m.sums)) {
		if m.counts[name] > 0 {
			sums = append(sums, m.sums[name])
		}
	}
	return sums
}

// totals reads the window so far. An ErrNotFinite names a loss that is NaN or infinite; the totals are returned all the
// same.
func (m *meter) totals() (map[string]Total, error) {
	totals := map[string]Total{}
	var bad error
	for _, name := range slices.Sorted(maps.Keys(m.sums)) {
		if m.counts[name] == 0 {
			continue
		}
		values, err := cgo.Read(m.sums[name])
		if err != nil {
			return nil, err
		}
		totals[name] = Total{values[0], m.counts[name]}
		if v := float64(values[0]); math.IsNaN(v) || math.IsInf(v, 0) {
			bad = fmt.Errorf("%s is %v: %w", name, v, ErrNotFinite)
		}
	}
	return totals, bad
}

// read returns the averages since the last read, over all processes, and starts a new window. It fails as totals does.
func (m *meter) read(g *parallel.Group) (map[string]float64, error) {
	if err := g.Average(m.open()); err != nil {
		return nil, err
	}
	totals, err := m.totals()
	averages := make(map[string]float64, len(totals))
	for name, t := range totals {
		averages[name] = float64(t.Sum) / float64(t.Count)
	}
	clear(m.counts)
	for _, sum := range m.sums {
		err = errors.Join(err, cgo.Clear(sum))
	}
	return averages, err
}

// restore continues the window that was open when a checkpoint was written.
func (m *meter) restore(device cgo.Device, totals map[string]Total) error {
	m.Close()
	return cgo.Within(func(s *cgo.Scope) error {
		for name, t := range totals {
			sum := s.From([]float32{t.Sum}, device)
			if s.Err() != nil {
				return s.Err()
			}
			m.sums[name], m.counts[name] = s.Keep(sum), t.Count
		}
		return nil
	})
}

// Close frees the sums.
func (m *meter) Close() {
	for _, t := range m.sums {
		cgo.Free(t)
	}
	clear(m.sums)
	clear(m.counts)
}
