package eval

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/data/picture"
	"simgan/internal/exit"
	"simgan/trainer"
	"simgan/trainer/config"
)

// trainTiny trains a refiner of one step and returns its run folder.
func trainTiny(t *testing.T, settings ...string) string {
	t.Helper()
	run := filepath.Join(t.TempDir(), "run")
	c, err := config.Load("gaze-demo", "", append([]string{
		"refiner.width=4", "refiner.blocks=1", "discriminator.width=0.1", "train.batch=4", "train.history=8", "device=cpu",
		"train.pretrain_refiner=1", "train.pretrain_discriminator=1", "train.steps=1", "train.precision=float32",
		"train.agreement=0",
		"data.synthetic=simulated:eyes,n=10", "data.real=simulated:eyes,domain=real,n=8",
	}, settings...))
	if err != nil {
		t.Fatal(err)
	}
	if err := trainer.Run(context.Background(), c, trainer.Options{Dir: run, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	return run
}

// With clips, images that are alike are refined alike within a clip and not from clip to clip; without them each has
// noise of its own. A clip that begins in one batch and ends in the next has one noise.
func TestClipsShareTheirNoise(t *testing.T) {
	run, dir := trainTiny(t), t.TempDir()
	still, err := data.Open("simulated:eyes,n=1")
	if err != nil {
		t.Fatal(err)
	}
	clip := func(i int) string { return map[bool]string{true: "a", false: "b"}[i < refineBatch+1] }
	const n = refineBatch + 3
	for i := range n {
		copyImage(t, still, filepath.Join(dir, clip(i), clip(i)+"_"+string(rune('A'+i/26))+string(rune('a'+i%26))+".png"))
	}
	for _, c := range []struct {
		clips        string
		within, over bool // two images of a clip, the last of a and the first of b: refined alike
	}{
		{"", false, false}, {ClipFolders, true, false}, {"^(.)/", true, false}, {".*/._", true, false},
	} {
		out := filepath.Join(t.TempDir(), "refined")
		o := RefineOptions{
			Run: run, Data: "folder:" + dir, Out: out, Variants: 1, Clips: c.clips, Device: cgo.CPU, Progress: func(int, int) {},
		}
		if _, err := RefineSet(context.Background(), o); err != nil {
			t.Fatal(err)
		}
		refined, err := data.Open("folder:" + out)
		if err != nil {
			t.Fatal(err)
		}
		same := func(i, k int) bool {
			a, errA := refined.Sample(i)
			b, errB := refined.Sample(k)
			if err := errors.Join(errA, errB); err != nil {
				t.Fatal(err)
			}
			for p := range a.Image.Pix {
				if a.Image.Pix[p] != b.Image.Pix[p] {
					return false
				}
			}
			return true
		}
		if same(0, 1) != c.within || same(0, refineBatch) != c.within || same(refineBatch, refineBatch+1) != c.over {
			t.Errorf("clips %q: alike %t %t %t", c.clips, same(0, 1), same(0, refineBatch), same(refineBatch, refineBatch+1))
		}
	}
	for clips, want := range map[string]string{"^a": "does not match the image b/", "(": "missing closing"} {
		_, err := RefineSet(context.Background(), RefineOptions{
			Run: run, Data: "folder:" + dir, Out: filepath.Join(dir, "x"), Variants: 1, Clips: clips, Device: cgo.CPU,
		})
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("clips %q: %v, want %q", clips, err, want)
		}
	}
}

// Noise belongs to the image and its variant: a part of a data set is refined as in the whole.
func TestNoiseBelongsToTheImage(t *testing.T) {
	run, dir := trainTiny(t), t.TempDir()
	still, err := data.Open("simulated:eyes,n=1")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"all/a.png", "all/b.png", "all/c.png", "part/c.png", "part/b.png"} {
		copyImage(t, still, filepath.Join(dir, path))
	}
	refine := func(name string) map[string]string {
		t.Helper()
		out := filepath.Join(dir, name+"-refined")
		if _, err := RefineSet(t.Context(), RefineOptions{
			Run: run, Data: "folder:" + filepath.Join(dir, name), Out: out, Variants: 2, Device: cgo.CPU,
			Progress: func(int, int) {},
		}); err != nil {
			t.Fatal(err)
		}
		files, images := map[string]string{}, map[string]bool{}
		paths, err := filepath.Glob(filepath.Join(out, "*.png"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			png, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.Base(path)], images[string(png)] = string(png), true
		}
		if len(images) != len(files) {
			t.Errorf("%s: %d files, %d different ones", name, len(files), len(images))
		}
		return files
	}
	all, part := refine("all"), refine("part")
	if len(all) != 6 || len(part) != 4 {
		t.Fatalf("%d and %d refined images", len(all), len(part))
	}
	for name, png := range part {
		if png != all[name] {
			t.Errorf("%s differs in a part of the data set", name)
		}
	}
}

