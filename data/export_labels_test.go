package data

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simgan/data/mat"
	"simgan/data/picture"
)

// A refined UnityEyes folder is a UnityEyes folder: the same crops
// and gazes, with landmarks in the crop, also if it is refined twice.
func TestExportUnityEyes(t *testing.T) {
	rendered := filepath.Join(t.TempDir(), "unity")
	if err := Simulate(t.Context(), "eyes", "synthetic", "unityeyes", 11, 8, rendered, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	ds, out := export(t, "unityeyes:"+rendered, 2)
	back, err := Open("unityeyes:" + out)
	if err != nil {
		t.Fatal(err)
	}
	if back.Len() != 22 || back.Name(3) != "2_v1.png" || back.Name(21) != "11_v1.png" {
		t.Fatalf("%d pictures, %s, %s", back.Len(), back.Name(3), back.Name(back.Len()-1))
	}
	for i := range back.Len() {
		expectSame(t, back, i, ds, i/2, i%2)
	}
	if exists(filepath.Join(out, "labels.csv")) {
		t.Error("labels.csv is there too")
	}

	again, twice := export(t, "unityeyes:"+out, 2)
	back, err = Open("unityeyes:" + twice)
	if err != nil || back.Len() != 44 || back.Name(0) != "1_v0_v0.png" {
		t.Fatalf("refined twice: %v", err)
	}
	expectSame(t, back, 43, again, 21, 1)
	first, err := os.ReadFile(filepath.Join(out, "7_v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(filepath.Join(twice, "7_v1_v0.json"))
	if diff := cmp.Diff(string(first), string(second)); err != nil || diff != "" {
		t.Errorf("mapped again, a crop's label changed: %v %s", err, diff)
	}
}

// The margin's centre in the picture of 640 x 480 is (300, 200) from the top, so the
// window is 140 x 84 from (230, 158). A point at the window's left edge, a quarter
// down, becomes (0, 35 - 8.75) in the crop of 55 x 35. All else is unchanged.
func TestExportUnityEyesLandmarks(t *testing.T) {
	dir := t.TempDir()
	if err := picture.EncodeJPEG(filepath.Join(dir, "1.jpg"), picture.NewImage(1, 480, 640, 8)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "1.json"), `{"head_pose": "(1, 2, 3)", "lighting_details": {"skybox_exposure": "1.20"},
		"eye_details": {"look_vec": "(0, 0, -1, 0)", "iris_texture": "brown"}, "caruncle_2d": ["(230.0, 301.0, 8.5)"],
		"interior_margin_2d": ["(280, 270, 9)", "(320, 290, 9)"], "iris_2d": ["(300, 280, 9.25)", "(370, 238, 1)"]}`)
	_, out := export(t, "unityeyes:"+dir, 1)
	text, err := os.ReadFile(filepath.Join(out, "1.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"head_pose": "(1, 2, 3)", "lighting_details": map[string]any{"skybox_exposure": "1.20"},
		"eye_details":        map[string]any{"look_vec": "(0, 0, -1, 0)", "iris_texture": "brown"},
		"caruncle_2d":        []any{"(0.0000, 26.2500, 8.5000)"},
		"interior_margin_2d": []any{"(19.6429, 13.3333, 9.0000)", "(35.3571, 21.6667, 9.0000)"},
		"iris_2d":            []any{"(27.5000, 17.5000, 9.2500)", "(55.0000, 0.0000, 1.0000)"},
		"simgan_crop":        []any{230.0, 158.0, 140.0, 84.0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	write(t, filepath.Join(dir, "1.json"), `{"eye_details": {"look_vec": "(0, 0, -1, 0)"},
		"interior_margin_2d": ["(280, 270, 9)"], "iris_2d": ["(1, 2)"]}`)
	ds, err := Open("unityeyes:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	err = Export(ds, filepath.Join(dir, "bad"), 1, copyAll(ds, 1, 0))
	refused(t, "a broken landmark", err, "1.json: iris_2d[0]")
}

// A refined MPIIGaze folder is an MPIIGaze folder: the same days with refined images, right eyes not mirrored.
func TestExportMPIIGaze(t *testing.T) {
	real := filepath.Join(t.TempDir(), "mpii")
	if err := Simulate(t.Context(), "eyes", "real", "mpiigaze", 8, 4, real, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	ds, out := export(t, "mpiigaze:"+real+",size=36x60", 2)
	for v := range 2 {
		day := fmt.Sprintf("p02/day01_v%d", v)
		source, err := mat.Read(filepath.Join(real, mpiigazeFolder, "p02", "day01.mat"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := mat.Read(filepath.Join(out, mpiigazeFolder, filepath.FromSlash(day)+".mat"))
		if err != nil {
			t.Fatal(err)
		}
		source["data"].Fields["left"][0].Fields["image"][0].Numbers[0] = float64(v)
		source["data"].Fields["right"][0].Fields["image"][0].Numbers[59*36] = float64(v)
		if diff := cmp.Diff(source, got); diff != "" {
			t.Errorf("%s: %s", day, diff)
		}
	}
	for _, subset := range []string{"all", "evaluation"} {
		back, err := Open("mpiigaze:" + out + ",size=36x60,subset=" + subset)
		if err != nil || back.Len() != 16 {
			t.Fatalf("subset %s: %v", subset, err)
		}
		samples := samplesByName(t, back)
		for i := range ds.Len() {
			want, err := ds.Sample(i)
			if err != nil {
				t.Fatal(err)
			}
			want.Image.Pix[0] = 1
			got := samples[strings.Replace(want.Name, "/0001", "_v1/0001", 1)]
			if diff := cmp.Diff(want.Image, got.Image) + cmp.Diff(want.Label, got.Label); diff != "" {
				t.Errorf("subset %s: %s: %s", subset, want.Name, diff[:min(len(diff), 400)])
			}
		}
	}
}

// If only left eyes are exported, the lists name the left eyes, and the right eyes are black.
func TestExportMPIIGazeInPart(t *testing.T) {
	real := filepath.Join(t.TempDir(), "mpii")
	if err := Simulate(t.Context(), "eyes", "real", "mpiigaze", 4, 4, real, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	ds, out := export(t, "mpiigaze:"+filepath.Join(real, mpiigazeFolder)+",eyes=left,size=36x60", 1)
	back, err := Open("mpiigaze:" + out + ",subset=evaluation,size=36x60")
	if err != nil || back.Len() != 2 || ds.Len() != 2 || back.Name(1) != ds.Name(1) {
		t.Fatalf("%v", err)
	}
	expectSame(t, back, 1, ds, 1, 0)
	all, err := Open("mpiigaze:" + out + ",eyes=right")
	if err != nil || all.Len() != 2 {
		t.Fatal(err)
	}
	if s, err := all.Sample(0); err != nil || slices.Max(s.Image.Pix) != 0 {
		t.Errorf("a right eye has pixels: %v", err)
	}
	if !exists(filepath.Join(out, "p01", "day01.mat")) {
		t.Error("people are below the SPEC's folder in the source, but elsewhere in the export")
	}
}

func TestExportSynthesEyes(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"f01/f01_9_-0.0000_0.1963.png", "m02/m02_7_0.3927_-0.1963.png"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		write(t, path, "")
		m := picture.NewImage(3, 80, 120, 8)
		for i := range m.Pix {
			m.Pix[i] = uint16(i % 251)
		}
		if err := picture.EncodePNG(path, m); err != nil {
			t.Fatal(err)
		}
	}
	ds, out := export(t, "syntheseyes:"+dir, 3)
	back, err := Open("syntheseyes:" + out)
	if err != nil || back.Len() != 6 || back.Name(5) != "m02/m02_7_0.3927_-0.1963_v2.png" {
		t.Fatalf("%v", err)
	}
	for i := range 6 {
		expectSame(t, back, i, ds, i/3, i%3)
	}
}

// labels.csv keeps the columns and digits of the source's label file, which may lie in another folder.
func TestExportFolderLabels(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/1.png", "a.png"} {
		path := filepath.Join(dir, "images", filepath.FromSlash(name))
		write(t, path, "")
		if err := picture.EncodePNG(path, picture.NewImage(1, 2, 2, 16)); err != nil {
			t.Fatal(err)
		}
	}
	labels := filepath.Join(dir, "truth.csv")
	write(t, labels, "image,u,v\nb/1.png,0.12345678901,1e3\na.png,-7,0.50\n")
	spec := "folder:" + filepath.Join(dir, "images") + ",labels=" + labels
	for variants, want := range map[int]string{
		1: "image,u,v\na.png,-7,0.50\nb/1.png,0.12345678901,1e3\n",
		2: "image,u,v\na_v0.png,-7,0.50\na_v1.png,-7,0.50\nb/1_v0.png,0.12345678901,1e3\nb/1_v1.png,0.12345678901,1e3\n",
	} {
		_, out := export(t, spec, variants)
		got, err := os.ReadFile(filepath.Join(out, "labels.csv"))
		if err != nil || string(got) != want {
			t.Errorf("%d variants: %v, %q", variants, err, got)
		}
		if variants == 1 { // with a manifest as labels, the column of paths is named file
			_, out = export(t, "folder:"+out+",labels="+filepath.Join(out, manifestName), 1)
			got, err = os.ReadFile(filepath.Join(out, "labels.csv"))
			if err != nil || string(got) != "file,u,v\na.png,-7,0.5\nb/1.png,0.12345679,1000\n" {
				t.Errorf("from a manifest: %v, %q", err, got)
			}
		}
	}
	_, out := export(t, "folder:"+filepath.Join(dir, "images"), 1)
	if exists(filepath.Join(out, "labels.csv")) {
		t.Error("a folder without labels got labels.csv")
	}
}

// Texts that repeat are classes.
func TestClasses(t *testing.T) {
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("file,same,eye,who,day,note\n")
	for i := range 7 {
		name := fmt.Sprintf("%d.png", i)
		if err := picture.EncodePNG(filepath.Join(dir, name), picture.NewImage(1, 2, 2, 8)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&rows, "%s,x,%s,w%d,d%d,n%d\n", name, []string{"left", "right"}[i%2], i, i%3, i%4)
	}
	write(t, filepath.Join(dir, "labels.csv"), rows.String())
	ds, err := Open("folder:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	i := ds.Info()
	if want := []int{0, 2, 0, 3, 0}; !slices.Equal(i.Classes, want) { // n0 to n3 are more than half of 7
		t.Errorf("classes %v, want %v", i.Classes, want)
	}
	if labels, outputs := i.Labels(); labels != 2 || outputs != 5 {
		t.Errorf("%d labels, %d outputs; want 2 and 5", labels, outputs)
	}
}

// Columns of text are no labels, and refined folders keep them as they are, also where there is no number at all.
func TestTextColumnsAreCarriedAlong(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/1.png", "a.png"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		write(t, path, "")
		if err := picture.EncodePNG(path, picture.NewImage(1, 2, 2, 8)); err != nil {
			t.Fatal(err)
		}
	}
	for rows, names := range map[string][2][]string{
		"image,eye,u,who\na.png,right,7,Cy\nb/1.png,left,0.50,\"Ann, B\"\n": {{"u"}, {"eye", "who"}},
		"image,class\na.png,circle\nb/1.png,4\n":                            {nil, {"class"}},
		"image,class\na.png,0\nb/1.png,1\n":                                 {{"class"}, nil},
	} {
		write(t, filepath.Join(dir, "labels.csv"), rows)
		ds, out := export(t, "folder:"+dir, 1)
		if i := ds.Info(); !slices.Equal(i.LabelNames, names[0]) || !slices.Equal(i.Text, names[1]) {
			t.Errorf("%q: labels %q, text %q", rows, i.LabelNames, i.Text)
		}
		s, err := ds.Sample(0)
		if err != nil || len(s.Label) != len(names[0]) || len(s.Label) > 0 && s.Label[0] != 7 && s.Label[0] != 0 {
			t.Errorf("%q: label %v, %v", rows, s.Label, err)
		}
		if got, err := os.ReadFile(filepath.Join(out, "labels.csv")); err != nil || string(got) != rows {
			t.Errorf("%q became %q, %v", rows, got, err)
		}
	}
}
