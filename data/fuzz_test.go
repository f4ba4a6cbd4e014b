package data

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/alloctest"
)

// proportion fails the test if f allocates more than base bytes plus factor times the size of its input.
func proportion(t *testing.T, input int, f func()) {
	t.Helper()
	const base, factor = 4 << 20, 400
	if used := alloctest.Bytes(f); used > base+factor*uint64(input) {
		t.Errorf("for %d bytes of input it allocated %d", input, used)
	}
}

// FuzzUnityEyesJSON reads labels in the form of UnityEyes 1.
func FuzzUnityEyesJSON(f *testing.F) {
	f.Add([]byte(`{"interior_margin_2d":["(1.0, 2.0, 3.0)","(4, 5, 6)"],` +
		`"eye_details":{"look_vec":"(0.1, 0.2, -0.9, 0.0000)"}}`))
	f.Add([]byte(`{"interior_margin_2d":["(NaN, 2, 3)"],` +
		`"eye_details":{"look_vec":"(0, 0, 0, 0)"},"simgan_crop":[1,2,3,4]}`))
	f.Add([]byte(`{"ground_truth":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "1.json")
		write(t, path, string(text))
		proportion(t, len(text), func() {
			label, err := readUnityEyes(path)
			if err != nil {
				if !strings.Contains(err.Error(), path) {
					t.Errorf("%v does not name the file", err)
				}
				return
			}
			if _, _, w, h := label.window(640, 480); len(label.gaze) != 3 || w < 1 || h < 1 {
				t.Errorf("gaze %v, window %dx%d", label.gaze, w, h)
			}
		})
	})
}

// FuzzLabelsCSV reads a folder's labels.
func FuzzLabelsCSV(f *testing.F) {
	f.Add("file,gaze_x,gaze_y\na.png,1,2\n")
	f.Add("source,refined,variant,x\na.png,b.png,0,1e9\n")
	f.Add("file\n\"a\nb\"\n")
	fuzzLabels(f, "labels.csv")
}

// fuzzLabels reads labels from a file of the name. An error names the file; each image has a value per column.
func fuzzLabels(f *testing.F, name string) {
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), name)
		write(t, path, text)
		proportion(t, len(text), func() {
			l, err := readLabels(path)
			if err != nil {
				if !strings.Contains(err.Error(), path) {
					t.Errorf("%v does not name the file", err)
				}
				return
			}
			for name, values := range l.values {
				if len(values) != len(l.names) {
					t.Errorf("%q has %d labels, the header %d", name, len(values), len(l.names))
				}
			}
		})
	})
}

// FuzzPackJSON opens a pack of one image with any pack.json. If it opens, all of it can be read.
func FuzzPackJSON(f *testing.F) {
	whole := f.TempDir()
	if err := packSet(f.Context(), &numbers{n: 1}, "test", filepath.Join(whole, "pack"), func(int, int) {}); err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(whole, "pack", packAbout))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"count":2000000000,"label_names":["a","a"]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(whole, "pack", packAbout)
		write(t, path, string(text))
		proportion(t, len(text), func() {
			p, err := mapPack(filepath.Dir(path), true)
			if err != nil {
				return
			}
			readAll(t, p)
			if !json.Valid(text[:1]) && text[0] != '{' && strings.TrimLeft(string(text), " \t\r\n")[0] != '{' {
				t.Error("pack.json was accepted although it is not an object")
			}
		})
	})
}

// FuzzPackImages opens a pack with any images.npy. If it opens, all of it can be read.
func FuzzPackImages(f *testing.F) {
	whole := filepath.Join(f.TempDir(), "pack")
	if err := packSet(f.Context(), &numbers{n: 2}, "test", whole, func(int, int) {}); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(whole, packImages)
	array, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(array)
	f.Add([]byte(strings.Replace(string(array), "(2, 1, 2)", "(2, 9, 9)", 1)))
	f.Fuzz(func(t *testing.T, array []byte) {
		write(t, path, string(array))
		proportion(t, len(array), func() {
			if p, err := mapPack(whole, true); err == nil {
				readAll(t, p)
			}
		})
	})
}

func readAll(t *testing.T, p *pack) {
	t.Helper()
	defer p.Close()
	for i := range p.Len() {
		s, err := p.Sample(i)
		if err != nil || len(s.Image.Pix) != p.info.C*p.info.H*p.info.W || len(s.Label) != len(p.info.LabelNames) {
			t.Errorf("image %d: %d samples, %d labels: %v", i, len(s.Image.Pix), len(s.Label), err)
		}
	}
}
