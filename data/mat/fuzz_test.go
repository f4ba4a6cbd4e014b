package mat

import (
	"os"
	"path/filepath"
	"testing"

	"simgan/internal/alloctest"
)

// FuzzParse parses any bytes: numbers fit their dimensions and memory is bounded.
func FuzzParse(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.mat")
	structure := NewStruct([]string{"gaze", "names"},
		Numeric(Uint8, []float64{7}, 1, 1), Column([]Array{Text("a"), Text("b")}))
	err := Write(path, Variable{"x", Numeric(Double, []float64{1, 2, 3, 4, 5, 6}, 2, 3)},
		Variable{"t", Text("day")}, Variable{"s", structure})
	if err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add(content[:len(content)/2])
	plain := make([]byte, headerBytes)
	copy(plain[124:], []byte{0, 1, 'I', 'M'})
	f.Add(append(plain, encode("a", int32(Double), []int32{2, 2}, doubles(1, 2, 3, 4))...))
	f.Fuzz(func(t *testing.T, content []byte) {
		var variables map[string]Array
		var err error
		used := alloctest.Bytes(func() { variables, err = parse(content) })
		if used > 4<<20+1032*32*uint64(len(content)) {
			t.Errorf("for %d bytes of input it allocated %d", len(content), used)
		}
		for name, a := range variables {
			if err == nil && a.Class >= Double && a.Class <= lastNumeric && len(a.Numbers) != product(a.Dims) {
				t.Errorf("%s: %d numbers for %v", name, len(a.Numbers), a.Dims)
			}
		}
	})
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
