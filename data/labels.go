package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"simgan/data/picture"
	"simgan/internal/inputfile"
)

// labels holds the rows of a CSV: a relative path, then numbers and texts. A column is of text if its first value is no
// number.
type labels struct {
	path   string
	names  []string // of the columns of numbers
	text   []string // of the columns of text
	isText []bool   // by column; nil before the first row
	header []string // all columns
	values map[string][]float32
	texts  map[string][]string // empty without columns of text
	lines  map[string]int
	unique map[string]string // texts so far: one copy of each is kept
}

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

// readLabels reads all labels of a CSV or of JSON Lines.
func readLabels(path string) (*labels, error) {
	rows, err := openLabelRows(path)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	l := &labels{
		path: path, header: rows.header[1:], values: map[string][]float32{}, texts: map[string][]string{},
		lines: map[string]int{}, unique: map[string]string{},
	}
	for {
		name, cells, line, err := rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := l.add(name, cells, line); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, line, err)
		}
	}
	return l, nil
}

func (l *labels) add(name string, cells []string, line int) error {
	if first, twice := l.lines[name]; twice {
		return fmt.Errorf("%s is listed already in line %d", name, first)
	}
	if l.isText == nil {
		l.kinds(cells)
	}
	values := make([]float32, 0, len(l.names))
	var texts []string
	for i, cell := range cells {
		if l.isText[i] && picture.HasName(cell) {
			return fmt.Errorf("column %q holds paths (%s), but the path comes first; write the table without a column of "+
				"row numbers (pandas: index=False, R: row.names=FALSE)", l.header[i], cell)
		}
		if l.isText[i] {
			texts = append(texts, l.once(cell))
			continue
		}
		v, err := strconv.ParseFloat(cell, 32)
		if err != nil {
			return fmt.Errorf("column %s: %q is not a number, as the first value of the column is", l.header[i], cell)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("column %s: %q is not a finite number", l.header[i], cell)
		}
		values = append(values, float32(v))
	}
	l.set(name, values, texts, line)
	return nil
}

// set sets the row of an image.
func (l *labels) set(name string, values []float32, texts []string, line int) {
	l.values[name], l.lines[name] = values, line
	if texts != nil {
		l.texts[name] = texts
	}
}

// once returns the only copy of a text.
func (l *labels) once(text string) string {
	kept, ok := l.unique[text]
	if !ok {
		kept = strings.Clone(text) // text is a part of its whole line
		l.unique[kept] = kept
	}
	return kept
}

// kinds decides by the first row which columns are text.
func (l *labels) kinds(cells []string) {
	l.isText = make([]bool, len(cells))
	for i, cell := range cells {
		_, err := strconv.ParseFloat(cell, 32)
		if l.isText[i] = errors.Is(err, strconv.ErrSyntax); l.isText[i] {
			l.text = append(l.text, l.header[i])
		} else {
			l.names = append(l.names, l.header[i])
		}
	}
}

// match gives the labels the names of the files. It returns an error for labels of unknown files, for files with two
// labels and for files without one.
func (l *labels) match(files []string) error {
	known := newFileNames(files)
	for _, name := range l.inOrder() {
		file, line := known.find(name), l.lines[name]
		if file == name {
			continue
		}
		if file == "" {
			return fmt.Errorf("%s: line %d: file %s is not in the folder; paths are relative to it, with the extension",
				l.path, line, name)
		}
		if other, twice := l.lines[file]; twice {
			return fmt.Errorf("%s: line %d: %s is the file of line %d already", l.path, line, name, other)
		}
		l.set(file, l.values[name], l.texts[name], line)
		delete(l.values, name)
		delete(l.texts, name)
		delete(l.lines, name)
	}
	missing := slices.DeleteFunc(slices.Clone(files), func(f string) bool { return l.lines[f] > 0 })
	if len(missing) > 0 {
		return fmt.Errorf("%s: %d image(s) have no line, the first is %s: add them, or open the folder with labels=none",
			l.path, len(missing), missing[0])
	}
	return nil
}

// inOrder returns the names in the order of their lines.
func (l *labels) inOrder() []string {
	return slices.SortedFunc(maps.Keys(l.lines), func(a, b string) int { return l.lines[a] - l.lines[b] })
}
