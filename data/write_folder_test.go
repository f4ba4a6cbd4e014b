package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"simgan/data/picture"
)

// A folder that is written reads back: 16 bits, colour, numbers with all their digits, texts with quotes and commas.
// A pack of it says that it leaves out the texts.
func TestWriteFolder(t *testing.T) {
	info := Info{LabelNames: []string{"x", "an, y"}, Text: []string{"class"}}
	b := &Batch{
		N: 2, C: 3, H: 2, W: 4, Bits: 16, Levels: make([]byte, 2*3*2*4*2),
		Labels: []float32{0.1, -3e-7, 2, 1e9}, Texts: []string{`a "b", c`, "d"},
	}
	want := picture.NewImage(3, 2, 4, 16)
	for i := range want.Pix {
		want.Pix[i] = uint16(2500 * i)
	}
	b.PutLevels(1, want)
	out := filepath.Join(t.TempDir(), "out of it")
	name := func(i int) string { return fmt.Sprintf("it's %d.png", i) }
	if err := WriteFolder(t.Context(), out, info, b, name); err != nil {
		t.Fatal(err)
	}
	ds, err := Open("folder:" + out)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	back, err := LoadLevels(t.Context(), ds)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(back.Levels, b.Levels) || !slices.Equal(back.Labels, b.Labels) || !slices.Equal(back.Texts, b.Texts) {
		t.Errorf("%+v, want %+v", back, b)
	}
	if got := ds.Info(); !slices.Equal(got.LabelNames, info.LabelNames) || !slices.Equal(back.Text(1), []string{"d"}) {
		t.Errorf("%+v: %v", got, back.Text(1))
	}
	var warned error
	skip := Skip{Warn: func(err error) { warned = err }}
	if err := Pack(t.Context(), "folder:"+out, out+".pack", skip, func(int, int) {}); err != nil || warned == nil {
		t.Errorf("%v, warned of %v", err, warned)
	}
	if err := WriteFolder(t.Context(), out, info, b, name); err == nil {
		t.Error("a folder that is not empty is written to")
	}
	cause := errors.New("asked to stop")
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if err := WriteFolder(cancelled, out+"2", info, b, name); !errors.Is(err, cause) {
		t.Errorf("cancelled: %v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(out)); len(left) != 2 {
		t.Errorf("%v are left", left)
	}
}
