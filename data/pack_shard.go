package data

import (
	"context"
	"errors"
	"fmt"

	"simgan/internal/atomicfile"
)

// shardJournal lists the written chunks of a part.
const shardJournal = ".shard-%d.journal"

// PackShard is Pack for one part of the images. Parts may be written at the same time, on several machines with one
// file system. Whichever process writes the last one gives the pack its name; finished reports that. The pack has
// the bytes of Pack's. Until then it is in .OUT.shards beside out. A part that was stopped or killed continues there.
func PackShard(ctx context.Context, spec, out string, skip Skip, part Shard,
	progress func(done, total int)) (finished bool, err error) {
	ds, out, err := openToPack(ctx, spec, out, skip)
	if err != nil {
		return false, err
	}
	defer ds.Close()
	return packShard(ctx, ds, spec, out, part, progress)
}

// packShard packs a part of an open data set.
func packShard(ctx context.Context, ds Dataset, spec, out string, part Shard,
	progress func(done, total int)) (finished bool, err error) {
	p, err := newPacking(ds, spec, beside(out, shardSuffix))
	if err != nil {
		return false, err
	}
	// The names' checksum tells a data set from the same one after a change.
	what := fmt.Sprintf("a pack of %d images of %s, names %08x", ds.Len(), spec, p.plan.Names)
	parts, err := openShards(out, part.Of, what)
	if err != nil {
		return false, err
	}
	name := fmt.Sprintf(shardJournal, part.Index)
	err = parts.write(part, func(done string) error {
		err := p.work(name, func(j *journal, w *packWriter) error {
			from, to := part.Range(w.n)
			return errors.Join(p.fill(ctx, j, w, from, to, progress), w.sync())
		})
		if err != nil {
			return err
		}
		return atomicfile.Write(done, nil)
	})
	if err != nil {
		return false, err
	}
	return parts.finish(func() error {
		return p.work(name, func(_ *journal, w *packWriter) error { return p.finish(w) })
	})
}
