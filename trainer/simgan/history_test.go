package simgan

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"simgan/cgo"
	"simgan/models"
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

// Only what is held is saved; what an earlier file holds beyond that is passed over, and a smaller buffer keeps the
// first images.
func TestHistoryIsSavedAsFarAsItIsFilled(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	open := func(size, held int) (*history, []models.Param) {
		h, err := newHistory(size, 1, cgo.CPU, 1, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.Close)
		h.restore(held, nil, rand.NewPCG(1, 2))
		images, err := h.contents()
		if err != nil {
			t.Fatal(err)
		}
		return h, []models.Param{{Name: "history.0", Tensor: images, Rows: true}}
	}
	for held, want := range map[int][]float32{0: {}, 1: {1, 2}, 3: {1, 2, 3, 4, 5, 6}} {
		path := filepath.Join(dir, fmt.Sprint(held))
		_, from := open(3, held)
		set(t, from[0].Tensor, want)
		if err := models.Save(path, from, nil); err != nil {
			t.Fatal(err)
		}
		for size := max(1, held-1); size < 6; size++ { // smaller, the same, larger
			h, to := open(size, held)
			if err := models.Load(path, to); err != nil {
				t.Fatalf("%d of 3 images into a buffer of %d: %v", held, size, err)
			}
			got, err := cgo.Read(to[0].Tensor)
			if err != nil || h.held != min(held, size) || !slices.Equal(got, want[:2*h.held]) {
				t.Errorf("%d of 3 images into a buffer of %d: holds %d, %v, %v", held, size, h.held, got, err)
			}
		}
	}
}
