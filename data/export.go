package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"simgan/data/picture"
	"simgan/internal/exit"
)

// Exporter writes a refined data set: each image under its source's relative path as PNG, label files in the source's own
// form (LabelWriter), and manifest.csv with source, refined image, variant and labels. `folder:OUT` reads it. Of a pack it
// writes a pack with the same names.
type Exporter struct {
	source   Dataset
	dir      string
	variants int
	images   []Refined
	manifest labelTable
	pack     *packWriter // nil where images become files
}

// Refined is an image that an Exporter wrote.
type Refined struct {
	Index  int    // of its source in the data set
	Name   string // of its PNG below the new folder; "" until it is written
	Suffix string // what its name has more than the source's: "", or _v0, _v1, ... where there are variants
}

// LabelWriter is a labelled data set with label files of its own form. One that is none gets labels.csv.
type LabelWriter interface {
	// WriteLabels writes into dir the label files of the images, all of which are there: first all variants of the
	// data set's first image. Errors name the file; errors.ErrUnsupported is from one that turns out to have none.
	WriteLabels(dir string, images []Refined) error
}

// variantSuffix is what Refined names end with, once for each time that a data set was refined in several variants.
var variantSuffix = regexp.MustCompile(`(_v[0-9]+)+$`)

// Export lets fill write all images of ds, refined in the given number of variants, into the new folder out, which
// appears only when every image is written.
func Export(ds Dataset, out string, variants int, fill func(*Exporter) error) error {
	if variants < 1 {
		return exit.Usagef("variants is %d; use 1 or more", variants)
	}
	e := &Exporter{source: ds, variants: variants, images: make([]Refined, ds.Len()*variants)}
	e.manifest.header = append(slices.Clone(manifestColumns), ds.Info().LabelNames...)
	return intoNew(out, func(dir string) error {
		e.dir = dir
		if source := packOf(ds); source != nil {
			return e.exportPack(source, fill)
		}
		if err := fill(e); err != nil {
			return err
		}
		return e.finish()
	})
}

// Write writes one variant of image i, in the source's bits.
func (e *Exporter) Write(i, variant int, refined picture.Image, label []float32) error {
	source := e.source.Name(i)
	r := Refined{Index: i}
	if e.variants > 1 {
		r.Suffix = fmt.Sprintf("_v%d", variant)
	}
	place := i*e.variants + variant
	if e.pack != nil {
		r.Name = strings.TrimSuffix(source, filepath.Ext(source)) + r.Suffix + filepath.Ext(source)
		e.images[place] = r
		return e.writePacked(place, r.Name, refined, label)
	}
	r.Name = strings.TrimSuffix(source, filepath.Ext(source)) + r.Suffix + ".png"
	path := filepath.Join(e.dir, filepath.FromSlash(r.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: two images of the source would have this name; rename one of them", r.Name)
	}
	e.images[place] = r
	e.manifest.add(place, []string{source, r.Name, fmt.Sprint(variant)}, label)
	return picture.EncodePNG(path, refined)
}

// whole refuses to finish where an image is missing.
func (e *Exporter) whole() error {
	missing := 0
	for _, r := range e.images {
		if r.Name == "" {
			missing++
		}
	}
	if missing > 0 {
		return fmt.Errorf("not every image was refined: of %d, %d are there", len(e.images), len(e.images)-missing)
	}
	return nil
}

// finish writes the tables, if no image is missing.
func (e *Exporter) finish() error {
	if err := e.whole(); err != nil {
		return err
	}
	if e.source.Info().LabelNames != nil {
		if err := e.writeLabels(); err != nil {
			return err
		}
	}
	return e.manifest.write(filepath.Join(e.dir, manifestName))
}

// exportPack lets fill write the images into a pack.
func (e *Exporter) exportPack(source *pack, fill func(*Exporter) error) (err error) {
	if e.pack, err = newPackWriter(e.dir, source.info, len(e.images)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.pack.close()) }()
	if err := fill(e); err != nil {
		return err
	}
	if err := e.whole(); err != nil {
		return err
	}
	names, err := nameList(len(e.images), func(i int) string { return e.images[i].Name })
	if err != nil {
		return err
	}
	return e.pack.finish(names, source.about.Kind, "refined from "+source.about.Source)
}

func (e *Exporter) writePacked(place int, name string, m picture.Image, label []float32) error {
	levels, labels, err := e.pack.encode(name, m, label, nil, nil)
	if err != nil {
		return err
	}
	return e.pack.write(place, levels, labels)
}

func (e *Exporter) writeLabels() error {
	if own, ok := e.source.(LabelWriter); ok {
		if err := own.WriteLabels(e.dir, e.images); !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	table := labelTable{header: append([]string{"file"}, e.source.Info().LabelNames...)}
	for i, row := range e.manifest.rows {
		table.add(i, append([]string{e.images[i].Name}, row[len(manifestColumns):]...), nil)
	}
	return table.write(filepath.Join(e.dir, "labels.csv"))
}
