package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"simgan/data/picture"
	"simgan/internal/inputfile"
)

// manifestName is the file that lists the source of each refined image.
const manifestName = "manifest.csv"

// manifestColumns come before the labels in a manifest.
var manifestColumns = []string{"source", "refined", "variant"}

// labelRows reads the rows of a CSV whose first column is the image's path, of a refined folder's manifest, or of JSON
// Lines.
type labelRows struct {
	path   string
	header []string // the column of paths, then one column per label
	key    int      // index of the path in a row
	first  int      // index of the first label
	file   *os.File
	read   func() (row []string, line int, err error) // the row is valid until the next call; io.EOF at the end
}

func openLabelRows(path string) (*labelRows, error) {
	file, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	if err := inputfile.SkipMark(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r := &labelRows{path: path, first: 1, file: file}
	begin := r.beginCSV
	if isJSONLines(path) {
		begin = r.beginJSONLines
	}
	if err := begin(); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func (r *labelRows) beginJSONLines() error {
	lines, err := newJSONLines(r.file)
	if err == nil {
		r.header, r.read = lines.columns, lines.read
	}
	return err
}

func (r *labelRows) beginCSV() error {
	table := csv.NewReader(r.file)
	table.ReuseRecord = true
	header, err := table.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("is empty; its first line must name the columns, for example file,label1,label2")
	}
	if err != nil {
		return err
	}
	if err := checkHeader(header); err != nil {
		return fmt.Errorf("line 1: %w", err)
	}
	r.header = slices.Clone(header)
	if len(header) >= 3 && slices.Equal(header[:3], manifestColumns) {
		r.key, r.first = 1, 3
		r.header = append([]string{"file"}, header[3:]...)
	}
	r.read = func() (row []string, line int, err error) {
		if row, err = table.Read(); err == nil {
			line, _ = table.FieldPos(0)
		}
		return row, line, err
	}
	return nil
}

// maxColumns bounds the columns of a CSV.
const maxColumns = 10000

// checkHeader refuses a first line that is no header of ours, and says how to write one.
func checkHeader(header []string) error {
	switch {
	case len(header) > maxColumns:
		return fmt.Errorf("has %d columns; a table of labels may have %d", len(header), maxColumns)
	case picture.HasName(header[0]):
		return fmt.Errorf("is an image's line already; put a header before it, for example file,label1,label2")
	case len(header) == 1 && strings.ContainsAny(header[0], ";\t"):
		return fmt.Errorf("%q is one column; columns are separated by commas, not by semicolons or tabs", header[0])
	}
	return nil
}

// next returns the next row: the image's path, one cell per label (valid until the next call) and the line number. At
// the end it returns io.EOF.
func (r *labelRows) next() (name string, cells []string, line int, err error) {
	row, line, err := r.read()
	if errors.Is(err, io.EOF) {
		return "", nil, 0, io.EOF
	}
	if err != nil {
		return "", nil, 0, fmt.Errorf("%s: %w", r.path, err)
	}
	return row[r.key], row[r.first:], line, nil
}

func (r *labelRows) close() { r.file.Close() }
