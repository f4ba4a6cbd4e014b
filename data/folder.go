package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"simgan/data/picture"
)

// folder is a tree of pictures of one size, with optional labels.
type folder struct {
	described
	root   string
	names  []string
	labels *labels // nil if there are none
	resize bool
	fit    fit
	grey   bool
}

// openFolder opens folder:PATH[,size=HxW[,fit=stretch|crop|pad]][,grey=true][,labels=FILE|none]. By default labels come
// from labels.csv in the folder, labels.jsonl or labels.json (JSON Lines), or the manifest.csv of a refined folder,
// whichever is found first.
func openFolder(s Spec) (Dataset, error) {
	if err := errors.Join(s.only("size", "fit", "grey", "labels"), needFolder(s)); err != nil {
		return nil, err
	}
	f := &folder{root: s.Path}
	h, w, resize, err := s.size()
	if err != nil {
		return nil, err
	}
	if f.grey, err = s.flag("grey", false); err != nil {
		return nil, err
	}
	if f.fit, err = s.fit(); err != nil {
		return nil, err
	}
	if f.names, err = imageFiles(s.Path); err != nil {
		return nil, err
	}
	if len(f.names) == 0 {
		return nil, fmt.Errorf("data set %s: no picture (PNG, JPEG, TIFF or WebP) in %s", s, s.Path)
	}
	first, err := f.firstReadable()
	if err != nil {
		return nil, err
	}
	if f.resize = resize; !resize {
		h, w = first.H, first.W
	}
	f.info = Info{Kind: s.Kind, C: first.C, H: h, W: w, Bits: first.Bits}
	if f.grey {
		f.info.C = 1
	}
	if err := f.openLabels(s); err != nil {
		return nil, err
	}
	return f, nil
}

// firstReadable returns the first image that can be read. The other images must match it.
func (f *folder) firstReadable() (first picture.Image, err error) {
	for i, name := range f.names {
		m, bad := picture.Decode(filepath.Join(f.root, name))
		if bad == nil {
			return m, nil
		}
		if i == 0 {
			err = bad
		}
	}
	return first, err
}

func (f *folder) openLabels(s Spec) (err error) {
	path := s.text("labels", "")
	if path == "none" {
		return nil
	}
	for _, name := range []string{"labels.csv", "labels.jsonl", "labels.json", manifestName} {
		if found := filepath.Join(f.root, name); path == "" && exists(found) {
			path = found
		}
	}
	if path == "" {
		return nil
	}
	if f.labels, err = readLabels(path); err != nil {
		return err
	}
	f.info.LabelNames, f.info.Text, f.info.Classes = f.labels.names, f.labels.text, f.labels.classes()
	return f.labels.match(f.names)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// imageFiles lists the pictures below root by relative path, sorted. It skips hidden files. Pictures that cannot be
// read are an error: nobody would miss them.
func imageFiles(root string) ([]string, error) {
	names, err := filesBelow(root)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(names, picture.HasForeignName); i >= 0 {
		return nil, fmt.Errorf("%s: is HEIC or AVIF, which simgan does not read: %s",
			filepath.Join(root, names[i]), picture.Conversion)
	}
	return slices.DeleteFunc(names, func(name string) bool { return !picture.HasName(name) }), nil
}

// Len returns the number of images.
func (f *folder) Len() int { return len(f.names) }

// Name returns the path of image i below the folder.
func (f *folder) Name(i int) string { return f.names[i] }

func (f *folder) path(i int) string { return filepath.Join(f.root, f.names[i]) }

// Sample decodes image i.
func (f *folder) Sample(i int) (Sample, error) {
	path := f.path(i)
	m, err := picture.Decode(path)
	if err != nil {
		return Sample{}, err
	}
	if f.grey {
		m = m.Grey()
	}
	switch {
	case m.Bits != f.info.Bits:
		return Sample{}, fmt.Errorf("%s: has levels of %d bits, %s of %d: convert it to %[4]d bits, "+
			"or keep images of one kind in a folder", path, m.Bits, f.names[0], f.info.Bits)
	case m.C != f.info.C:
		return Sample{}, fmt.Errorf("%s: has %d channel(s), %s has %d: convert it, or add grey=true to the SPEC",
			path, m.C, f.names[0], f.info.C)
	}
	if f.resize {
		m = f.fit.resize(m, f.info.H, f.info.W)
	}
	if m.H != f.info.H || m.W != f.info.W {
		return Sample{}, fmt.Errorf("%s: is %dx%d (height x width), %s is %dx%d: add size=HxW to the SPEC to resize all",
			path, m.H, m.W, f.names[0], f.info.H, f.info.W)
	}
	sample := Sample{Name: f.names[i], Image: m}
	if f.labels != nil {
		sample.Label, sample.Text = f.labels.values[f.names[i]], f.labels.texts[f.names[i]]
	}
	return sample, nil
}
