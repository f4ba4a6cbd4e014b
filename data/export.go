package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Exporter writes a refined data set: each image under its source's relative path as PNG, and manifest.csv with source,
// refined image, variant and labels. A folder that had labels gets its labels.csv again. `folder:OUT` reads it.
type Exporter struct {
	source   Dataset
	dir      string
	variants int
	manifest labelTable
	labels   labelTable
}

// Export lets fill write all images of ds, refined in the given number of variants, into the new folder out, which
// appears only when every image is written.
func Export(ds Dataset, out string, variants int, fill func(*Exporter) error) error {
	if variants < 1 {
		return fmt.Errorf("variants is %d; use 1 or more", variants)
	}
	info := ds.Info()
	e := &Exporter{source: ds, variants: variants}
	e.manifest.header = append(slices.Clone(manifestColumns), info.LabelNames...)
	e.labels.header = append([]string{"file"}, info.LabelNames...)
	return intoNew(out, func(dir string) error {
		e.dir = dir
		if err := fill(e); err != nil {
			return err
		}
		return e.finish()
	})
}

// Write writes one variant of image i, in the source's bits.
func (e *Exporter) Write(i, variant int, refined Image, label []float32) error {
	source := e.source.Name(i)
	name := strings.TrimSuffix(source, filepath.Ext(source))
	if e.variants > 1 {
		name += fmt.Sprintf("_v%d", variant)
	}
	name += ".png"
	path := filepath.Join(e.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: two images of the source would have this name; rename one of them", name)
	}
	place := i*e.variants + variant
	e.manifest.add(place, []string{source, name, fmt.Sprint(variant)}, label)
	e.labels.add(place, []string{name}, label)
	return EncodePNG(path, refined)
}

// finish writes the tables, if no image is missing.
func (e *Exporter) finish() error {
	if want := e.source.Len() * e.variants; len(e.manifest.rows) != want || slices.ContainsFunc(e.manifest.rows, func(r []string) bool { return r == nil }) {
		return fmt.Errorf("not every image was refined: of %d, %d are there", want, len(e.manifest.rows))
	}
	if e.source.Info().LabelNames != nil {
		if err := e.labels.write(filepath.Join(e.dir, "labels.csv")); err != nil {
			return err
		}
	}
	return e.manifest.write(filepath.Join(e.dir, manifestName))
}
