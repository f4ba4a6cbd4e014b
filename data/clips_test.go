package data

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/exit"
)

// The scene of a rendered clip moves by exactly what Motions says, and the gaze stays. The same clips written by
// SimulateClips are the same images with the same motion.
func TestClipsMoveAsTheySay(t *testing.T) {
	const n, frames = 20, 8
	built, err := Open("simulated:eyes,n=20,frames=8,seed=3")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "clips")
	if err := SimulateClips(context.Background(), "synthetic", n, frames, 3, dir, func(_, _ int) {}); err != nil {
		t.Fatal(err)
	}
	written, err := Open("folder:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, ds := range map[string]Dataset{"built-in": built, "written": written} {
		motions, err := Motions(ds)
		if err != nil || len(motions) != n {
			t.Fatalf("%s: %v, %v", name, motions, err)
		}
		still := 0
		for i, m := range motions {
			if m.Follows != (i%frames != 0) {
				t.Errorf("%s: image %d follows: %v", name, i, m.Follows)
			}
			if !m.Follows {
				continue
			}
			if m.X == 0 && m.Y == 0 {
				still++
			}
			checkMoved(t, ds, i, m)
		}
		if still == n {
			t.Errorf("%s: nothing moves", name)
		}
	}
	for i := range n {
		a, errA := built.Sample(i)
		b, errB := written.Sample(i)
		if err := errors.Join(errA, errB); err != nil || a.Name != b.Name {
			t.Fatalf("%s, %s: %v", a.Name, b.Name, err)
		}
		for k := range a.Image.Pix {
			if a.Image.Pix[k] != b.Image.Pix[k] {
				t.Fatalf("image %d differs at %d", i, k)
			}
		}
	}
}

// checkMoved wants image i to be the one before it, moved. A level may differ by 1, where a float is rounded.
func checkMoved(t *testing.T, ds Dataset, i int, m Motion) {
	t.Helper()
	before, errA := ds.Sample(i - 1)
	now, errB := ds.Sample(i)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if before.Label[0] != now.Label[0] {
		t.Errorf("image %d looks elsewhere", i)
	}
	h, w := now.Image.H, now.Image.W
	for y := range h {
		for x := range w {
			if fy, fx := y-m.Y, x-m.X; fy >= 0 && fy < h && fx >= 0 && fx < w {
				a, b := int(before.Image.Pix[fy*w+fx]), int(now.Image.Pix[y*w+x])
				if a-b > 1 || b-a > 1 {
					t.Fatalf("image %d at (%d, %d): %d, but %d before it moved by (%d, %d)", i, x, y, b, a, m.X, m.Y)
				}
			}
		}
	}
}

// In real clips the sensor's noise is another in each frame.
func TestRealClipsHaveNoise(t *testing.T) {
	ds, err := Open("simulated:eyes,domain=real,n=3,frames=3,seed=2")
	if err != nil {
		t.Fatal(err)
	}
	motions, err := Motions(ds)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 3; i++ {
		a, _ := ds.Sample(i - 1)
		b, _ := ds.Sample(i)
		same := 0
		for k := range a.Image.Pix {
			if a.Image.Pix[k] == b.Image.Pix[k] {
				same++
			}
		}
		if same > len(a.Image.Pix)/2 {
			t.Errorf("image %d (%+v) has %d pixels of the image before it", i, motions[i], same)
		}
	}
}

func TestClipsThatCannotBe(t *testing.T) {
	for spec, want := range map[string]string{
		"simulated:eyes,frames=1":    "2 to 10000",
		"simulated:hands,frames=4":   "clips are of eyes",
		"simulated:eyes,frames=many": "not an integer",
	} {
		if _, err := Open(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", spec, err, want)
		}
	}
	plain, err := Open("simulated:eyes,n=2")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Motions(plain); !errors.Is(err, exit.ErrUsage) {
		t.Errorf("images without clips: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "clips")
	if err := SimulateClips(context.Background(), "synthetic", 4, 2, 1, dir, func(_, _ int) {}); err != nil {
		t.Fatal(err)
	}
	ds, err := Open("folder:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"file,x,y\nclip-00000/0000.png,0,0\n": "clip-00000/0001.png",
		"file,x\nclip-00000/0000.png,0\n":     "use x and y",
	} {
		if err := os.WriteFile(filepath.Join(dir, motionName), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Motions(ds); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
