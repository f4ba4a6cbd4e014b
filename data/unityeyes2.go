package data

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"simgan/data/picture"
	"simgan/internal/inputfile"
)

// unityEyes2 is a folder of UnityEyes 2 in either of its forms. The released program writes N_CAMERA.jpg for each
// camera and one N.json with cameras.CAMERA. Its development version wrote N.jpg with an N.json of ground_truth alone.
type unityEyes2 struct {
	described
	root  string
	views []view
}

// view is a picture: of a camera, or of the only one ("").
type view struct {
	file, camera string
	stem         string // of the label's file: the number as the file names write it
	number       int
}

// The window around an eye: in proportion to that of UnityEyes 1, which is 1.12 times as wide as its eyes. Without
// landmarks it is in the middle of the picture, where the development version renders eyes three times as large.
const (
	unityEyes2Margin = 1.12
	unityEyes2Middle = 3 * unityEyesWindow / unityEyesWidth // of the picture's width
)

// openUnityEyes2 opens unityeyes2:PATH[,camera=NAME][,size=HxW]. It reads only the names of files.
func openUnityEyes2(s Spec) (Dataset, error) {
	info, err := s.gazeInfo("camera", "size")
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(s.Path)
	if err != nil {
		return nil, err
	}
	d := &unityEyes2{described: described{info}, root: s.Path}
	wanted, cameras := s.text("camera", ""), map[string]bool{}
	for _, e := range entries {
		number, camera, _ := strings.Cut(strings.TrimSuffix(e.Name(), filepath.Ext(e.Name())), "_")
		n, err := strconv.Atoi(number)
		if err != nil || !picture.HasName(e.Name()) {
			continue
		}
		cameras[camera] = true
		if wanted == "" || camera == wanted {
			d.views = append(d.views, view{e.Name(), camera, number, n})
		}
	}
	switch {
	case len(cameras) == 0:
		return nil, fmt.Errorf("data set %s: no N_CAMERA.jpg or N.jpg with N.json in %s", s, s.Path)
	case len(d.views) == 0:
		return nil, fmt.Errorf("data set %s: no picture of camera %s; there are %s", s, wanted,
			strings.Join(sortedKeys(cameras), ", "))
	}
	slices.SortFunc(d.views, func(a, b view) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.camera, b.camera))
	})
	return d, nil
}

// Len returns the number of pictures.
func (d *unityEyes2) Len() int { return len(d.views) }

// Name returns the file name of picture i.
func (d *unityEyes2) Name(i int) string { return d.views[i].file }

// Sample returns picture i, cropped around the eye, as grey.
func (d *unityEyes2) Sample(i int) (Sample, error) {
	v := d.views[i]
	path := filepath.Join(d.root, v.stem+".json")
	text, err := inputfile.Read(path, maxUnityEyes)
	if errors.Is(err, fs.ErrNotExist) {
		return Sample{}, fmt.Errorf("%s: has no %s beside it: remove the picture", filepath.Join(d.root, v.file),
			filepath.Base(path))
	}
	if err != nil {
		return Sample{}, err
	}
	label, err := parseUnityEyes2(inputfile.WithoutMark(text), v.camera)
	if err != nil {
		return Sample{}, fmt.Errorf("%s: %w", path, err)
	}
	file := filepath.Join(d.root, v.file)
	m, err := picture.DecodeWindow(file, label.window)
	if err != nil {
		return Sample{}, err
	}
	image, err := d.eye(file, m)
	return Sample{Name: v.file, Image: image, Label: label.gaze}, err
}

// unityEyes2Label holds the parts of a JSON file that are used.
type unityEyes2Label struct {
	margin [][3]float64 // pixels, y from the bottom; none in the development version
	gaze   []float32    // unit vector in MPIIGaze's convention
}

// unityTruth is ground_truth. gaze_vec is a direction; gaze_vector is what unityEyes2Gaze explains.
type unityTruth struct {
	Direction string `json:"gaze_vec"`
	Point     string `json:"gaze_vector"`
	Iris      string `json:"iris_center"`
}

func parseUnityEyes2(text []byte, camera string) (l unityEyes2Label, err error) {
	var file struct {
		Truth   *unityTruth `json:"ground_truth"`
		Cameras map[string]struct {
			Margin []string    `json:"interior_margin_2d"`
			Truth  *unityTruth `json:"ground_truth"`
		} `json:"cameras"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return l, fmt.Errorf("is not complete JSON (%w): replace or remove it and its pictures", err)
	}
	truth, where := file.Truth, "ground_truth"
	if camera != "" {
		of := file.Cameras[camera]
		truth, where = of.Truth, "cameras."+camera+".ground_truth"
		if len(of.Margin) == 0 {
			return l, fmt.Errorf("has no cameras.%s.interior_margin_2d: it is not a label of UnityEyes 2", camera)
		}
		if l.margin, err = landmarks(of.Margin); err != nil {
			return l, fmt.Errorf("cameras.%s.interior_margin_2d%w", camera, err)
		}
	}
	if truth == nil {
		return l, fmt.Errorf("has no %s: it is not a label of UnityEyes 2", where)
	}
	if l.gaze, err = truth.gaze(); err != nil {
		return l, fmt.Errorf("%s: %w", where, err)
	}
	return l, nil
}

// gaze returns the direction of the gaze, in the camera's frame. The released program has no direction. Its gaze_vector
// is 0.01 (iris_center + direction) with y turned twice: iris_center, in metres, counts y down, and the direction, as
// in Unity, up (EyeballController.GetGazeVector in alexanderdsmith/UnityEyes2).
func (t *unityTruth) gaze() ([]float32, error) {
	if t.Direction != "" {
		look, err := tuple(t.Direction, 4)
		if err != nil {
			return nil, fmt.Errorf("gaze_vec: %w", err)
		}
		return unityGaze([3]float64(look))
	}
	point, err := tuple(t.Point, 3)
	if err != nil {
		return nil, fmt.Errorf("gaze_vector: %w", err)
	}
	iris, err := tuple(t.Iris, 3)
	if err != nil {
		return nil, fmt.Errorf("iris_center: %w", err)
	}
	look := [3]float64{100*point[0] - iris[0], -100*point[1] - iris[1], 100*point[2] - iris[2]}
	if length := math.Hypot(math.Hypot(look[0], look[1]), look[2]); math.Abs(length-1) > 0.05 {
		return nil, fmt.Errorf("gaze_vector %s and iris_center %s give a direction of length %.2f, not 1",
			t.Point, t.Iris, length)
	}
	return unityGaze(look)
}

// window returns the eye's crop in a picture of width x height: left, top, width and height in pixels, top from the
// top.
func (l unityEyes2Label) window(width, height int) (x, y, w, h int) {
	cx, cy, wide := float64(width)/2, float64(height)/2, unityEyes2Middle*float64(width)
	if len(l.margin) > 0 {
		cx, cy = centre(l.margin)
		byX := func(a, b [3]float64) int { return cmp.Compare(a[0], b[0]) }
		wide = unityEyes2Margin * (slices.MaxFunc(l.margin, byX)[0] - slices.MinFunc(l.margin, byX)[0])
	}
	w = max(1, int(math.Round(wide)))
	h = max(1, int(math.Round(wide*unityEyesWindowHeight/unityEyesWindow)))
	// Landmarks count y from the bottom of the picture.
	return int(math.Round(cx - float64(w)/2)), int(math.Round(float64(height) - cy - float64(h)/2)), w, h
}
