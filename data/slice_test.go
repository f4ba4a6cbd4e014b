package data

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// Several loaders together deliver the batches of one, in any epoch, also from a position on.
func TestSlicesAreTheStream(t *testing.T) {
	set, err := Open("simulated:eyes,n=10")
	if err != nil {
		t.Fatal(err)
	}
	const batch = 6
	for _, from := range []int64{0, 2 * batch} {
		want := batchesOf(t, set, LoaderConfig{Batch: batch, Seed: 5}, from, 4)
		for _, ranks := range []int{2, 3} {
			got := make([][]int, len(want))
			for rank := range ranks {
				c := LoaderConfig{Batch: batch / ranks, Seed: 5, Rank: rank, Ranks: ranks}
				for i, part := range batchesOf(t, set, c, from, len(want)) {
					got[i] = append(got[i], part...)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%d processes from %d: batches %v, want %v", ranks, from, got, want)
			}
		}
	}
}

// A position is that of the next image, whatever the number of processes; a foreign one leads to a whole batch.
func TestSlicePositions(t *testing.T) {
	for _, s := range []slice{{0, 1, 4}, {0, 2, 4}, {1, 3, 2}} {
		for k := range int64(20) {
			if got := s.first(s.next(k)); got != k {
				t.Errorf("%+v: image %d continues at %d", s, k, got)
			}
		}
	}
	if got := (slice{1, 2, 4}).first(7); got != 4 { // 7 of 8 were taken: the slice had its 4
		t.Errorf("position 7 continues at image %d, want 4", got)
	}
}

func batchesOf(t *testing.T, set Dataset, c LoaderConfig, from int64, n int) (batches [][]int) {
	t.Helper()
	l, err := NewLoader(set, c, Position{Next: from})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i := range n {
		b, err := l.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		batches = append(batches, slices.Clone(b.Index))
		if want := from + int64((i+1)*c.Batch*max(1, c.Ranks)); l.Position().Next != want {
			t.Errorf("position %d after batch %d, want %d", l.Position().Next, i, want)
		}
	}
	return batches
}

// A loader that delivers levels once delivers labels each time.
func TestLabelsOfHeldImages(t *testing.T) {
	for _, spec := range []string{"simulated:eyes,n=3", "pack:" + packed(t, "simulated:eyes,n=3")} {
		set := opened(t, spec)
		l, err := NewLoader(set, LoaderConfig{Batch: 2, Once: true}, Position{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for range 6 { // four epochs
			b, err := l.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for k, i := range b.Index {
				want, err := set.Sample(i)
				if err != nil || !slices.Equal(b.Label(k), want.Label) {
					t.Errorf("%s: label of image %d is %v, want %v, %v", spec, i, b.Label(k), want.Label, err)
				}
			}
		}
	}
}
