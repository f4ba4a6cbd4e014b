package data

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/data/picture"
	"simgan/internal/alloctest"
)

// fuzzFolder opens a folder in which any bytes take the place of one file, and reads all of it. Either the error names
// the folder, or every image has all its pixels and labels. It allocates no more than most bytes.
func fuzzFolder(t *testing.T, most uint64, spec, file string, content []byte) {
	write(t, file, string(content))
	used := alloctest.Bytes(func() {
		ds, err := Open(spec)
		if err != nil {
			if !strings.Contains(err.Error(), filepath.Dir(file)) {
				t.Errorf("%v does not name the folder", err)
			}
			return
		}
		info := ds.Info()
		for i := range ds.Len() {
			s, err := ds.Sample(i)
			switch {
			case err != nil && !strings.Contains(err.Error(), filepath.Dir(file)):
				t.Errorf("%v does not name the file", err)
			case err == nil && (len(s.Image.Pix) != info.C*info.H*info.W || len(s.Label) != len(info.LabelNames)):
				t.Errorf("%s: %d levels, labels %v", s.Name, len(s.Image.Pix), s.Label)
			}
		}
	})
	if used > most {
		t.Errorf("for %d bytes of input it allocated %d", len(content), used)
	}
}

// FuzzPicture reads a folder with any bytes as a picture of any kind, resized.
func FuzzPicture(f *testing.F) {
	for _, pattern := range []string{"*.png", "*.jpg", "*.tif", "*.webp"} {
		paths, err := filepath.Glob("picture/testdata/" + pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("%d files match %s: %v", len(paths), pattern, err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(content)); err == nil && c.Width*c.Height > 1<<20 {
			t.Skip("large pictures only take time")
		}
		fuzzFolder(t, 128<<20, "folder:"+dir+",size=35x55,fit=crop", filepath.Join(dir, "a.png"), content)
	})
}

// FuzzManifest reads a refined folder with any manifest.csv.
func FuzzManifest(f *testing.F) {
	f.Add([]byte("source,refined,variant,x,y\na.png,a.png,0,1,2\n"))
	f.Add([]byte("source,refined,variant\na.png,./a.png,0\n"))
	f.Add([]byte("\ufeffsource,refined,variant,x\r\n\"a\n\",a.png,-1,NaN\r\n"))
	dir := f.TempDir()
	if err := picture.EncodePNG(filepath.Join(dir, "a.png"), picture.NewImage(1, 2, 3, 8)); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		most := uint64(4<<20 + 400*len(content))
		fuzzFolder(t, most, "folder:"+dir, filepath.Join(dir, manifestName), content)
	})
}

// FuzzUnityEyes2JSON reads a frame of one camera with any label of UnityEyes 2.
func FuzzUnityEyes2JSON(f *testing.F) {
	f.Add([]byte(`{"ground_truth":{"gaze_vec":"(0.1, 0.2, -0.97, 0)"},"cameras":{"a":{"interior_margin_2d":["(1, 2, 3)","(9, 5, 6)"],` +
		`"ground_truth":{"iris_center":"(0, 0, 0.05)","gaze_vector":"(-0.006, 0, -0.0075)"}}}}`))
	f.Add([]byte(`{"cameras":{"a":{"interior_margin_2d":["(1e300, NaN, 3)"],"ground_truth":null}}}`))
	f.Add([]byte("\ufeff{\"cameras\":{\"a\":null}}"))
	dir := f.TempDir()
	for _, name := range []string{"1.jpg", "1_a.jpg"} {
		if err := picture.EncodeJPEG(filepath.Join(dir, name), picture.NewImage(1, 40, 60, 8)); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		fuzzFolder(t, uint64(16<<20+400*len(content)), "unityeyes2:"+dir, filepath.Join(dir, "1.json"), content)
	})
}
