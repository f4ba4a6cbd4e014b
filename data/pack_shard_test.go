package data

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Parts in any order, one of which was stopped and called again alone, make the bytes of one pack.
func TestShardsMakeOnePack(t *testing.T) {
	dir := t.TempDir()
	whole, out := filepath.Join(dir, "whole"), filepath.Join(dir, "a [b]")
	ds, ignore := &large{numbers{n: 7}}, func(int, int) {}
	if err := packSet(t.Context(), ds, "large", whole, ignore); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	for step, c := range []struct {
		part     int
		ctx      context.Context
		done     func(done, total int)
		finished bool
	}{
		{2, t.Context(), ignore, false},
		{0, ctx, func(int, int) { cancel(stop) }, false},
		{1, t.Context(), ignore, false},
		{1, t.Context(), func(int, int) { t.Error("written again") }, false},
		{0, t.Context(), ignore, true},
	} {
		finished, err := packShard(c.ctx, ds, "large", out, Shard{c.part, 3}, c.done)
		if c.ctx != ctx && err != nil || c.ctx == ctx && !errors.Is(err, stop) || finished != c.finished {
			t.Fatalf("step %d: finished %v, %v", step, finished, err)
		}
		if _, err := os.Stat(out); (err == nil) != c.finished {
			t.Errorf("step %d: the pack is there too early, or not at all", step)
		}
	}
	if diff := cmp.Diff(files(t, whole), files(t, out)); diff != "" {
		t.Errorf("%.600s", diff)
	}
	if _, err := packShard(t.Context(), &large{numbers{n: 8}}, "large", whole+"2", Shard{0, 2}, ignore); err != nil {
		t.Fatal(err)
	}
	_, err := packShard(t.Context(), ds, "large", whole+"2", Shard{1, 2}, ignore)
	refused(t, "another data set", err, "pack of 8 images")
}

// Parts that end at the same time make one pack. More parts than images are no fault.
func TestShardsAtOnce(t *testing.T) {
	dir := t.TempDir()
	ds, ignore := &numbers{n: 5}, func(int, int) {}
	if err := packSet(t.Context(), ds, "numbers", filepath.Join(dir, "whole"), ignore); err != nil {
		t.Fatal(err)
	}
	want := files(t, filepath.Join(dir, "whole"))
	for range 20 {
		out := filepath.Join(dir, "pack")
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				if _, err := packShard(t.Context(), ds, "numbers", out, Shard{i, 8}, ignore); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if diff := cmp.Diff(want, files(t, out)); diff != "" {
			t.Fatalf("%.600s", diff)
		}
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
	}
}
