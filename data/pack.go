package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"simgan/data/npy"
	"simgan/data/picture"
	"simgan/internal/inputfile"
)

// The files of a pack.
const (
	packImages = "images.npy" // (N,H,W), or (N,C,H,W) if C is not 1; uint8 or uint16
	packLabels = "labels.npy" // (N,K) float32, only if there are labels
	packNames  = "names.txt"  // one name per line
	packAbout  = "pack.json"  // written last
)

// maxAbout bounds pack.json in bytes. It holds a dozen short entries.
const maxAbout = 1 << 20

// about is the content of pack.json.
type about struct {
	Kind       string            `json:"kind"` // of the data set that was packed
	Units      units             `json:"units"`
	LabelNames []string          `json:"label_names"`
	Source     string            `json:"source"` // its SPEC
	Count      int               `json:"count"`
	SHA256     map[string]string `json:"sha256"` // per file, pack.json aside
}

// units describes for readers what the numbers mean.
type units struct {
	Images string `json:"images"`
	Labels string `json:"labels,omitempty"`
}

// pack is a folder of arrays, mapped into memory. Nothing is decoded, and only requested images are read.
type pack struct {
	info   Info
	about  about
	n      int
	files  []*mapping
	images []byte // levels of N images
	labels []byte // N rows of K float32
	names  []byte
	lines  []int64 // where each name begins
}

// openPack opens pack:DIR[,n=N][,labels=false]. n keeps the first N images. openPack checks the sizes of all files, so
// that no later access can leave the mappings. VerifyPack checks the checksums.
func openPack(s Spec) (Dataset, error) {
	if err := errors.Join(s.only("n", "labels"), needFolder(s)); err != nil {
		return nil, err
	}
	first, err := s.images(0)
	labelled, flagErr := s.flag("labels", true)
	if err := errors.Join(err, flagErr); err != nil {
		return nil, err
	}
	p, err := mapPack(s.Path, labelled)
	if err != nil {
		return nil, err
	}
	if first > p.n {
		p.Close()
		return nil, fmt.Errorf("data set %s: the pack holds %d images, fewer than n=%d", s, p.n, first)
	}
	if first > 0 {
		p.n = first
	}
	return p, nil
}

// mapPack maps a pack's files, its labels only if labelled, and checks that they match each other.
func mapPack(dir string, labelled bool) (p *pack, err error) {
	p = &pack{}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	if p.about, err = readAbout(filepath.Join(dir, packAbout)); err != nil {
		return p, err
	}
	p.n = p.about.Count
	if err = p.mapImages(filepath.Join(dir, packImages)); err != nil {
		return p, err
	}
	if len(p.about.LabelNames) > 0 && labelled {
		p.info.LabelNames = p.about.LabelNames
		want := npy.Header{Type: "<f4", Shape: []int{p.n, len(p.about.LabelNames)}}
		var got npy.Header
		path := filepath.Join(dir, packLabels)
		if got, p.labels, err = p.mapArray(path); err != nil {
			return p, err
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return p, fmt.Errorf("%s: holds %s %v, but %s requires %s %v: %w",
				path, got.Type, got.Shape, packAbout, want.Type, want.Shape, errPack)
		}
	}
	if err = p.mapNames(filepath.Join(dir, packNames)); err != nil {
		return p, err
	}
	return p, p.checkLabels(filepath.Join(dir, packLabels))
}

// checkLabels refuses labels that are not finite, as the reader of CSVs does.
func (p *pack) checkLabels(path string) error {
	if p.info.LabelNames == nil {
		return nil
	}
	var bad error
	row := make([]float32, len(p.info.LabelNames))
	err := p.guard(func() {
		for i := 0; i < p.n && bad == nil; i++ {
			p.label(i, row)
			if k := notFinite(row); k >= 0 {
				bad = fmt.Errorf("%s: image %d (%s): %s is %g, not a finite number; correct it, or use labels=false",
					path, i, p.Name(i), p.info.LabelNames[k], row[k])
			}
		}
	})
	return errors.Join(err, bad)
}

// notFinite returns the index of a number that is NaN or infinite, or -1.
func notFinite(label []float32) int {
	return slices.IndexFunc(label, func(v float32) bool { return v-v != 0 }) // NaN - NaN and Inf - Inf are NaN
}

// errPack marks errors in a pack's files and names the way out.
var errPack = errors.New("the pack is damaged; create it again with simgan pack")

// readAbout reads and checks pack.json.
func readAbout(path string) (a about, err error) {
	text, err := inputfile.Read(path, maxAbout)
	if err != nil {
		return a, fmt.Errorf("the pack is incomplete: %w", err)
	}
	return a, parseAbout(path, text, &a)
}

