package events

import (
	"math"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// FuzzEvents writes any tag, value and picture. What a reader finds is what was written, between whole records.
func FuzzEvents(f *testing.F) {
	f.Add(int64(0), "train/L_D", 1.5, []byte("a png"), 55, 35)
	f.Add(int64(-1), "\x00\xff\n", math.Inf(1), []byte{}, -1, math.MaxInt)
	f.Add(int64(math.MaxInt64), "", math.NaN(), []byte("\x0a\x00"), 0, 1<<31)
	f.Fuzz(func(t *testing.T, step int64, tag string, value float64, png []byte, width, height int) {
		dir := t.TempDir()
		w, err := Create(dir, step)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Scalars(step, map[string]float64{tag: value}); err != nil {
			t.Fatal(err)
		}
		if err := w.Image(step, tag, png, width, height); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		events := records(t, dir)
		scalars, picture := events[len(events)-2], events[len(events)-1]
		for _, event := range [][]byte{scalars, picture} {
			if got, _ := protowire.ConsumeVarint(field(t, event, 2)); int64(got) != step {
				t.Errorf("the step is %d, want %d", int64(got), step)
			}
			if got := string(field(t, event, 5, 1, 1)); got != tag {
				t.Errorf("the tag is %q, want %q", got, tag)
			}
		}
		bits, _ := protowire.ConsumeFixed32(field(t, scalars, 5, 1, 2))
		if got, want := math.Float32frombits(bits), float32(value); got != want && (got == got || want == want) {
			t.Errorf("the value is %v, want %v", got, want)
		}
		for number, want := range map[protowire.Number]int{1: height, 2: width, 3: 1} {
			if got, _ := protowire.ConsumeVarint(field(t, picture, 5, 1, 4, number)); int(got) != want {
				t.Errorf("the picture's field %d is %d, want %d", number, int(got), want)
			}
		}
		if got := field(t, picture, 5, 1, 4, 4); !slices.Equal(got, png) {
			t.Errorf("the picture is %q, want %q", got, png)
		}
	})
}
