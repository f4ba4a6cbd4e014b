package data

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"simgan/data/picture"
	"simgan/internal/inputfile"
)

// unityEyes is a folder of UnityEyes v1: N.jpg with N.json, any picture size. A refined folder holds crops as N.png or
// N_v0.png, N_v1.png, ..., each with its JSON file.
type unityEyes struct {
	described
	root  string
	names []string // file names of the pictures
}

// The crop of a picture of unityEyesWidth, in pixels. It scales with the picture's width.
const unityEyesWindow, unityEyesWindowHeight, unityEyesWidth = 140.0, 84.0, 640.0

// openUnityEyes opens unityeyes:PATH[,size=HxW]. It reads only the names of files.
func openUnityEyes(s Spec) (Dataset, error) {
	info, err := s.gazeInfo("size")
	if err != nil {
		return nil, err
	}
	d := &unityEyes{described: described{info}, root: s.Path}
	entries, err := os.ReadDir(s.Path)
	if err != nil {
		return nil, err
	}
	pictures, labels := map[string]string{}, map[string]bool{}
	for _, e := range entries {
		stem, _, _ := strings.Cut(e.Name(), ".")
		if version2.MatchString(stem) && picture.HasName(e.Name()) {
			return nil, fmt.Errorf("data set %s: %s is named as a picture of UnityEyes 2, N_CAMERA.jpg; "+
				"this reader needs version 1, which writes N.jpg with N.json", s, e.Name())
		}
		if _, err := strconv.Atoi(variantSuffix.ReplaceAllString(stem, "")); err != nil {
			continue
		}
		switch {
		case picture.HasName(e.Name()):
			if other, twice := pictures[stem]; twice {
				return nil, fmt.Errorf("data set %s: %s and %s share one label: remove one of them", s, other, e.Name())
			}
			pictures[stem] = e.Name()
		case e.Name() == stem+".json":
			labels[stem] = true
		}
	}
	for stem := range labels {
		if pictures[stem] == "" { // Sample reports it, so that it can be skipped as any bad file
			pictures[stem] = stem + ".jpg"
		}
	}
	for _, stem := range unityEyesOrder(pictures) {
		d.names = append(d.names, pictures[stem])
	}
	if len(labels) == 0 {
		hint := ""
		if exists(filepath.Join(s.Path, "imgs")) {
			hint = "; name its folder imgs"
		}
		return nil, fmt.Errorf("data set %s: no N.jpg with N.json in %s%s", s, s.Path, hint)
	}
	return d, nil
}

// version2 matches the stems of UnityEyes 2's pictures.
var version2 = regexp.MustCompile(`^[0-9]+_[0-9]+$`)

// unityEyesOrder sorts stems by number, then by variant.
func unityEyesOrder(pictures map[string]string) []string {
	number := func(stem string) int {
		n, _ := strconv.Atoi(variantSuffix.ReplaceAllString(stem, ""))
		return n
	}
	stems := sortedKeys(pictures)
	slices.SortStableFunc(stems, func(a, b string) int {
		return cmp.Or(cmp.Compare(number(a), number(b)), cmp.Compare(len(a), len(b)))
	})
	return stems
}

// Len returns the number of pictures.
func (d *unityEyes) Len() int { return len(d.names) }

// Name returns the file name of picture i.
func (d *unityEyes) Name(i int) string { return d.names[i] }

// Sample returns picture i, cropped around the eye, as grey.
func (d *unityEyes) Sample(i int) (Sample, error) {
	path := filepath.Join(d.root, d.Name(i))
	label, err := readUnityEyes(d.labelPath(i))
	if err != nil {
		return Sample{}, halfPair(err, path, d.labelPath(i))
	}
	m, err := picture.DecodeWindow(path, label.window)
	if err != nil {
		return Sample{}, halfPair(err, d.labelPath(i), path)
	}
	image, err := d.eye(path, m)
	return Sample{Name: d.Name(i), Image: image, Label: label.gaze}, err
}

// halfPair explains the error of a missing file: UnityEyes was closed between a picture and its label.
func halfPair(err error, there, missing string) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return fmt.Errorf("%s has no %s beside it (UnityEyes leaves such a half pair when it is closed): "+
		"remove the file, or skip it as a bad one", there, filepath.Base(missing))
}

// labelPath returns the path of the JSON file beside picture i.
func (d *unityEyes) labelPath(i int) string {
	return filepath.Join(d.root, strings.TrimSuffix(d.names[i], filepath.Ext(d.names[i]))+".json")
}

// window returns the eye's crop in a picture of width x height:
// left, top, width and height in pixels, top from the top.
func (l unityEyesLabel) window(width, height int) (x, y, w, h int) {
	if l.cropped {
		return 0, 0, width, height
	}
	cx, cy := centre(l.margin)
	scale := float64(width) / unityEyesWidth
	w, h = int(math.Round(unityEyesWindow*scale)), int(math.Round(unityEyesWindowHeight*scale))
	// Landmarks count y from the bottom of the picture.
	return int(math.Round(cx - float64(w)/2)), int(math.Round(float64(height) - cy - float64(h)/2)), w, h
}

