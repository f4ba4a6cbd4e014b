package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"simgan/data/picture"
	"simgan/data/simulate"
	"simgan/internal/atomicfile"
)

// labelTable collects a CSV of labels.
type labelTable struct {
	header []string
	rows   [][]string
}

// add sets row i to names and numbers.
func (t *labelTable) add(i int, names []string, label []float32) {
	for len(t.rows) <= i {
		t.rows = append(t.rows, nil)
	}
	row := append([]string{}, names...)
	for _, v := range label {
		row = append(row, strconv.FormatFloat(float64(v), 'g', -1, 32))
	}
	t.rows[i] = row
}

// write writes the table atomically.
func (t *labelTable) write(path string) error {
	file, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer file.Cleanup()
	w := csv.NewWriter(file)
	if err := w.WriteAll(append([][]string{t.header}, t.rows...)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return file.CloseAtomicallyReplace()
}

// WriteLabels writes labels.csv with the columns and numbers of the folder's own labels, copied as text.
func (f *folder) WriteLabels(dir string, images []Refined) error {
	rows, err := openLabelRows(f.labels.path)
	if err != nil {
		return err
	}
	defer rows.close()
	known, byName := newFileNames(f.names), map[string][]string{}
	for {
		name, cells, _, err := rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		byName[known.find(name)] = slices.Clone(cells)
	}
	table := labelTable{header: rows.header}
	for i, r := range images {
		table.add(i, append([]string{r.Name}, byName[f.names[r.Index]]...), nil)
	}
	return table.write(filepath.Join(dir, "labels.csv"))
}

// folderWriter writes simulated eyes as PNG files with a labels.csv.
type folderWriter struct {
	dir   string
	mu    sync.Mutex
	table labelTable
}

func newFolderWriter(dir string, _ int) (sceneWriter[*simulate.Eye], error) {
	return &folderWriter{dir: dir, table: labelTable{header: append([]string{"file"}, GazeLabels...)}}, nil
}

func (w *folderWriter) write(i int, e *simulate.Eye) error {
	return w.writeNamed(i, fmt.Sprintf("%07d.png", i), e)
}

func (w *folderWriter) writeNamed(i int, name string, e *simulate.Eye) error {
	w.mu.Lock()
	w.table.add(i, []string{name}, gazeLabel(e.Gaze))
	w.mu.Unlock()
	m := picture.FromLevels(1, GazeHeight, GazeWidth, 8, e.Crop(GazeHeight, GazeWidth))
	return picture.EncodePNG(filepath.Join(w.dir, name), m)
}

func (w *folderWriter) close() error { return w.table.write(filepath.Join(w.dir, "labels.csv")) }