func parseAbout(path string, text []byte, a *about) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(a); err != nil {
		return fmt.Errorf("%s: %w: %w", path, err, errPack)
	}
	if a.Count < 1 || a.Count > maxImages {
		return fmt.Errorf("%s: count is %d: %w", path, a.Count, errPack)
	}
	needed := []string{packImages, packNames}
	if len(a.LabelNames) > 0 {
		needed = append(needed, packLabels)
	}
	for _, name := range needed {
		if sum, err := hex.DecodeString(a.SHA256[name]); err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("%s: has no SHA-256 of %s: %w", path, name, errPack)
		}
	}
	return nil
}

// mapImages maps images.npy and sets the images' form from it.
func (p *pack) mapImages(path string) error {
	h, values, err := p.mapArray(path)
	if err != nil {
		return err
	}
	bits := map[string]int{"|u1": 8, "<u2": 16}[h.Type]
	shape := h.Shape
	if len(shape) == 3 {
		shape = []int{shape[0], 1, shape[1], shape[2]}
	}
	if bits == 0 || len(shape) != 4 || shape[0] != p.n ||
		min(shape[1], shape[2], shape[3]) < 1 || max(shape[1], shape[2], shape[3]) > picture.MaxSide {
		return fmt.Errorf("%s: holds %s %v, not %d images of |u1 or <u2, (N,H,W) or (N,C,H,W): %w",
			path, h.Type, h.Shape, p.n, errPack)
	}
	p.info = Info{Kind: "pack", C: shape[1], H: shape[2], W: shape[3], Bits: bits}
	p.images = values
	return nil
}

// mapArray maps a .npy file and checks that all its values are there.
func (p *pack) mapArray(path string) (npy.Header, []byte, error) {
	m, err := openMapping(path)
	if err != nil {
		return npy.Header{}, nil, err
	}
	p.files = append(p.files, m)
	h, offset, err := npy.Parse(m.bytes)
	if err != nil {
		return h, nil, fmt.Errorf("%s: %w: %w", path, err, errPack)
	}
	size, err := h.Bytes()
	if err == nil && int64(len(m.bytes)-offset) != size {
		err = fmt.Errorf("is truncated or too long: %d bytes after its header, but %v of %s are %d",
			len(m.bytes)-offset, h.Shape, h.Type, size)
	}
	if err != nil {
		return h, nil, fmt.Errorf("%s: %w: %w", path, err, errPack)
	}
	return h, m.bytes[offset:], nil
}

func (p *pack) mapNames(path string) error {
	m, err := openMapping(path)
	if err != nil {
		return err
	}
	p.files = append(p.files, m)
	p.names = m.bytes
	n := bytes.Count(p.names, []byte("\n"))
	if n != p.n || len(p.names) == 0 || p.names[len(p.names)-1] != '\n' {
		return fmt.Errorf("%s: has %d complete lines for %d images: %w", path, n, p.n, errPack)
	}
	p.lines = make([]int64, p.n)
	for i, at := 0, 0; i < p.n; i++ {
		p.lines[i] = int64(at)
		at += bytes.IndexByte(p.names[at:], '\n') + 1
	}
	return nil
}

// Info describes the images.
func (p *pack) Info() Info { return p.info }

// Len returns the number of images.
func (p *pack) Len() int { return p.n }

// Name returns line i of names.txt.
func (p *pack) Name(i int) string {
	line := p.names[p.lines[i]:]
	return string(line[:bytes.IndexByte(line, '\n')])
}

// levels returns image i as it lies in the pack, 16-bit levels little-endian. The caller must not write to it.
func (p *pack) levels(i int) []byte {
	size := p.info.bytes()
	return p.images[i*size : (i+1)*size : (i+1)*size]
}

// label writes image i's label into dst.
func (p *pack) label(i int, dst []float32) {
	row := p.labels[4*i*len(dst):]
	for k := range dst {
		dst[k] = math.Float32frombits(binary.LittleEndian.Uint32(row[4*k:]))
	}
}

// guard runs f, which reads the mapped files. If one cannot be read, the error names it.
func (p *pack) guard(f func()) error { return guarded(p.files, f) }

// Sample returns image i.
func (p *pack) Sample(i int) (s Sample, err error) {
	err = p.guard(func() {
		s.Name = p.Name(i)
		s.Image = picture.FromLevels(p.info.C, p.info.H, p.info.W, p.info.Bits, p.levels(i))
		if p.info.LabelNames != nil {
			s.Label = make([]float32, len(p.info.LabelNames))
			p.label(i, s.Label)
		}
	})
	return s, err
}

// Close unmaps the files.
func (p *pack) Close() error {
	var err error
	for _, m := range p.files {
		err = errors.Join(err, m.close())
	}
	p.files = nil
	return err
}
