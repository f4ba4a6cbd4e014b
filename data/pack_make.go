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
	out, err := newFolder(out)
	if err != nil {
		return err
	}
	ds, err := OpenContext(ctx, spec)
	if err != nil {
		return exit.Usagef("%w", err)
	}
	defer ds.Close()
	if text := ds.Info().Text; text != nil && skip.Warn != nil {
		skip.Warn(fmt.Errorf("column %s: a pack holds numbers, not texts", strings.Join(text, ", ")))
	}
	readable, err := Readable(ctx, ds, skip)
	if err != nil {
		return err
	}
	return packSet(ctx, readable, spec, out, done)
}

// packSet packs an open data set.
func packSet(ctx context.Context, ds Dataset, spec, out string, done func(done, total int)) error {
	names, err := nameList(ds.Len(), ds.Name)
	if err != nil {
		return fmt.Errorf("data set %s: %w", spec, err)
	}
	partial := beside(out, ".partial")
	if err := errors.Join(checkOurs(partial, journalName), os.MkdirAll(partial, 0o755)); err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	if err := fillPack(ctx, ds, spec, partial, names, done); err != nil {
		return err
	}
	return publish(partial, out, filepath.Join(partial, journalName))
}

// fillPack writes all chunks into the partial folder that its journal does not list.
func fillPack(ctx context.Context, ds Dataset, spec, dir string, names []byte,
	done func(done, total int)) (err error) {
	info := ds.Info()
	chunk := max(1, chunkBytes/max(1, info.bytes()))
	sum := crc32.Checksum(names, castagnoli)
	j, err := openJournal(dir, plan{Source: spec, Info: info, Count: ds.Len(), Chunk: chunk, Names: sum})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	w, err := newPackWriter(dir, info, ds.Len())
	if err != nil {
		return fmt.Errorf("data set %s: %w", spec, err)
	}
	defer func() { err = errors.Join(err, w.close()) }()
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	var written atomic.Int64
	for from := 0; from < w.n && inner.Err() == nil; from += chunk {
		group.Go(func() error {
			to := min(from+chunk, w.n)
			if err := packChunk(inner, ds, w, j, from/chunk, from, to); err != nil {
				return err
			}
			done(int(written.Add(int64(to-from))), w.n)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return w.finish(names, kindOf(ds), spec)
}

// packOf returns the pack that ds reads, or nil if ds is of another kind.
func packOf(ds Dataset) *pack {
	if d, ok := ds.(*altered); ok {
		return packOf(d.Dataset)
	}
	p, _ := ds.(*pack)
	return p
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
