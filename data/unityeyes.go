package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"

	"simgan/data/simulate"
)

// unityEyes is a folder of UnityEyes v1: N.jpg with N.json, any picture size.
type unityEyes struct {
	info    Info
	root    string
	numbers []int
}

// unityEyesWindow is the crop at 640 pixels of width: 140 x 84, scaled with the width.
const unityEyesWindow, unityEyesWindowHeight, unityEyesWidth = 140.0, 84.0, 640.0

// openUnityEyes opens unityeyes:PATH[,size=HxW]; only names are read here.
func openUnityEyes(s Spec) (Dataset, error) {
	if err := errors.Join(s.only("size"), needFolder(s)); err != nil {
		return nil, err
	}
	h, w, err := s.gazeSize()
	if err != nil {
		return nil, err
	}
	d := &unityEyes{root: s.Path, info: Info{Kind: s.Kind, C: 1, H: h, W: w, Bits: 8, LabelNames: GazeLabels}}
	entries, err := os.ReadDir(s.Path)
	if err != nil {
		return nil, err
	}
	pictures, labels := map[int]bool{}, map[int]bool{}
	for _, e := range entries {
		stem, ext, _ := strings.Cut(e.Name(), ".")
		n, err := strconv.Atoi(stem)
		switch {
		case err != nil:
		case ext == "jpg":
			pictures[n] = true
			d.numbers = append(d.numbers, n)
		case ext == "json":
			labels[n] = true
		}
	}
	slices.Sort(d.numbers)
	for n := range labels {
		if !pictures[n] {
			return nil, fmt.Errorf("data set %s: %d.json has no %d.jpg beside it", s, n, n)
		}
	}
	for _, n := range d.numbers {
		if !labels[n] {
			return nil, fmt.Errorf("data set %s: %d.jpg has no %d.json beside it", s, n, n)
		}
	}
	if len(d.numbers) == 0 {
		return nil, fmt.Errorf("data set %s: no N.jpg with N.json in %s", s, s.Path)
	}
	return d, nil
}

// Info describes the crops.
func (d *unityEyes) Info() Info { return d.info }

// Len is the number of pictures.
func (d *unityEyes) Len() int { return len(d.numbers) }

// Name is the picture's file name.
func (d *unityEyes) Name(i int) string { return fmt.Sprintf("%d.jpg", d.numbers[i]) }

// Close does nothing: no file stays open.
func (d *unityEyes) Close() error { return nil }

// Sample crops picture i around the eye, grey.
func (d *unityEyes) Sample(i int) (Sample, error) {
	path := filepath.Join(d.root, d.Name(i))
	m, err := decodeFile(path)
	if err != nil {
		return Sample{}, err
	}
	label, err := readUnityEyes(strings.TrimSuffix(path, ".jpg") + ".json")
	if err != nil {
		return Sample{}, err
	}
	cx, cy := centre(label.margin)
	scale := float64(m.W) / unityEyesWidth
	w, h := int(math.Round(unityEyesWindow*scale)), int(math.Round(unityEyesWindowHeight*scale))
	// Landmarks count y from the bottom of the picture.
	crop := m.Grey().Crop(int(math.Round(cx-float64(w)/2)), int(math.Round(float64(m.H)-cy-float64(h)/2)), w, h)
	return Sample{Name: d.Name(i), Image: crop.Resize(d.info.H, d.info.W), Label: label.gaze}, nil
}

// unityEyesLabel is what of a JSON file is used.
type unityEyesLabel struct {
	margin [][3]float64 // pixels, y from the bottom
	gaze   []float32    // unit vector in MPIIGaze's convention
}

