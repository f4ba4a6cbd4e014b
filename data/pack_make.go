package data

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"simgan/internal/exit"
)

// chunkBytes is the approximate size of one write, and what a kill can lose per core.
const chunkBytes = 1 << 20

// Pack writes the data set of a SPEC as a pack into the new folder out, on all cores. It calls done with the number of
// images written so far and the total, from several goroutines. Bad files are left out as skip says. Until the pack is
// complete it is in .OUT.partial beside out: if a call is stopped or killed, the same call continues its work and ends
// in the same bytes.
func Pack(ctx context.Context, spec, out string, skip Skip, done func(done, total int)) error {
	ds, out, err := openToPack(ctx, spec, out, skip)
	if err != nil {
		return err
	}
	defer ds.Close()
	return packSet(ctx, ds, spec, out, done)
}

// openToPack opens the images and resolves the folder that the pack will be in.
func openToPack(ctx context.Context, spec, out string, skip Skip) (ds Dataset, place string, err error) {
	if place, err = newFolder(out); err != nil {
		return nil, "", err
	}
	all, err := OpenContext(ctx, spec)
	if err != nil {
		return nil, "", exit.Usagef("%w", err)
	}
	if text := all.Info().Text; text != nil && skip.Warn != nil {
		skip.Warn(fmt.Errorf("column %s: a pack holds numbers, not texts", strings.Join(text, ", ")))
	}
	if ds, err = Readable(ctx, all, skip); err != nil {
		return nil, "", errors.Join(err, all.Close())
	}
	return ds, place, nil
}

// packSet packs an open data set.
func packSet(ctx context.Context, ds Dataset, spec, out string, done func(done, total int)) error {
	p, err := newPacking(ds, spec, beside(out, ".partial"))
	if err != nil {
		return err
	}
	if err := errors.Join(checkOurs(p.dir, journalName), os.MkdirAll(p.dir, 0o755)); err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	err = p.work(journalName, func(j *journal, w *packWriter) error {
		if err := p.fill(ctx, j, w, 0, w.n, done); err != nil {
			return err
		}
		return p.finish(w)
	})
	if err != nil {
		return err
	}
	return publish(p.dir, out, filepath.Join(p.dir, journalName))
}

// packing is a pack that is being written into the folder dir.
type packing struct {
	ds    Dataset
	spec  string
	dir   string
	names []byte // names.txt
	plan  plan
}

func newPacking(ds Dataset, spec, dir string) (p packing, err error) {
	names, err := nameList(ds.Len(), ds.Name)
	if err != nil {
		err = fmt.Errorf("data set %s: %w", spec, err)
	}
	info := ds.Info()
	return packing{ds, spec, dir, names, plan{
		Source: spec, Info: info, Count: ds.Len(), Chunk: max(1, chunkBytes/max(1, info.bytes())),
		Names: crc32.Checksum(names, castagnoli),
	}}, err
}

// work opens the journal and the arrays for f.
func (p packing) work(journalName string, f func(j *journal, w *packWriter) error) (err error) {
	j, err := openJournal(p.dir, journalName, p.plan)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	w, err := newPackWriter(p.dir, p.plan.Info, p.plan.Count)
	if err != nil {
		return fmt.Errorf("data set %s: %w", p.spec, err)
	}
	defer func() { err = errors.Join(err, w.close()) }()
	return f(j, w)
}

// fill writes all chunks of the images first..end-1 that the journal does not list.
func (p packing) fill(ctx context.Context, j *journal, w *packWriter, first, end int, done func(done, total int)) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	var written atomic.Int64
	for from := first; from < end && inner.Err() == nil; from += p.plan.Chunk {
		group.Go(func() error {
			to := min(from+p.plan.Chunk, end)
			if err := packChunk(inner, p.ds, w, j, (from-first)/p.plan.Chunk, from, to); err != nil {
				return err
			}
			done(int(written.Add(int64(to-from))), end-first)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// finish writes the files about all images, which must be there.
func (p packing) finish(w *packWriter) error { return w.finish(p.names, kindOf(p.ds), p.spec) }

// packOf returns the pack that ds reads, or nil if ds is of another kind.
func packOf(ds Dataset) *pack {
	switch d := ds.(type) {
	case *altered:
		return packOf(d.Dataset)
	case *subset:
		return packOf(d.Dataset)
	case *pack:
		return d
	}
	return nil
}

// kindOf returns the kind of the images' first source: for a pack, the kind that was packed.
func kindOf(ds Dataset) string {
	if p := packOf(ds); p != nil {
		return p.about.Kind
	}
	return ds.Info().Kind
}

// packChunk writes images from..to-1 and their line in the journal, unless they are there already.
func packChunk(ctx context.Context, ds Dataset, w *packWriter, j *journal, chunk, from, to int) error {
	if _, ok := j.done[chunk]; ok {
		if levels, labels, err := w.read(from, to-from); err == nil && j.has(chunk, levels, labels) {
			return nil
		}
	}
	var levels, labels []byte
	for i := from; i < to; i++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s, err := ds.Sample(i)
		if err != nil {
			return SkipHint(err)
		}
		if levels, labels, err = w.encode(s.Name, s.Image, s.Label, levels, labels); err != nil {
			return err
		}
	}
	if err := w.write(from, levels, labels); err != nil {
		return err
	}
	return j.add(chunk, levels, labels)
}

// VerifyPack compares a whole pack with its checksums. The error names every file that differs.
func VerifyPack(dir string) (images int, err error) {
	p, err := mapPack(dir, true)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	files := []string{packImages, packNames}
	if p.info.LabelNames != nil {
		files = append(files, packLabels)
	}
	problems := make([]error, len(files))
	var group errgroup.Group
	for i, name := range files {
		group.Go(func() error {
			digest, err := fileSHA256(filepath.Join(dir, name))
			if err == nil && digest != p.about.SHA256[name] {
				err = fmt.Errorf("%s: its content has changed (sha256 %s, but %s in %s): %w",
					filepath.Join(dir, name), digest, p.about.SHA256[name], packAbout, errPack)
			}
			problems[i] = err
			return nil
		})
	}
	waitErr := group.Wait()
	_, namesErr := nameList(p.n, p.Name)
	return p.n, errors.Join(append(problems, waitErr, namesErr)...)
}
