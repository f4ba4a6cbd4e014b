package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"simgan/internal/inputfile"
)

// ExportShard is Export for one part of ds. All parts are written into one folder beside out. Whichever process finds
// all parts written writes the tables and gives the folder the name out; finished reports that. what describes the
// images; all parts must have the same. A part that is written already is left alone, and one that was killed is
// written again.
func ExportShard(ds Dataset, out string, variants int, s Shard, what string,
	fill func(e *Exporter, from, to int) error) (finished bool, err error) {
	if out, err = newFolder(out); err != nil {
		return false, err
	}
	e, err := newExporter(ds, variants)
	if err != nil {
		return false, err
	}
	content := fmt.Sprintf("%d images, %d variant(s): %s", ds.Len(), variants, what)
	parts, err := openShards(out, s.Of, content)
	if err != nil {
		return false, err
	}
	if err := e.open(parts.dir); err != nil {
		return false, errors.Join(err, e.close())
	}
	defer func() { err = errors.Join(err, e.close()) }()
	from, to := s.Range(ds.Len())
	err = parts.write(s, func(done string) error {
		if err := fill(e, from, to); err != nil {
			return err
		}
		return e.endShard(from, to, done)
	})
	if err != nil {
		return false, err
	}
	return parts.finish(func() error { return e.finishShards(parts) })
}

// endShard writes the rows of the images from..to, which must be there.
func (e *Exporter) endShard(from, to int, path string) error {
	if err := e.whole(from*e.variants, to*e.variants); err != nil {
		return err
	}
	rows := labelTable{header: e.manifest.header}
	switch {
	case e.pack != nil:
		if err := e.pack.sync(); err != nil {
			return err
		}
	case from < to: // a part of fewer images than parts may have none
		rows.rows = e.manifest.rows[from*e.variants:]
	}
	return rows.write(path)
}

// finishShards writes the tables of all parts.
func (e *Exporter) finishShards(parts shards) error {
	e.manifest.rows = nil
	for part := range parts.of {
		if err := e.readRows(parts.path(shardDone, part)); err != nil {
			return err
		}
	}
	for place := range e.images {
		e.images[place] = e.describe(place)
	}
	return e.finish()
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
