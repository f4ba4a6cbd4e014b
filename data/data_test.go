package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"simgan/data/picture"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// numbers is a data set of n 1x1x2 images. Each holds its index; bad ones cannot be read.
type numbers struct {
	n       int
	bad     map[int]bool
	decoded atomic.Int64
}

func (d *numbers) Info() Info {
	return Info{Kind: "test", C: 1, H: 1, W: 2, Bits: 16, LabelNames: []string{"index"}}
}
func (d *numbers) Len() int          { return d.n }
func (d *numbers) Name(i int) string { return fmt.Sprint(i) }
func (d *numbers) Close() error      { return nil }
func (d *numbers) Sample(i int) (Sample, error) {
	d.decoded.Add(1)
	if d.bad[i] {
		return Sample{}, fmt.Errorf("%d.png: is truncated", i)
	}
	m := picture.NewImage(1, 1, 2, 16)
	m.Pix[0] = uint16(i)
	return Sample{Name: d.Name(i), Image: m, Label: []float32{float32(i)}}, nil
}

func take(t interface{ Fatal(...any) }, l *Loader, batches int) (index []int) {
	for range batches {
		b, err := l.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for k, i := range b.Index {
			if b.Labels[k] != float32(i) || b.Levels[4*k] != byte(i) || b.Levels[4*k+1] != byte(i>>8) || b.Fresh[k] != k {
				t.Fatal("label or levels belong to another image")
			}
		}
		index = append(index, b.Index...)
	}
	return index
}

// The stream is the same for any number of workers, can continue at any position, and holds every image once per epoch.
func TestLoaderStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		c := LoaderConfig{
			Batch: rapid.IntRange(1, 17).Draw(t, "batch"), Seed: rapid.Uint64().Draw(t, "seed"),
			Workers: rapid.IntRange(1, 5).Draw(t, "workers"),
		}
		split := rapid.IntRange(0, 5).Draw(t, "split")
		serial := c
		serial.Workers = 1
		whole, err := NewLoader(&numbers{n: n}, serial, Position{})
		if err != nil {
			t.Fatal(err)
		}
		defer whole.Close()
		batches := 2*n/c.Batch + 6
		want := take(t, whole, batches)

		first, err := NewLoader(&numbers{n: n}, c, Position{})
		if err != nil {
			t.Fatal(err)
		}
		got := take(t, first, split)
		position := first.Position()
		first.Close()
		second, err := NewLoader(&numbers{n: n}, c, position)
		if err != nil {
			t.Fatal(err)
		}
		defer second.Close()
		got = append(got, take(t, second, batches-split)...)
		if !slices.Equal(got, want) {
			t.Fatalf("stopped after %d batches and resumed: %v, want %v", split, got, want)
		}
		for epoch := range 2 {
			images := slices.Sorted(slices.Values(want[epoch*n : (epoch+1)*n]))
			for i, v := range images {
				if i != v {
					t.Fatalf("epoch %d holds %v", epoch, images)
				}
			}
		}
	})
}

