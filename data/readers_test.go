package data

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"simgan/data/picture"
)

// greyPicture writes a grey PNG of 2 x 3.
func greyPicture(t *testing.T, path string, bits int) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := picture.EncodePNG(path, picture.NewImage(1, 2, 3, bits)); err != nil {
		t.Fatal(err)
	}
}

// Links are followed, at the root and below it. A link to a folder that holds it is passed over, hidden files are, and
// a link to nothing and a pipe are files that cannot be read.
func TestFilesBelow(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"set/a/0.png", "store/1.png", "set/._2.png", "set/.git/3.png"} {
		write(t, filepath.Join(dir, name), "")
	}
	err := errors.Join(os.Symlink("../store", filepath.Join(dir, "set/b")),
		os.Symlink("..", filepath.Join(dir, "set/a/up")),
		os.Symlink("set", filepath.Join(dir, "root")), os.Symlink("nowhere", filepath.Join(dir, "set/4.png")),
		os.Symlink("a/0.png", filepath.Join(dir, "set/5.png")), syscall.Mkfifo(filepath.Join(dir, "set/6.png"), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"4.png", "5.png", "6.png", "a/0.png", "b/1.png"}
	for _, root := range []string{"set", "set/", "root"} {
		if got, err := filesBelow(filepath.Join(dir, root)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", root, got, err)
		}
	}
	_, err = picture.Decode(filepath.Join(dir, "set/4.png"))
	refused(t, "link to nothing", err, "it is a link to nowhere, which is not there")
	_, err = picture.Decode(filepath.Join(dir, "set/6.png"))
	refused(t, "pipe", err, "is a named pipe")
}

// openTable opens a folder of a.png, sub/c.png and müller.png, whose name macOS has composed, with a labels.csv.
func openTable(t *testing.T, csv string) (Dataset, error) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"a.png", "sub/c.png", "mu\u0308ller.png"} {
		greyPicture(t, filepath.Join(dir, name), 8)
	}
	write(t, filepath.Join(dir, "labels.csv"), csv)
	return Open("folder:" + dir)
}

// A table names files with ./ or backslashes, with composed accents, after a byte order mark or in quotes.
func TestTablesThatProgramsWrite(t *testing.T) {
	for what, csv := range map[string]string{
		"plain":        "file,x\na.png,1\nsub/c.png,3\nmu\u0308ller.png,2\n",
		"mark":         "\ufefffile,x\na.png,1\nsub/c.png,3\nm\u00fcller.png,2\n",
		"mark, quoted": "\ufeff\"file\",\"x\"\r\n\"a.png\",1\r\n\"sub/c.png\",3\r\n\"m\u00fcller.png\",2\r\n",
		"other names":  "file,x\n./a.png,1\nsub\\c.png,3\nm\u00fcller.png,2\n",
	} {
		ds, err := openTable(t, csv)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for i, want := range []float32{1, 2, 3} {
			if s, err := ds.Sample(i); err != nil || len(s.Label) != 1 || s.Label[0] != want {
				t.Errorf("%s: %s: %v, %v", what, s.Name, s.Label, err)
			}
		}
		out := filepath.Join(t.TempDir(), "out")
		if err := Export(ds, out, 1, copyAll(ds, 1, 0)); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(out, "labels.csv"))
		if err != nil || !strings.Contains(string(text), "a.png,1\nmu\u0308ller.png,2\nsub/c.png,3\n") {
			t.Errorf("%s: refined labels %q, %v", what, text, err)
		}
	}
}

// The error of a table in another form says which form is wanted.
func TestTablesInAnotherForm(t *testing.T) {
	for csv, want := range map[string]string{
		"file;x\na.png;1\n":                              "line 1: \"file;x\" is one column; columns are separated by commas",
		"file\tx\na.png\t1\n":                            "columns are separated by commas",
		"a.png,1\nsub/c.png,3\n":                         "line 1: is an image's line already; put a header before it",
		",file,x\n0,a.png,1\n":                           "line 2: column \"file\" holds paths (a.png), but the path comes first",
		"file,x\nb.png,1\n":                              "line 2: file b.png is not in the folder; paths are relative to it",
		"file,x\na.png,1\n./a.png,2\n":                   "line 3: ./a.png is the file of line 2 already",
		"file" + strings.Repeat(",x", maxColumns) + "\n": "has 10001 columns; a table of labels may have 10000",
	} {
		_, err := openTable(t, csv)
		refused(t, csv[:min(len(csv), 30)], err, want)
	}
}