func copyImage(t *testing.T, ds data.Dataset, path string) {
	t.Helper()
	s, err := ds.Sample(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := picture.EncodePNG(path, s.Image); err != nil {
		t.Fatal(err)
	}
}

func TestChangeBesideMotion(t *testing.T) {
	// 2 x 3 pixels that move one to the right and show a new column; one of the others changes by 0.2.
	before := []float32{0, 0.1, 0.2, 0.3, 0.4, 0.5}
	now := []float32{9, 0, 0.1, 9, 0.3, 0.6}
	sum, n := change(before, now, 2, 3, data.Motion{Follows: true, X: 1})
	if n != 4 || math.Abs(sum-0.2*127.5) > 1e-4 {
		t.Errorf("%g over %d pixels", sum, n)
	}
}

// The jitter of gazes 3 degrees to either side of a clip's mean is 3 degrees, whatever their lengths and the other clip.
func TestJitter(t *testing.T) {
	sin, cos := math.Sincos(3 * math.Pi / 180)
	a, b := []float32{float32(sin), 0, float32(-cos)}, []float32{float32(-5 * sin), 0, float32(-5 * cos)}
	c := &clips{motions: []data.Motion{{}, {Follows: true}, {}, {Follows: true}}}
	if got := c.jitter([][]float32{a, b, b, a}); math.Abs(got-3) > 1e-3 {
		t.Errorf("%g degrees", got)
	}
}

// Rendered clips hardly flicker; held noise flickers less than independent noise; the JSON names every row.
func TestFlicker(t *testing.T) {
	run := trainTiny(t)
	o := FlickerOptions{
		Run: run, Data: "simulated:eyes,n=12,frames=6", Real: "simulated:eyes,domain=real,n=12,frames=6", Device: cgo.CPU,
		Progress: func(string, string, int, int) {},
	}
	r, err := Flicker(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 4 || r.Clips != 2 || r.Pairs != 10 {
		t.Fatalf("%+v", r)
	}
	rendered, refined, held, real := r.Rows[0], r.Rows[1], r.Rows[2], r.Rows[3]
	if rendered.Flicker > 0.5 || !(held.Flicker < refined.Flicker) || !(real.Flicker > 1) {
		t.Errorf("\n%s", r.Table())
	}
	o.Data = "simulated:eyes,n=12"
	if _, err := Flicker(context.Background(), o); !errors.Is(err, exit.ErrUsage) {
		t.Errorf("images without clips: %v", err)
	}
}

// Estimators learn from the images that refine writes: the same levels for each image and variant.
func TestEvalRefinesAsRefineWrites(t *testing.T) {
	run, out := trainTiny(t), filepath.Join(t.TempDir(), "refined")
	const eyes = "simulated:eyes,n=5,seed=7"
	if _, err := RefineSet(t.Context(), RefineOptions{
		Run: run, Data: eyes, Out: out, Variants: 2, Device: cgo.CPU, Progress: func(int, int) {},
	}); err != nil {
		t.Fatal(err)
	}
	written, err := data.Open("folder:" + out)
	if err != nil {
		t.Fatal(err)
	}
	defer written.Close()
	l, err := trainer.LoadCheckpoint(run, "", cgo.CPU)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Refiner.Close()
	d, _, err := someOf(t.Context(), eyes, "", 5)
	if err != nil {
		t.Fatal(err)
	}
	all, err := refineAll(t.Context(), refiner{Refiner: l.Refiner, seed: l.Config.Seed}, d, Options{Variants: 2})
	if err != nil {
		t.Fatal(err)
	}
	if written.Len() != 10 || all.N != 10 {
		t.Fatalf("%d images written, %d for estimators", written.Len(), all.N)
	}
	for i := range 10 {
		s, err := written.Sample(i) // by name: the variants of an image follow each other
		if err != nil {
			t.Fatal(err)
		}
		if image, variant := i/2, i%2; !slices.Equal(s.Image.Pix, all.ImageOf(variant*5+image).Pix) {
			t.Errorf("%s differs from variant %d of image %d for estimators", s.Name, variant, image)
		}
	}
}
