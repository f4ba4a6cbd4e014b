package mat

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWritesWhatItReads(t *testing.T) {
	variables := []Variable{
		{"doubles", Numeric(Double, []float64{1.5, -2, 1e300, 0, 5, 6}, 2, 3)},
		{"singles", Numeric(Single, []float64{0.5}, 1, 1)},
		{"bytes", Numeric(Uint8, []float64{0, 255, 7, 8, 9, 10}, 1, 2, 3)}, // 6 bytes: padded
		{"few", Numeric(Uint8, []float64{1, 2, 3}, 3, 1)},                  // 3 bytes: the short form
		{"none", Numeric(Double, []float64{}, 0, 0)},
		{"text", Text("grün")},
		{"cells", Column([]Array{Text("0001.jpg"), Text("a"), Numeric(Double, []float64{3}, 1, 1)})},
		{"s", NewStruct([]string{"z", "a"}, NewStruct([]string{"deep"}, Text("x")), Array{})},
	}
	path := filepath.Join(t.TempDir(), "a.mat")
	if err := Write(path, variables...); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variables {
		if diff := cmp.Diff(v.Array, got[v.Name]); diff != "" {
			t.Errorf("%s: %s", v.Name, diff)
		}
	}
}

// A real file, read and written, holds the same arrays with fields in the same order.
func TestWritesMPIIGazesLayout(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "shared", "samples", "mpiigaze", "layout")
	source := filepath.Join(folder, "day01_constructed_compressed.mat")
	if _, err := os.Stat(source); err != nil {
		t.Skipf("real samples are absent: %v", err)
	}
	want, err := Read(source)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "day01.mat")
	if err := Write(path, Variable{"data", want["data"]}, Variable{"filenames", want["filenames"]}); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestWriteRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.mat")
	long := strings.Repeat("n", fieldBytes)
	for want, a := range map[string]Array{
		"2 values for dimensions [3 1]":      Numeric(Double, []float64{1, 2}, 3, 1),
		"256 is not a uint8":                 Numeric(Uint8, []float64{256}, 1, 1),
		"0.5 is not a uint8":                 Numeric(Uint8, []float64{0.5}, 1, 1),
		"class 12 cannot be written":         Numeric(12, []float64{1}, 1, 1),
		"1 cells for dimensions [2 1]":       {Class: Cell, Dims: []int{2, 1}, Cells: []Array{{}}},
		"2 characters for dimensions [1 1]":  {Class: Char, Dims: []int{1, 1}, Text: "ab"},
		"field a: 0 values for dimensions":   {Class: Struct, Dims: []int{1, 1}, Names: []string{"a"}},
		"field name " + long + " has 32":     NewStruct([]string{long}, Array{}),
		"inner: 1 values for dimensions [2]": NewStruct([]string{"inner"}, Numeric(Double, []float64{1}, 2)),
	} {
		err := Write(path, Variable{"v", a})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path+": v: ") {
			t.Errorf("error is %v, want one that contains %q", err, want)
		}
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a refused call left a file: %v", err)
	}
}

// Variables that are not named are not unpacked, so damage after their names goes unnoticed.
func TestReadsOnlyWhatIsNamed(t *testing.T) {
	numbers := make([]float64, 20000)
	for i := range numbers {
		numbers[i] = float64(i * i % 7919)
	}
	path := filepath.Join(t.TempDir(), "a.mat")
	small, large := Numeric(Double, []float64{3}, 1, 1), Numeric(Double, numbers, 20000, 1)
	if err := Write(path, Variable{"small", small}, Variable{"large", large}); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(content) - 200; i < len(content); i++ {
		content[i] = 0
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path, "small")
	if err != nil || len(got) != 1 || got["small"].Numbers[0] != 3 {
		t.Errorf("small: %+v, %v", got, err)
	}
	for _, names := range [][]string{nil, {"large"}, {"small", "large"}} {
		if _, err := Read(path, names...); err == nil {
			t.Errorf("%v: the damage was not noticed", names)
		}
	}
}
