package simgan

import (
	"slices"
	"testing"

	"simgan/cgo"
)

// draw and add do what a step of D does with the history.
func (b *history) draw(s *cgo.Scope, n int) cgo.Tensor { return b.at(s, b.sent(s, b.pick(b.held, n))) }

func (b *history) add(s *cgo.Scope, refined cgo.Tensor, n int) error {
	_, replaced := b.places(n)
	b.replace(s, b.sent(s, replaced), refined)
	return s.Err()
}

func (b *history) sent(s *cgo.Scope, places []int64) cgo.Tensor {
	bytes := make([]byte, 8*len(places))
	encodeInts(bytes, places)
	info, _ := cgo.Info(b.images)
	return s.As(s.To(s.FromBytes(bytes), info.Device, cgo.Uint8), cgo.Int64)
}

// The buffer fills, then keeps its size while half-batches of it are replaced, and draws all of it in the long run.
func TestHistoryFillsAndReplaces(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	const size, half = 10, 4
	h, err := newHistory(size, 1, cgo.CPU, 1, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	contents := func() []float32 {
		v, err := cgo.Read(h.images)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	next := float32(0)
	add := func() {
		err := cgo.Within(func(s *cgo.Scope) error {
			v := make([]float32, half)
			for i := range v {
				next++
				v[i] = next
			}
			return h.add(s, s.From(v, cgo.CPU, half, 1, 1, 1), half)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, held := range []int{4, 8, 10} {
		add()
		if h.held != held {
			t.Errorf("holds %d, want %d", h.held, held)
		}
	}
	if slices.Contains(contents(), 0) {
		t.Errorf("full, but with empty places: %v", contents())
	}
	before := contents()
	add()
	changed := 0
	for i, v := range contents() {
		if v != before[i] {
			changed++
		}
	}
	if changed != half || h.held != size {
		t.Errorf("%d places changed, %d held; want %d and %d", changed, h.held, half, size)
	}
	seen := map[float32]bool{}
	for range 100 {
		err := cgo.Within(func(s *cgo.Scope) error {
			v, err := cgo.Read(h.draw(s, half))
			drawn := map[float32]bool{}
			for _, x := range v {
				seen[x], drawn[x] = true, true
			}
			if len(drawn) != half {
				t.Errorf("drew %v: repeated", v)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != size {
		t.Errorf("100 draws saw %d of %d images", len(seen), size)
	}
}