func TestLoaderShufflesEveryEpoch(t *testing.T) {
	l, err := NewLoader(&numbers{n: 50}, LoaderConfig{Batch: 50, Seed: 1}, Position{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if first, second := take(t, l, 1), take(t, l, 1); slices.Equal(first, second) {
		t.Error("two epochs have the same order")
	}
}

func TestLoaderSkipsBadFiles(t *testing.T) {
	bad := map[int]bool{3: true, 7: true}
	for _, c := range []struct {
		skip     int
		warnings int
		fails    bool
	}{{0, 0, true}, {1, 1, true}, {2, 2, false}} {
		warnings := 0
		l, err := NewLoader(&numbers{n: 10, bad: bad}, LoaderConfig{
			Batch: 4, Seed: 5, SkipBad: c.skip, Warn: func(error) { warnings++ },
		}, Position{})
		if err != nil {
			t.Fatal(err)
		}
		var failure error
		for range 10 {
			b, err := l.Next(context.Background())
			if failure = err; err != nil {
				break
			}
			for _, i := range b.Index {
				if bad[i] {
					t.Errorf("bad image %d is in a batch", i)
				}
			}
		}
		if (failure != nil) != c.fails || warnings != c.warnings {
			t.Errorf("skip_bad %d: error %v, %d warnings", c.skip, failure, warnings)
		}
		if failure != nil && !strings.Contains(failure.Error(), ".png") {
			t.Errorf("error %v does not name a file", failure)
		}
		l.Close()
	}
}

func TestLoaderStaysFewBatchesAhead(t *testing.T) {
	ds := &numbers{n: 10_000}
	l, err := NewLoader(ds, LoaderConfig{Batch: 10, Workers: 3}, Position{})
	if err != nil {
		t.Fatal(err)
	}
	take(t, l, 5)
	l.Close()
	if n := ds.decoded.Load(); n > 50+30+10 {
		t.Errorf("%d images were decoded for 50", n)
	}
}

func TestLoaderStopsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("asked to stop")
	cancel(cause)
	l, err := NewLoader(&numbers{n: 3}, LoaderConfig{Batch: 1000}, Position{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Next(ctx); !errors.Is(err, cause) {
		t.Errorf("error is %v", err)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// folderOf creates a folder of n grey images of h x w.
func folderOf(t *testing.T, n, h, w int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		path := filepath.Join(dir, fmt.Sprintf("%d.png", i))
		if err := picture.EncodePNG(path, picture.NewImage(1, h, w, 8)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBadInputIsNamed(t *testing.T) {
	good := folderOf(t, 2, 35, 55)
	truncated := folderOf(t, 2, 35, 55)
	png, err := os.ReadFile(filepath.Join(truncated, "0.png"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(truncated, "0.png"), string(png[:len(png)/2]))
	noise := picture.NewImage(1, 35, 55, 8)
	for i := range noise.Pix {
		noise.Pix[i] = uint16(i * 7919 % 251)
	}
	cut := t.TempDir()
	if err := picture.EncodeJPEG(filepath.Join(cut, "0.jpg"), noise); err != nil {
		t.Fatal(err)
	}
	jpeg, err := os.ReadFile(filepath.Join(cut, "0.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(cut, "0.jpg"), string(jpeg[:len(jpeg)*3/4]))
	mixed := folderOf(t, 2, 35, 55)
	if err := picture.EncodePNG(filepath.Join(mixed, "9.png"), picture.NewImage(1, 36, 60, 8)); err != nil {
		t.Fatal(err)
	}
	csv := func(text string) string {
		path := filepath.Join(t.TempDir(), "l.csv")
		write(t, path, text)
		return "folder:" + good + ",labels=" + path
	}
	for name, c := range map[string]struct{ spec, want string }{
		"no kind":        {"somewhere", "write kind:path"},
		"unknown kind":   {"tar:x", `kind "tar" is unknown`},
		"missing folder": {"folder:/nowhere/at/all", "does not exist"},
		"empty folder":   {"folder:" + t.TempDir(), "no picture (PNG"},
		"parameter":      {"folder:" + good + ",sise=35x55", `no parameter "sise"`},
		"size":           {"folder:" + good + ",size=35", "write HxW"},
		"truncated":      {"folder:" + truncated, "0.png: is a truncated"},
		"cut JPEG":       {"folder:" + cut, "0.jpg: is a truncated jpeg"},
		"other size":     {"folder:" + mixed, "9.png: is 36x60"},
		"unknown file":   {csv("file,a\n0.png,1\n1.png,2\n7.png,3\n"), "line 4: file 7.png"},
		"missing label":  {csv("file,a\n0.png,1\n"), "1 image(s) have no line"},
		"no number":      {csv("file,a\n0.png,1\n1.png,x\n"), `line 3: column a: "x"`},
		"twice":          {csv("file,a\n0.png,1\n0.png,2\n"), "listed already in line 2"},
		"domain":         {"simulated:eyes,domain=dream", `domain "dream"`},
		"effect":         {"simulated:eyes,effects=lashes+mud", `effect "mud": use all, none, or some of tones+light+glints`},
		"real effects":   {"simulated:eyes,domain=real,effects=blur", "the real domain always has all effects"},
		"hands' effects": {"simulated:hands,effects=blur", "some of forearm+sleeve"},
		"simulated what": {"simulated:feet", `"feet" cannot be simulated`},
	} {
		t.Run(name, func(t *testing.T) {
			ds, err := Open(c.spec)
			if err == nil {
				defer ds.Close()
				_, err = LoadRange(t.Context(), ds, 0, ds.Len())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one that contains %q", err, c.want)
			}
		})
	}
}

func TestSimulatedFolderReadsBack(t *testing.T) {
	out := filepath.Join(t.TempDir(), "eyes")
	if err := Simulate(t.Context(), "eyes", "real", "folder", 6, 3, out, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	want, err := Open("simulated:eyes,domain=real,n=6,seed=3")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Open("folder:" + out)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		w, err := want.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		g, err := got.Sample(i)
		if diff := cmp.Diff(w, g); err != nil || diff != "" {
			t.Fatalf("image %d: %v %s", i, err, diff)
		}
	}
	if err := Simulate(t.Context(), "eyes", "real", "folder", 6, 3, out, func(int, int) {}); err == nil {
		t.Error("a folder that is not empty was written into")
	}
}