// grey=true helps against other channels, but not against other bits, and the errors say so.
func TestMixedBits(t *testing.T) {
	dir := t.TempDir()
	greyPicture(t, filepath.Join(dir, "0.png"), 8)
	greyPicture(t, filepath.Join(dir, "1.png"), 16)
	for _, spec := range []string{"folder:" + dir, "folder:" + dir + ",grey=true"} {
		ds, err := Open(spec)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ds.Sample(1)
		refused(t, spec, err, "1.png: has levels of 16 bits, 0.png of 8: convert it to 8 bits")
		if strings.Contains(err.Error(), "grey") {
			t.Errorf("%v advises grey=true", err)
		}
	}
}

// MPIIGaze as copied by a Mac, with a list that ends in blank lines after a byte order mark, and people that are not
// there.
func TestMPIIGazeOfOtherPrograms(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mpii")
	if err := Simulate(t.Context(), "eyes", "real", "mpiigaze", 8, 1, dir, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	days, err := filesBelow(filepath.Join(dir, mpiigazeFolder))
	if err != nil || len(days) == 0 {
		t.Fatal(days, err)
	}
	person := filepath.Dir(days[0])
	write(t, filepath.Join(dir, mpiigazeFolder, person, "._day01.mat"), "a Mac's")
	list := filepath.Join(dir, evaluationFolder, person+".txt")
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Open("mpiigaze:" + dir + ",subset=evaluation")
	if err != nil {
		t.Fatal(err)
	}
	write(t, list, "\ufeff"+strings.ReplaceAll(string(text), "\n", "\r\n")+"\r\n\n  \n")
	got, err := Open("mpiigaze:" + dir + ",subset=evaluation")
	if err != nil || got.Len() != want.Len() {
		t.Errorf("%v", err)
	}
	inner, err := Open("mpiigaze:" + filepath.Join(dir, mpiigazeFolder) + ",subset=evaluation")
	if err != nil || inner.Len() != want.Len() {
		t.Errorf("named by its inner folder: %v", err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if _, err := OpenContext(ctx, "mpiigaze:"+dir); !errors.Is(err, stop) {
		t.Errorf("cancelled: %v", err)
	}
	_, err = Open("mpiigaze:" + dir + ",people=" + person + "+p99")
	refused(t, "people", err, `people: "p99" has no day's .mat`)
	refused(t, "people", err, "there are "+person)
}

// A half pair of UnityEyes is a bad file that can be left out. Pictures may be called .JPG or .jpeg, labels may begin
// with a byte order mark.
func TestUnityEyesOfOtherPrograms(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "eyes")
	if err := Simulate(t.Context(), "eyes", "synthetic", "unityeyes", 4, 1, dir, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	pictures, err := imageFiles(dir)
	if err != nil || len(pictures) != 4 {
		t.Fatal(pictures, err)
	}
	label := func(i int) string { return filepath.Join(dir, strings.TrimSuffix(pictures[i], ".jpg")+".json") }
	text, err := os.ReadFile(label(0))
	if err != nil {
		t.Fatal(err)
	}
	write(t, label(0), "\ufeff"+string(text))
	err = errors.Join(os.Remove(label(2)), os.Remove(filepath.Join(dir, pictures[3])),
		os.Rename(filepath.Join(dir, pictures[0]), filepath.Join(dir, strings.TrimSuffix(pictures[0], "jpg")+"JPG")),
		os.Rename(filepath.Join(dir, pictures[1]), filepath.Join(dir, strings.TrimSuffix(pictures[1], "jpg")+"jpeg")))
	if err != nil {
		t.Fatal(err)
	}
	ds, err := Open("unityeyes:" + dir)
	if err != nil || ds.Len() != 4 {
		t.Fatal(err)
	}
	_, err = ds.Sample(2)
	refused(t, "label", err, "has no "+filepath.Base(label(2))+" beside it")
	_, err = ds.Sample(3)
	refused(t, "picture", err, "has no "+pictures[3]+" beside it")
	var left []error
	readable, err := Readable(t.Context(), ds, Skip{Most: 2, Warn: func(err error) { left = append(left, err) }})
	if err != nil || readable.Len() != 2 || len(left) != 2 {
		t.Fatalf("%v, left out %v", err, left)
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := Export(readable, out, 1, copyAll(readable, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if refined, err := Open("unityeyes:" + out); err != nil || refined.Len() != 2 {
		t.Errorf("refined: %v", err)
	}
	_, err = Readable(t.Context(), ds, Skip{Most: 1, Warn: func(error) {}})
	refused(t, "one allowed", err, "more than --skip-bad 1 bad files")
}

// The released UnityEyes 2 writes N_CAMERA.jpg and a label with cameras.
func TestReleasedUnityEyes2(t *testing.T) {
	dir := t.TempDir()
	text, err := json.Marshal(map[string]any{"cameras": map[string]any{"cam0": map[string]any{}}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "1.json"), string(text))
	write(t, filepath.Join(dir, "1.jpg"), "")
	ds, err := Open("unityeyes:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = ds.Sample(0)
	refused(t, "label", err, "is a label of UnityEyes 2")
	write(t, filepath.Join(dir, "1_0.jpg"), "")
	_, err = Open("unityeyes:" + dir)
	refused(t, "names", err, "1_0.jpg is named as a picture of UnityEyes 2")
}

// Two sources that would become one file are found before the first is written.
func TestSourcesOfOneName(t *testing.T) {
	dir := t.TempDir()
	greyPicture(t, filepath.Join(dir, "a.png"), 8)
	greyPicture(t, filepath.Join(dir, "a.PNG"), 8)
	ds, err := Open("folder:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	err = Export(ds, filepath.Join(t.TempDir(), "out"), 1, func(*Exporter) error { t.Error("the work began"); return nil })
	refused(t, "two names", err, "a.PNG and a.png of the source would both become a.png")
}

// A path that is relative to elsewhere is explained, and ~ is the home folder, as in a shell.
func TestAbsentFolders(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	t.Setenv("HOME", here)
	_, err := Open("folder:~/photos")
	refused(t, "~", err, "folder "+here+"/photos does not exist")
	_, err = Open("folder:syn")
	refused(t, "relative", err, "folder syn does not exist in "+here)
}

// Eyes have 8 bits: a picture of 16 is refused by name, and no batch has room for it.
func TestEyesOf16Bits(t *testing.T) {
	first, second, third := t.TempDir(), t.TempDir(), t.TempDir()
	released(t, second, 1)
	if err := os.Remove(filepath.Join(second, "1_a.jpg")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(first, "1.json"),
		`{"interior_margin_2d": ["(10, 10, 3)"], "eye_details": {"look_vec": "(0, 0, -1, 0)"}}`)
	for spec, file := range map[string]string{
		"unityeyes:" + first:                 filepath.Join(first, "1.png"),
		"unityeyes2:" + second + ",camera=a": filepath.Join(second, "1_a.png"),
		"syntheseyes:" + third:               filepath.Join(third, "f01_1_0.1_0.1.png"),
	} {
		greyPicture(t, file, 16)
		ds, err := Open(spec)
		if err != nil {
			t.Fatal(err)
		}
		want := file + ": has levels of 16 bits: convert it to 8 bits"
		_, err = ds.Sample(0)
		refused(t, spec, err, want)
		_, err = LoadLevels(t.Context(), ds)
		refused(t, spec, err, want)
		l, err := NewLoader(ds, LoaderConfig{Batch: 1}, Position{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = l.Next(t.Context())
		refused(t, spec, err, want)
		l.Close()
	}
}

// wrong is a data set with an image that is not as its Info says.
type wrong struct{ Dataset }

func (d wrong) Sample(i int) (Sample, error) {
	s, err := d.Dataset.Sample(i)
	if i == 1 {
		s.Image = s.Image.Resize(20, 20)
	}
	return s, err
}

// An image of another size than the others reaches no batch, whichever reader delivers it.
func TestImagesMustBeAsDescribed(t *testing.T) {
	ds := wrong{opened(t, "simulated:eyes,n=2")}
	const want = "is 1x20x20 (channels, height, width) of 8 bits, not 1x35x55 of 8"
	_, err := LoadLevels(t.Context(), ds)
	refused(t, "LoadLevels", err, want)
	_, err = LoadRange(t.Context(), ds, 0, 2)
	refused(t, "LoadRange", err, want)
	l, err := NewLoader(ds, LoaderConfig{Batch: 2}, Position{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = l.Next(t.Context())
	refused(t, "Loader", err, want)
}

// Labels of N_CAMERA pictures are found by the number as the files write it.
func TestUnityEyes2ZeroPadded(t *testing.T) {
	dir := t.TempDir()
	released(t, dir, 7)
	for _, name := range []string{"7_a.jpg", "7_b_2.jpg", "7.json"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, "000"+name)); err != nil {
			t.Fatal(err)
		}
	}
	ds := opened(t, "unityeyes2:"+dir)
	if s, err := ds.Sample(0); err != nil || s.Name != "0007_a.jpg" {
		t.Errorf("%s: %v", s.Name, err)
	}
}