// unityEyesLabel holds the parts of a JSON file that are used.
type unityEyesLabel struct {
	margin  [][3]float64 // pixels, y from the bottom
	gaze    []float32    // unit vector in MPIIGaze's convention
	cropped bool         // the picture is refined: it is the crop already
}

// labelTexts holds buffers for N.json files: readUnityEyes runs once per sample.
var labelTexts = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxUnityEyes bounds N.json in bytes; UnityEyes writes 10 kB.
const maxUnityEyes = 1 << 20

// readUnityEyes reads N.json. Every number in it is part of a text: "(x, y, z)".
func readUnityEyes(path string) (l unityEyesLabel, err error) {
	text := labelTexts.Get().(*bytes.Buffer)
	defer labelTexts.Put(text)
	text.Reset()
	file, err := inputfile.Open(path)
	if err != nil {
		return l, err
	}
	defer file.Close()
	if _, err := text.ReadFrom(io.LimitReader(file, maxUnityEyes+1)); err != nil {
		return l, err
	}
	if text.Len() > maxUnityEyes {
		return l, fmt.Errorf("%s: is larger than %d bytes: it is not a label of UnityEyes 1", path, maxUnityEyes)
	}
	return parseUnityEyes(path, inputfile.WithoutMark(text.Bytes()))
}

func parseUnityEyes(path string, text []byte) (l unityEyesLabel, err error) {
	var file struct {
		Margin  []string `json:"interior_margin_2d"`
		Details struct {
			Look string `json:"look_vec"`
		} `json:"eye_details"`
		Crop     json.RawMessage `json:"simgan_crop"` // unityEyesCrop
		Version2 json.RawMessage `json:"ground_truth"`
		Cameras  json.RawMessage `json:"cameras"` // of version 2, too
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return l, fmt.Errorf("%s: is not complete JSON (%w): replace or remove it and its picture", path, err)
	}
	if (file.Version2 != nil || file.Cameras != nil) && file.Margin == nil {
		return l, fmt.Errorf("%s: is a label of UnityEyes 2 (ground_truth or cameras): "+
			"open the folder as unityeyes2:DIR", path)
	}
	if len(file.Margin) == 0 || file.Details.Look == "" {
		return l, fmt.Errorf("%s: has no interior_margin_2d or no eye_details.look_vec: it is not a label of UnityEyes 1",
			path)
	}
	if l.margin, err = landmarks(file.Margin); err != nil {
		return l, fmt.Errorf("%s: interior_margin_2d%w", path, err)
	}
	look, err := tuple(file.Details.Look, 4)
	if err != nil {
		return l, fmt.Errorf("%s: eye_details.look_vec: %w", path, err)
	}
	if l.gaze, err = unityGaze([3]float64(look)); err != nil {
		return l, fmt.Errorf("%s: eye_details.look_vec: %w", path, err)
	}
	l.cropped = file.Crop != nil
	return l, nil
}

// unityGaze converts UnityEyes' look_vec (x right, y up, z away
// from the camera) to a unit vector in MPIIGaze's convention.
func unityGaze(look [3]float64) ([]float32, error) {
	length := math.Sqrt(look[0]*look[0] + look[1]*look[1] + look[2]*look[2])
	if !(length >= 0.5) || math.IsInf(length, 0) {
		return nil, fmt.Errorf("%v is not a direction", look)
	}
	return []float32{float32(look[0] / length), float32(-look[1] / length), float32(look[2] / length)}, nil
}

// landmarks reads points "(x, y, z)". An error begins with the index: "[3]: ...".
func landmarks(texts []string) (points [][3]float64, err error) {
	for i, text := range texts {
		v, err := tuple(text, 3)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		points = append(points, [3]float64(v))
	}
	return points, nil
}

// tuple reads n finite numbers from a text such as "(1.0, 2.0, 3.0)".
func tuple(text string, n int) ([]float64, error) {
	parts := strings.Split(strings.Trim(strings.TrimSpace(text), "()"), ",")
	if len(parts) != n {
		return nil, fmt.Errorf("%q has %d numbers, not %d", text, len(parts), n)
	}
	values := make([]float64, n)
	for i, p := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%q: %q is not a finite number", text, p)
		}
		values[i] = v
	}
	return values, nil
}

// centre returns the middle of the points' bounding box.
func centre(points [][3]float64) (x, y float64) {
	low, high := points[0], points[0]
	for _, p := range points {
		for k := range 2 {
			low[k], high[k] = min(low[k], p[k]), max(high[k], p[k])
		}
	}
	return (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
}
