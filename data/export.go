package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"simgan/data/picture"
	"simgan/internal/exit"
	"simgan/internal/memory"
)

// Exporter writes a refined data set: each image as a PNG under its source's relative path, label files in the source's
// own form (LabelWriter), and manifest.csv with source, refined image, variant and labels. `folder:OUT` reads the
// result. For a pack it writes a pack with the same names.
type Exporter struct {
	source   Dataset
	dir      string
	variants int
	images   []Refined
	manifest labelTable
	pack     *packWriter // nil if images become files
}

// Refined describes an image that an Exporter wrote.
type Refined struct {
	Index  int    // of the source in the data set
	Name   string // path of the PNG below the new folder; "" until it is written
	Suffix string // added to the source's name: "", or _v0, _v1, ... if there are variants
}

// LabelWriter is a labelled data set with its own form of label
// files. For other labelled data sets Export writes labels.csv.
type LabelWriter interface {
	// WriteLabels writes the images' label files into dir, which holds all images. The list begins with all variants
	// of the data set's first image. Errors name the file. errors.ErrUnsupported means that there is no own form.
	WriteLabels(dir string, images []Refined) error
}

// variantSuffix matches the end of Refined names: one suffix
// for each time the data set was refined into several variants.
var variantSuffix = regexp.MustCompile(`(_v[0-9]+)+$`)

// MaxVariants bounds the refined versions of an image.
const MaxVariants = 10000

// Export calls fill to write all images of ds, each in the given number of variants, into the new folder out. The
// folder appears only after every image is written.
func Export(ds Dataset, out string, variants int, fill func(*Exporter) error) error {
	e, err := newExporter(ds, variants)
	if err != nil {
		return err
	}
	return intoNew(out, func(dir string) (err error) {
		if err := e.open(dir); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, e.close()) }()
		if err := fill(e); err != nil {
			return err
		}
		return e.finish()
	})
}

func newExporter(ds Dataset, variants int) (*Exporter, error) {
	if variants < 1 || variants > MaxVariants {
		return nil, exit.Usagef("variants is %d; use 1 or more, at most %d", variants, MaxVariants)
	}
	// A row of the manifest, the image's names and their entries in maps.
	if err := memory.Check("the table of refined images", 500*float64(ds.Len())*float64(variants),
		"refine fewer images or variants at a time"); err != nil {
		return nil, err
	}
	e := &Exporter{source: ds, variants: variants, images: make([]Refined, ds.Len()*variants)}
	e.manifest.header = append(slices.Clone(manifestColumns), ds.Info().LabelNames...)
	return e, nil
}

// open prepares for images in the folder.
func (e *Exporter) open(dir string) (err error) {
	e.dir = dir
	if source := packOf(e.source); source != nil {
		e.pack, err = newPackWriter(dir, source.info, len(e.images))
		return err
	}
	return e.checkNames()
}

func (e *Exporter) close() error {
	if e.pack == nil {
		return nil
	}
	return e.pack.close()
}

// Write writes one variant of image i. It must have the source's bits.
func (e *Exporter) Write(i, variant int, refined picture.Image, label []float32) error {
	refined = original(e.source, refined)
	place := i*e.variants + variant
	r := e.describe(place)
	e.images[place] = r
	if e.pack != nil {
		return e.writePacked(place, r.Name, refined, label)
	}
	path := filepath.Join(e.dir, filepath.FromSlash(r.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	e.manifest.add(place, []string{e.source.Name(i), r.Name, fmt.Sprint(variant)}, label)
	return picture.EncodePNG(path, refined)
}

// describe returns the image of a place: the variants of the first image come first.
func (e *Exporter) describe(place int) Refined {
	i := place / e.variants
	extension := ".png"
	if e.pack != nil {
		extension = filepath.Ext(e.source.Name(i))
	}
	suffix := e.suffix(place % e.variants)
	return Refined{Index: i, Suffix: suffix, Name: refinedName(e.source.Name(i), suffix, extension)}
}

// suffix returns what tells a variant's name from the source's.
func (e *Exporter) suffix(variant int) string {
	if e.variants == 1 {
		return ""
	}
	return fmt.Sprintf("_v%d", variant)
}

func refinedName(source, suffix, extension string) string {
	return strings.TrimSuffix(source, filepath.Ext(source)) + suffix + extension
}

// checkNames returns an error if two images of the source would get the same name. It is asked before the first image
// is written: the second one may come hours later.
func (e *Exporter) checkNames() error {
	sources := make(map[string]string, len(e.images))
	for i := range e.source.Len() {
		for variant := range e.variants {
			source := e.source.Name(i)
			name := refinedName(source, e.suffix(variant), ".png")
			if other, twice := sources[name]; twice {
				return fmt.Errorf("%s and %s of the source would both become %s; rename one of them", other, source, name)
			}
			sources[name] = source
		}
	}
	return nil
}

// whole returns an error if an image of the places from..to is missing.
func (e *Exporter) whole(from, to int) error {
	missing := 0
	for _, r := range e.images[from:to] {
		if r.Name == "" {
			missing++
		}
	}
	if missing > 0 {
		return fmt.Errorf("%d of %d images were refined; the others are missing", to-from-missing, to-from)
	}
	return nil
}

// finish writes the tables. It returns an error if an image is missing.
func (e *Exporter) finish() error {
	if err := e.whole(0, len(e.images)); err != nil {
		return err
	}
	if e.pack != nil {
		return e.finishPack(packOf(e.source))
	}
	if e.source.Info().Labelled() {
		if err := e.writeLabels(); err != nil {
			return err
		}
	}
	return e.manifest.write(filepath.Join(e.dir, manifestName))
}

func (e *Exporter) finishPack(source *pack) error {
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
