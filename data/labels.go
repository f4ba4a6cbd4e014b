package data

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"simgan/data/picture"
)

// labels holds the rows of a CSV: a relative path, then numbers and texts. A column is of text if its first value is no
// number; empty cells are no values. A text may be empty, a number may not.
type labels struct {
	path   string
	names  []string // of the columns of numbers
	text   []string // of the columns of text
	isText []bool   // by column
	header []string // all columns
	values map[string][]float32
	texts  map[string][]string // empty without columns of text
	lines  map[string]int
	unique map[string]string // texts so far: one copy of each is kept
}

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
	if err := l.kinds(); err != nil {
		return nil, err
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
		if cell == "" {
			return fmt.Errorf("column %s: has no value, but is a column of numbers; give each image one, or leave it out",
				l.header[i])
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

// classes returns the number of classes in each column of text, 0 if its values are no classes.
func (l *labels) classes() (classes []int) {
	for k := range l.text {
		seen := map[string]bool{}
		for _, texts := range l.texts {
			seen[texts[k]] = true
		}
		n := len(seen)
		if !AreClasses(n, len(l.texts)) {
			n = 0
		}
		classes = append(classes, n)
	}
	return classes
}

// mostClasses bounds the outputs of a network that tells classes.
const mostClasses = 1000

// AreClasses reports whether a column can hold the classes of images, by the number of its different values: 2, or more
// that repeat. Names of people or of files, say, differ from image to image.
func AreClasses(values, images int) bool {
	return values == 2 || values > 2 && values <= min(mostClasses, images/2)
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

// kinds decides by the first value of each column which columns are text. It reads the rows up to these values. A
// column without any value is text.
func (l *labels) kinds() error {
	rows, err := openLabelRows(l.path)
	if err != nil {
		return err
	}
	defer rows.close()
	l.isText = make([]bool, len(l.header))
	known, left := make([]bool, len(l.header)), len(l.header)
	for left > 0 {
		_, cells, _, err := rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for i, cell := range cells {
			if !known[i] && cell != "" {
				_, err := strconv.ParseFloat(cell, 32)
				known[i], l.isText[i], left = true, errors.Is(err, strconv.ErrSyntax), left-1
			}
		}
	}
	for i, name := range l.header {
		l.isText[i] = l.isText[i] || !known[i]
		if l.isText[i] {
			l.text = append(l.text, name)
		} else {
			l.names = append(l.names, name)
		}
	}
	return nil
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
