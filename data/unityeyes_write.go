package data

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"simgan/data/picture"
	"simgan/data/simulate"
	"simgan/internal/atomicfile"
	"simgan/internal/inputfile"
)

// unityEyesCrop is the JSON key that marks a refined picture. It holds the crop's [x, y, w, h] in the picture that
// UnityEyes rendered, in pixels, y from the top.
const unityEyesCrop = "simgan_crop"

// WriteLabels writes N.json beside each N.png: the source's
// JSON with landmarks in the crop's pixels, plus unityEyesCrop.
func (d *unityEyes) WriteLabels(dir string, images []Refined) error {
	for _, r := range images {
		text, err := d.croppedLabel(r.Index)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, strings.TrimSuffix(r.Name, filepath.Ext(r.Name))+".json")
		if err := atomicfile.Write(path, text); err != nil {
			return err
		}
	}
	return nil
}

// croppedLabel returns the JSON of picture i after cropping and resizing.
func (d *unityEyes) croppedLabel(i int) ([]byte, error) {
	path := d.labelPath(i)
	label, err := readUnityEyes(path)
	if err != nil {
		return nil, err
	}
	width, height, err := picture.ReadSize(filepath.Join(d.root, d.Name(i)))
	if err != nil {
		return nil, err
	}
	text, err := inputfile.Read(path, maxUnityEyes)
	if err != nil {
		return nil, err
	}
	text = inputfile.WithoutMark(text)
	var file map[string]json.RawMessage
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	x, y, w, h := label.window(width, height)
	if !label.cropped {
		file[unityEyesCrop] = json.RawMessage(fmt.Sprintf("[%d, %d, %d, %d]", x, y, w, h))
	}
	// Landmarks count y from the bottom, both in the picture and in the crop.
	scaleX, scaleY := float64(d.info.W)/float64(w), float64(d.info.H)/float64(h)
	bottom := float64(height - y - h)
	for _, key := range []string{"interior_margin_2d", "caruncle_2d", "iris_2d"} {
		if file[key] == nil {
			continue
		}
		file[key], err = mapLandmarks(file[key], func(p [3]float64) string {
			return landmark((p[0]-float64(x))*scaleX, (p[1]-bottom)*scaleY, p[2])
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %s%w", path, key, err)
		}
	}
	return json.MarshalIndent(file, "", "    ")
}

// mapLandmarks replaces each point of a JSON list of "(x, y,
// z)" by what write returns. An error follows the list's name.
func mapLandmarks(list json.RawMessage, write func(p [3]float64) string) (json.RawMessage, error) {
	var texts []string
	if err := json.Unmarshal(list, &texts); err != nil {
		return nil, fmt.Errorf(" is not a list of points: %w", err)
	}
	points, err := landmarks(texts)
	if err != nil {
		return nil, err
	}
	for i, p := range points {
		texts[i] = write(p)
	}
	return json.Marshal(texts)
}

// landmark returns a point in UnityEyes' form.
func landmark(x, y, z float64) string { return fmt.Sprintf("(%.4f, %.4f, %.4f)", x, y, z) }

// unityEyesWriter writes simulated eyes in the form of UnityEyes 1.
type unityEyesWriter struct{ dir string }

func newUnityEyesWriter(dir string, _ int) (sceneWriter[*simulate.Eye], error) {
	return unityEyesWriter{dir}, nil
}

func (w unityEyesWriter) write(i int, e *simulate.Eye) error {
	f := e.Frame(640, 480)
	stem := filepath.Join(w.dir, strconv.Itoa(i+1))
	if err := picture.EncodeJPEG(stem+".jpg", picture.FromLevels(1, f.H, f.W, 8, f.Grey)); err != nil {
		return err
	}
	points := func(list [][2]float64) (texts []string) {
		for _, p := range list {
			texts = append(texts, landmark(p[0], float64(f.H)-p[1], 10))
		}
		return texts
	}
	look := fmt.Sprintf("(%.4f, %.4f, %.4f, 0.0000)", f.Gaze[0], -f.Gaze[1], f.Gaze[2])
	text, err := json.MarshalIndent(map[string]any{
		"interior_margin_2d": points(f.Interior),
		"caruncle_2d":        points(f.Caruncle),
		"iris_2d":            points(f.Iris),
		"eye_details":        map[string]string{"look_vec": look},
		"head_pose":          landmark(turn(f.HeadPose[0]), turn(f.HeadPose[1]), turn(f.HeadPose[2])),
	}, "", "    ")
	if err != nil {
		return err
	}
	return atomicfile.Write(stem+".json", text)
}

func (w unityEyesWriter) close() error { return nil }

// turn returns the angle in 0..360 degrees, as UnityEyes writes it.
func turn(degrees float64) float64 { return math.Mod(degrees+360, 360) }
