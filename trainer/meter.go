package trainer

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"simgan/cgo"
)

// meter averages losses over a log window on the device; the host reads them once a window. The sums stay where they are:
// a step that was recorded adds to the same ones whenever it is launched.
type meter struct {
	sums   map[string]cgo.Tensor
	counts map[string]int // of this window
	added  []string       // names that add was called with, since someone emptied it
}

func newMeter() *meter {
	return &meter{sums: map[string]cgo.Tensor{}, counts: map[string]int{}}
}

// add counts a scalar under the name.
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

// count counts each of the names n more times, without a value.
func (m *meter) count(names []string, n int) {
	for _, name := range names {
		m.counts[name] += n
	}
}

// hits counts the share of the patches of logits (b, 2, h, w) that D puts into the class.
func (m *meter) hits(s *cgo.Scope, name string, logits cgo.Tensor, class int64) {
	shape := s.Shape(logits)
	if shape == nil {
		return
	}
	m.add(s, name, s.Scale(s.PatchHits(logits, class), 1/float64(shape[0]*shape[2]*shape[3])))
}

// total is what a window has counted of one name so far; checkpoints keep it, so that a resumed run judges whole windows.
type total struct {
	Sum   float32 `json:"sum"`
	Count int     `json:"count"`
}

// totals reads the window so far. ErrNotFinite names a loss that is NaN or infinite; the totals are there all the same.
func (m *meter) totals() (map[string]total, error) {
	totals := map[string]total{}
	var bad error
	for _, name := range slices.Sorted(maps.Keys(m.sums)) {
		if m.counts[name] == 0 {
			continue
		}
		values, err := cgo.Read(m.sums[name])
		if err != nil {
			return nil, err
		}
		totals[name] = total{values[0], m.counts[name]}
		if v := float64(values[0]); math.IsNaN(v) || math.IsInf(v, 0) {
			bad = fmt.Errorf("%s is %v: %w", name, v, ErrNotFinite)
		}
	}
	return totals, bad
}

// read is the averages since the last read, and starts a new window. It fails as totals.
func (m *meter) read() (map[string]float64, error) {
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

// restore goes on with a window that a checkpoint was made in.
func (m *meter) restore(device cgo.Device, totals map[string]total) error {
	m.Close()
	return cgo.Within(func(s *cgo.Scope) error {
		for name, t := range totals {
			sum := s.From([]float32{t.Sum}, device)
			if s.Err() != nil {
				return nil // Within reports it
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