// readUnityEyes reads N.json; every number in it is text: "(x, y, z)".
func readUnityEyes(path string) (l unityEyesLabel, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return l, err
	}
	var file struct {
		Margin  []string `json:"interior_margin_2d"`
		Details struct {
			Look string `json:"look_vec"`
		} `json:"eye_details"`
		Version2 json.RawMessage `json:"ground_truth"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return l, fmt.Errorf("%s: no whole JSON (%w): replace or remove it and its picture", path, err)
	}
	if file.Version2 != nil && file.Margin == nil {
		return l, fmt.Errorf("%s: is UnityEyes 2's form (ground_truth); this reader needs version 1's keys interior_margin_2d and eye_details.look_vec", path)
	}
	if len(file.Margin) == 0 || file.Details.Look == "" {
		return l, fmt.Errorf("%s: has no interior_margin_2d or no eye_details.look_vec: it is no label of UnityEyes 1", path)
	}
	for i, point := range file.Margin {
		v, err := tuple(point, 3)
		if err != nil {
			return l, fmt.Errorf("%s: interior_margin_2d[%d]: %w", path, i, err)
		}
		l.margin = append(l.margin, [3]float64(v))
	}
	look, err := tuple(file.Details.Look, 4)
	if err != nil {
		return l, fmt.Errorf("%s: eye_details.look_vec: %w", path, err)
	}
	length := math.Sqrt(look[0]*look[0] + look[1]*look[1] + look[2]*look[2])
	if length < 0.5 {
		return l, fmt.Errorf("%s: eye_details.look_vec %s is no direction", path, file.Details.Look)
	}
	l.gaze = []float32{float32(look[0] / length), float32(-look[1] / length), float32(look[2] / length)}
	return l, nil
}

// tuple reads "(1.0, 2.0, 3.0)" of n finite numbers.
func tuple(text string, n int) ([]float64, error) {
	parts := strings.Split(strings.Trim(strings.TrimSpace(text), "()"), ",")
	if len(parts) != n {
		return nil, fmt.Errorf("%q has %d numbers, not %d", text, len(parts), n)
	}
	values := make([]float64, n)
	for i, p := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%q: %q is no number", text, p)
		}
		values[i] = v
	}
	return values, nil
}

// centre is the middle of the points' box.
func centre(points [][3]float64) (x, y float64) {
	low, high := points[0], points[0]
	for _, p := range points {
		for k := range 2 {
			low[k], high[k] = min(low[k], p[k]), max(high[k], p[k])
		}
	}
	return (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
}

// unityEyesWriter writes simulated eyes as UnityEyes 1 does.
type unityEyesWriter struct{ dir string }

func newUnityEyesWriter(dir string, _ int) (frameWriter, error) { return unityEyesWriter{dir}, nil }

func (w unityEyesWriter) write(i int, e *simulate.Eye) error {
	f := e.Frame(640, 480)
	picture := Image{C: 1, H: f.H, W: f.W, Bits: 8, Pix: widen(f.Grey)}
	stem := filepath.Join(w.dir, strconv.Itoa(i+1))
	if err := encodeJPEG(stem+".jpg", picture); err != nil {
		return err
	}
	points := func(list [][2]float64) (texts []string) {
		for _, p := range list {
			texts = append(texts, fmt.Sprintf("(%.4f, %.4f, 10.0000)", p[0], float64(f.H)-p[1]))
		}
		return texts
	}
	text, err := json.MarshalIndent(map[string]any{
		"interior_margin_2d": points(f.Interior),
		"caruncle_2d":        points(f.Caruncle),
		"iris_2d":            points(f.Iris),
		"eye_details":        map[string]string{"look_vec": fmt.Sprintf("(%.4f, %.4f, %.4f, 0.0000)", f.Gaze[0], -f.Gaze[1], f.Gaze[2])},
		"head_pose":          fmt.Sprintf("(%.4f, %.4f, %.4f)", turn(f.HeadPose[0]), turn(f.HeadPose[1]), turn(f.HeadPose[2])),
	}, "", "    ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(stem+".json", text, 0o644)
}

func (w unityEyesWriter) close() error { return nil }

// turn is the angle in 0..360 degrees, as UnityEyes writes it.
func turn(degrees float64) float64 { return math.Mod(degrees+360, 360) }
