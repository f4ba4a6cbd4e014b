package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"simgan/data/npy"
	"simgan/data/picture"
	"simgan/internal/atomicfile"
	"simgan/internal/inputfile"
)

// packWriter fills a pack's files in any order, from several goroutines.
type packWriter struct {
	dir                      string
	info                     Info
	n                        int
	images, labels           *os.File // labels is nil if there are none
	imagesOffset, labelsFrom int64    // offsets of the first values
}

// newPackWriter opens or creates the files of n images in dir, at their full sizes.
func newPackWriter(dir string, info Info, n int) (w *packWriter, err error) {
	w = &packWriter{dir: dir, info: info, n: n}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if info.Bits != 8 && info.Bits != 16 || n < 1 {
		return w, fmt.Errorf("%d images of %d bits cannot be packed; a pack holds 1 or more of 8 or 16 bits", n, info.Bits)
	}
	levels := map[int]string{8: "|u1", 16: "<u2"}[info.Bits]
	images := npy.Header{Type: levels, Shape: []int{n, info.C, info.H, info.W}}
	if info.C == 1 {
		images.Shape = []int{n, info.H, info.W}
	}
	w.images, w.imagesOffset, err = createArray(filepath.Join(dir, packImages), images)
	if err != nil || info.LabelNames == nil {
		return w, err
	}
	labels := npy.Header{Type: "<f4", Shape: []int{n, len(info.LabelNames)}}
	w.labels, w.labelsFrom, err = createArray(filepath.Join(dir, packLabels), labels)
	return w, err
}

func createArray(path string, h npy.Header) (*os.File, int64, error) {
	size, err := h.Bytes()
	if err != nil {
		return nil, 0, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o644)
	if err != nil {
		return nil, 0, err
	}
	head := h.Encode()
	if _, err = file.WriteAt(head, 0); err == nil {
		err = file.Truncate(int64(len(head)) + size)
	}
	if err != nil {
		file.Close()
	}
	return file, int64(len(head)), err
}

// write writes the levels of images from, from+1, ... and their labels, as bytes of float32.
func (w *packWriter) write(from int, levels, labels []byte) error {
	if _, err := w.images.WriteAt(levels, w.imagesOffset+int64(from)*int64(w.info.bytes())); err != nil {
		return err
	}
	if w.labels == nil {
		return nil
	}
	_, err := w.labels.WriteAt(labels, w.labelsFrom+int64(from)*int64(4*len(w.info.LabelNames)))
	return err
}

// read inverts write for n images.
func (w *packWriter) read(from, n int) (levels, labels []byte, err error) {
	levels = make([]byte, n*w.info.bytes())
	if _, err = w.images.ReadAt(levels, w.imagesOffset+int64(from)*int64(w.info.bytes())); err != nil || w.labels == nil {
		return levels, nil, err
	}
	labels = make([]byte, 4*n*len(w.info.LabelNames))
	_, err = w.labels.ReadAt(labels, w.labelsFrom+int64(from)*int64(4*len(w.info.LabelNames)))
	return levels, labels, err
}

// encode appends an image and its label in the form of the files. It returns an error if the image does not match info.
func (w *packWriter) encode(name string, m picture.Image, label []float32,
	levels, labels []byte) ([]byte, []byte, error) {
	i := w.info
	if !i.fits(m) || len(label) != len(i.LabelNames) {
		return nil, nil, fmt.Errorf("%s: is %dx%dx%d (channels, height, width) of %d bits with %d labels; "+
			"the others are %dx%dx%d of %d bits with %d", name,
			m.C, m.H, m.W, m.Bits, len(label), i.C, i.H, i.W, i.Bits, len(i.LabelNames))
	}
	if k := notFinite(label); k >= 0 {
		return nil, nil, fmt.Errorf("%s: label %s is %g, not a finite number", name, i.LabelNames[k], label[k])
	}
	at := len(levels)
	levels = append(levels, make([]byte, i.bytes())...)
	m.PutLevels(levels[at:])
	for _, v := range label {
		labels = binary.LittleEndian.AppendUint32(labels, math.Float32bits(v))
	}
	return levels, labels, nil
}

// finish writes names.txt and then pack.json, the last file.
func (w *packWriter) finish(names []byte, kind, source string) error {
	if err := atomicfile.Write(filepath.Join(w.dir, packNames), names); err != nil {
		return err
	}
	a := about{
		Kind: kind, Units: unitsOf(w.info), LabelNames: w.info.LabelNames,
		Source: source, Count: w.n, SHA256: map[string]string{},
	}
	if err := w.sync(); err != nil {
		return err
	}
	files := []string{packImages, packNames}
	if w.labels != nil {
		files = append(files, packLabels)
	}
	for _, name := range files {
		digest, err := fileSHA256(filepath.Join(w.dir, name))
		if err != nil {
			return err
		}
		a.SHA256[name] = digest
	}
	text, err := json.MarshalIndent(a, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(w.dir, packAbout), append(text, '\n'))
}

// sync waits until what was written is on the disk.
func (w *packWriter) sync() error {
	err := w.images.Sync()
	if w.labels != nil {
		err = errors.Join(err, w.labels.Sync())
	}
	return err
}

func (w *packWriter) close() error {
	var err error
	for _, f := range []*os.File{w.images, w.labels} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

// unitsOf describes what a pack's numbers mean.
func unitsOf(i Info) units {
	u := units{Images: fmt.Sprintf("levels 0 to %d", 1<<i.Bits-1)}
	if strings.Join(i.LabelNames, " ") == strings.Join(GazeLabels, " ") {
		u.Labels = "unit vector: x right, y down, z away from the camera"
	} else if i.LabelNames != nil {
		u.Labels = "as in the source"
	}
	return u
}

// nameList returns the names.txt of n names. It returns an error for a name that cannot be a line and for duplicates.
func nameList(n int, name func(int) string) ([]byte, error) {
	var list []byte
	first := make(map[string]int, n)
	for i := range n {
		text := name(i)
		if text == "" || strings.ContainsAny(text, "\n\r") {
			return nil, fmt.Errorf("image %d: the name %q is empty or has a line break, so it cannot be a line of %s: "+
				"rename the file", i, text, packNames)
		}
		if k, twice := first[text]; twice {
			return nil, fmt.Errorf("images %d and %d have the same name, %s: rename one of them", k, i, text)
		}
		first[text] = i
		list = append(append(list, text...), '\n')
	}
	return list, nil
}

func fileSHA256(path string) (string, error) {
	file, err := inputfile.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
