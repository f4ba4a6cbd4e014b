package simgan

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simgan/cgo"
	"simgan/data"
	"simgan/data/picture"
	"simgan/internal/exit"
	"simgan/trainer/config/tinyrun"
)

// writeMaps writes n maps of h x w, whose level at pixel i of map k is level(k, i), and returns their SPEC.
func writeMaps(t *testing.T, n, h, w int, level func(k, i int) int) string {
	t.Helper()
	dir := t.TempDir()
	for k := range n {
		m := picture.NewImage(1, h, w, 8)
		for i := range m.Pix {
			m.Pix[i] = uint16(level(k, i))
		}
		if err := picture.EncodePNG(filepath.Join(dir, fmt.Sprintf("%07d.png", k)), m); err != nil {
			t.Fatal(err)
		}
	}
	return "folder:" + dir
}

// loadMaps returns options with the maps of the SPEC for the tiny run's 20 synthetic images.
func loadMaps(t *testing.T, spec string) (Options, error) {
	t.Helper()
	ds, err := data.Open("simulated:eyes,n=20")
	if err != nil {
		t.Fatal(err)
	}
	p, err := LoadWeights(context.Background(), spec, ds)
	return Options{Weights: p}, err
}

// White maps train as no maps do, up to rounding. Maps of which only the left half is white do not, and with them a run
// that was stopped ends as one that was not: the history knows its images' maps.
func TestWeightsInTraining(t *testing.T) {
	c := tinyrun.Config(t)
	plain := mustTrain(t)
	white, err := loadMaps(t, writeMaps(t, 20, 35, 55, func(_, _ int) int { return 255 }))
	if err != nil {
		t.Fatal(err)
	}
	same, err := trainOn(t, c, white, nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, window := range plain.windows {
		for name, want := range window {
			if got := same.windows[i][name]; got < want-0.002*max(1, want) || got > want+0.002*max(1, want) {
				t.Errorf("window %d: %s is %g with white maps, %g without", i, name, got, want)
			}
		}
	}
	half, err := loadMaps(t, writeMaps(t, 20, 35, 55, func(k, i int) int { return 255 * ((i%55 + k) / 40) }))
	if err != nil {
		t.Fatal(err)
	}
	want, err := trainOn(t, c, half, nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := want.windows[0]["l_reg"], plain.windows[0]["l_reg"]; !(a < 0.9*b) {
		t.Errorf("l_reg is %g with half of each map black, %g without", a, b)
	}
	stopped, err := trainOn(t, c, half, nil, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := trainOn(t, c, half, &stopped, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	sameTraining(t, "stopped at step 3", got, want)
	if got.state.Maps == nil || slices.Max(got.state.Maps) == 0 {
		t.Errorf("the history's maps are %v", got.state.Maps)
	}
	old := stopped
	old.state.Digest = "" // from before it was kept
	if got, err = trainOn(t, c, half, &old, 0, nil); err != nil {
		t.Fatal(err)
	}
	sameTraining(t, "an old state", got, want)
	refuseOthers := func(m *Model) {
		err := m.Restore(stopped.state)
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "other weights") {
			t.Errorf("the state of a run with other maps: %v", err)
		}
	}
	if _, err := trainOn(t, c, white, nil, 1, refuseOthers); err != nil {
		t.Fatal(err)
	}
}

// The maps of images that are drawn are those noted when they entered, and a fresh image's map takes the place of that
// of the image that it replaces.
func TestHistoryExchangesMaps(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	h, err := newHistory(3, 1, cgo.CPU, 1, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, step := range []struct {
		maps, drawn, replaced, want, held []int64
	}{
		{maps: []int64{10, 11, 12, 13}, replaced: []int64{0, 1}, want: []int64{10, 11, 12, 13}, held: []int64{10, 11}},
		{
			maps: []int64{14, 15, 16, 17}, drawn: []int64{1, 0}, replaced: []int64{2, 1},
			want: []int64{14, 15, 11, 10}, held: []int64{10, 15, 14},
		},
	} {
		h.held = min(3, h.held+2)
		got := h.exchangeMaps(step.maps, step.drawn, step.replaced)
		if !slices.Equal(got, step.want) || !slices.Equal(h.maps, step.held) {
			t.Errorf("maps %v, want %v; the history holds %v, want %v", got, step.want, h.maps, step.held)
		}
	}
}

func TestShrink(t *testing.T) {
	// Rows 0..4 and 5..9 to 1 x 2 cells: columns 0..2 and 2..4.
	got := shrink([]float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 2, 5, 1, 2)
	if diff := cmp.Diff([]float32{3.5, 5.5}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWeightsThatDoNotFit(t *testing.T) {
	white := func(_, _ int) int { return 255 }
	for name, c := range map[string]struct{ spec, want string }{
		"count":    {writeMaps(t, 3, 35, 55, white), "has 3 images, data.synthetic 20"},
		"size":     {writeMaps(t, 1, 36, 60, white), "add grey=true or size=35x55"},
		"black":    {writeMaps(t, 1, 35, 55, func(_, _ int) int { return 0 }), "every pixel is black"},
		"no set":   {"folder:" + t.TempDir(), "no picture"},
		"no words": {"white.png", "data.weights"},
	} {
		_, err := loadMaps(t, c.spec)
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
