package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/data/picture"
)

// Labels in JSON Lines: nested values are columns, keys may come in any order, and refined folders get labels.csv with
// the same digits.
func TestLabelsOfJSONLines(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/1.png", "a.png"} {
		write(t, filepath.Join(dir, name), "")
		if err := picture.EncodePNG(filepath.Join(dir, name), picture.NewImage(1, 2, 2, 8)); err != nil {
			t.Fatal(err)
		}
	}
	first := `{"id": 7, "image": "a.png", "gaze": {"x": 0.12345678901}, "at": [1, -2.50], "class": "left"}`
	write(t, filepath.Join(dir, "labels.jsonl"), first+`

{"class": "right", "at": [3, 4], "image": "b/1.png", "id": 8, "gaze": {"x": 1e-3}}`+"\n")
	ds, err := Open("folder:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	if got := ds.Info(); !slices.Equal(got.LabelNames, []string{"id", "gaze.x", "at.0", "at.1"}) ||
		!slices.Equal(got.Text, []string{"class"}) {
		t.Errorf("labels are %v, texts %v", got.LabelNames, got.Text)
	}
	b, err := ds.Sample(1)
	if err != nil || b.Name != "b/1.png" || !slices.Equal(b.Label, []float32{8, 1e-3, 3, 4}) ||
		!slices.Equal(b.Text, []string{"right"}) {
		t.Errorf("%v: %s has %v and %v", err, b.Name, b.Label, b.Text)
	}
	_, out := export(t, "folder:"+dir, 1)
	got, err := os.ReadFile(filepath.Join(out, "labels.csv"))
	want := "image,id,gaze.x,at.0,at.1,class\na.png,7,0.12345678901,1,-2.50,left\nb/1.png,8,1e-3,3,4,right\n"
	if err != nil || string(got) != want {
		t.Errorf("%v, %q, want %q", err, got, want)
	}
}

func TestBadJSONLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels.json")
	for text, want := range map[string]string{
		"":                                 "is empty",
		`[{"file": "a.png", "x": 1}]`:      "line 1: is no object of its own; write JSON Lines",
		`{"x": 1}`:                         "no value is a picture's name",
		"{\"file\": \"a.png\",\n\"x\": 1}": "line 1: is no JSON object in one line",
		`{"file": "a.png"} {"x": 1}`:       "goes on after the object",
		"{\"file\": \"a.png\", \"x\": 1}\n{\"file\": \"b.png\"}":              "line 2: has the keys file, the first",
		"{\"file\": \"a.png\", \"x\": 1}\n{\"file\": \"b.png\", \"x\": null}": `line 2: column x: has no value`,
		"{\"file\": \"a.png\", \"x\": 1}\n{\"file\": \"b.png\", \"x\": 1e99}": "line 2: column x",
		`{"file": "a.png", "x": ` + strings.Repeat("[", 17) + "1" + `}`:       "is more than 16 objects and arrays deep",
		`{"file": "a.png", "x": "` + strings.Repeat("1", maxJSONLine) + `"}`:  "line 1: bufio.Scanner: token too long",
	} {
		write(t, path, text)
		_, err := readLabels(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%.60q: %v does not name the file and say %q", text, err, want)
		}
	}
}

// FuzzJSONLines reads labels of JSON Lines.
func FuzzJSONLines(f *testing.F) {
	f.Add(`{"file": "a.png", "at": [1, {"x": 2}]}` + "\n" + `{"at": [3, {"x": 4}], "file": "b.png"}`)
	f.Add(`{"": "a.png", "": 1}` + "\n")
	fuzzLabels(f, "labels.jsonl")
}
