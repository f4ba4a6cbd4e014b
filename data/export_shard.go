package data

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"simgan/internal/exit"
	"simgan/internal/filelock"
	"simgan/internal/inputfile"
)

// Shard is part Index of Of equal parts of a data set, 0 <= Index < Of. Parts are ranges of images.
type Shard struct{ Index, Of int }

// ParseShard reads "i/n".
func ParseShard(text string) (s Shard, err error) {
	n, err := fmt.Sscanf(text+" ", "%d/%d ", &s.Index, &s.Of)
	if n != 2 || err != nil || s.Of < 1 || s.Index < 0 || s.Index >= s.Of || s.String() != text {
		return s, exit.Usagef("shard %q: use i/n, the part i of n, where i counts from 0, as 0/4", text)
	}
	return s, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// Range returns the part's images from..to of n.
func (s Shard) Range(n int) (from, to int) { return s.Index * n / s.Of, (s.Index + 1) * n / s.Of }

// Names in the folder of an export by shards. Its mark is written first and says what all shards must agree on.
const (
	shardsMark  = ".shards"
	shardLock   = ".shard-%d.lock"
	shardTable  = ".shard-%d.csv" // the shard's rows of the manifest, written when its images are
	finishLock  = ".finish.lock"
	finishWait  = 10 * time.Minute
	shardSuffix = ".shards"
)

// ExportShard is Export for one part of ds. All parts are written into one folder beside out. Whichever process finds
// all parts written writes the tables and gives the folder the name out; finished reports that. what describes the
// images; all parts must have the same. A part that is written already is left alone, and one that was killed is
// written again.
func ExportShard(ctx context.Context, ds Dataset, out string, variants int, s Shard, what string,
	fill func(e *Exporter, from, to int) error) (finished bool, err error) {
	if out, err = newFolder(out); err != nil {
		return false, err
	}
	e, err := newExporter(ds, variants)
	if err != nil {
		return false, err
	}
	dir := beside(out, shardSuffix)
	parts := fmt.Sprintf("%d parts of %d images, %d variant(s): %s\n", s.Of, ds.Len(), variants, what)
	if err := openShards(dir, parts); err != nil {
		return false, fmt.Errorf("output folder: %w", err)
	}
	if err := e.open(dir); err != nil {
		return false, errors.Join(err, e.close())
	}
	defer func() { err = errors.Join(err, e.close()) }()
	if err := e.writeShard(s, fill); err != nil {
		return false, err
	}
	return e.finishShards(ctx, s.Of, out)
}

// openShards makes the folder, or checks that it is of the same export.
func openShards(dir, what string) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := makeShards(dir, what); err != nil {
			return err
		}
	}
	if err := checkOurs(dir, shardsMark); err != nil {
		return err
	}
	text, err := inputfile.Read(filepath.Join(dir, shardsMark), inputfile.Small)
	if err == nil && string(text) != what {
		err = fmt.Errorf("%s holds %s, not %s; remove it to begin again", dir, strings.TrimSpace(string(text)),
			strings.TrimSpace(what))
	}
	return err
}

// makeShards makes the folder with its mark in it, unless another process does so now.
func makeShards(dir, what string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".new-")
	if err != nil {
		return err
	}
	err = errors.Join(os.Chmod(fresh, 0o755), os.WriteFile(filepath.Join(fresh, shardsMark), []byte(what), 0o644))
	if err == nil {
		err = os.Rename(fresh, dir)
	}
	if err == nil {
		return nil
	}
	if _, there := os.Lstat(dir); there == nil { // another process was first
		err = nil
	}
	return errors.Join(err, os.RemoveAll(fresh))
}

// writeShard writes the part's images and then its rows, unless they are there.
func (e *Exporter) writeShard(s Shard, fill func(e *Exporter, from, to int) error) (err error) {
	lock, err := filelock.Try(filepath.Join(e.dir, fmt.Sprintf(shardLock, s.Index)))
	if err != nil {
		return fmt.Errorf("%s: another simgan is writing shard %v: %w", e.dir, s, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	table := filepath.Join(e.dir, fmt.Sprintf(shardTable, s.Index))
	if _, err := os.Stat(table); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	from, to := s.Range(e.source.Len())
	if err := fill(e, from, to); err != nil {
		return err
	}
	if err := e.whole(from*e.variants, to*e.variants); err != nil {
		return err
	}
	rows := labelTable{header: e.manifest.header}
	if e.pack == nil {
		rows.rows = e.manifest.rows[from*e.variants:]
	} else if err := e.pack.sync(); err != nil {
		return err
	}
	return rows.write(table)
}

// finishShards writes the tables and publishes the folder if all n parts are written.
func (e *Exporter) finishShards(ctx context.Context, n int, out string) (finished bool, err error) {
	lock, err := filelock.Wait(ctx, filepath.Join(e.dir, finishLock), finishWait)
	if errors.Is(err, fs.ErrNotExist) { // another process has published the folder
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	marks := append(lock.Files(), filepath.Join(e.dir, shardsMark))
	e.manifest.rows = nil
	for k := range n {
		table := filepath.Join(e.dir, fmt.Sprintf(shardTable, k))
		if err := e.readRows(table); errors.Is(err, fs.ErrNotExist) {
			_, published := os.Stat(filepath.Join(e.dir, shardsMark))
			return errors.Is(published, fs.ErrNotExist), nil
		} else if err != nil {
			return false, err
		}
		locks, err := filepath.Glob(filepath.Join(e.dir, fmt.Sprintf(shardLock, k)+"*"))
		if err != nil {
			return false, err
		}
		marks = append(append(marks, table), locks...)
	}
	for place := range e.images {
		e.images[place] = e.describe(place)
	}
	if err := e.finish(); err != nil {
		return false, err
	}
	return true, publish(e.dir, out, marks...)
}

// readRows appends the rows of a part's table.
func (e *Exporter) readRows(path string) error {
	file, err := inputfile.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	rows := csv.NewReader(file)
	if _, err := rows.Read(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		e.manifest.rows = append(e.manifest.rows, row)
	}
}
