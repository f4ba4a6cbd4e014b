package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
)

// labels are the rows of a CSV: a relative path, then a number a column.
type labels struct {
	path   string
	names  []string
	values map[string][]float32
	lines  map[string]int
}

// manifestName is the file that says which refined image came from which source.
const manifestName = "manifest.csv"

// manifestColumns come before the labels in a manifest.
var manifestColumns = []string{"source", "refined", "variant"}

// readLabels reads a CSV with a header whose first column is the image's path, or a refined folder's manifest.
func readLabels(path string) (*labels, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.ReuseRecord = true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: is empty; its first line must name the columns, as file,label1,label2", path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	key, first := 0, 1
	if len(header) >= 3 && slices.Equal(header[:3], manifestColumns) {
		key, first = 1, 3
	}
	l := &labels{path: path, names: slices.Clone(header[first:]), values: map[string][]float32{}, lines: map[string]int{}}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		line, _ := r.FieldPos(0)
		if err := l.add(row[key], row[first:], line); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, line, err)
		}
	}
	if len(l.names) == 0 {
		l.names = nil
	}
	return l, nil
}

func (l *labels) add(name string, cells []string, line int) error {
	if first, twice := l.lines[name]; twice {
		return fmt.Errorf("%s is listed already in line %d", name, first)
	}
	values := make([]float32, len(cells))
	for i, cell := range cells {
		v, err := strconv.ParseFloat(cell, 32)
		if err != nil {
			return fmt.Errorf("column %s: %q is no number", l.names[i], cell)
		}
		values[i] = float32(v)
	}
	l.values[name], l.lines[name] = values, line
	return nil
}

// match refuses labels of unknown files and files without labels.
func (l *labels) match(files []string) error {
	known := make(map[string]bool, len(files))
	for _, f := range files {
		known[f] = true
	}
	firstLine, unknown := 0, ""
	for name, line := range l.lines {
		if !known[name] && (unknown == "" || line < firstLine) {
			firstLine, unknown = line, name
		}
	}
	if unknown != "" {
		return fmt.Errorf("%s: line %d: file %s is not in the folder", l.path, firstLine, unknown)
	}
	missing := 0
	for _, f := range files {
		if _, ok := l.values[f]; !ok {
			if missing == 0 {
				unknown = f
			}
			missing++
		}
	}
	if missing > 0 {
		return fmt.Errorf("%s: %d image(s) have no line in it, the first %s: add them, or open the folder with labels=none", l.path, missing, unknown)
	}
	return nil
}
