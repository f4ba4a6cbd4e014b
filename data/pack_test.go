package data

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simgan/data/picture"
)

// packed packs the SPEC and returns the pack's folder.
func packed(t testing.TB, spec string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "pack")
	if err := Pack(context.Background(), spec, out, Skip{}, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	return out
}

// noise writes 16-bit colour images with labels and returns their SPEC.
func noise(t testing.TB, n int) string {
	dir := t.TempDir()
	table := "file,depth,angle\n"
	for i := range n {
		m := picture.NewImage(3, 4, 5, 16)
		for k := range m.Pix {
			m.Pix[k] = uint16(i*1001 + k*977)
		}
		name := fmt.Sprintf("a/%d.png", i)
		if err := os.MkdirAll(filepath.Join(dir, "a"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := picture.EncodePNG(filepath.Join(dir, name), m); err != nil {
			t.Fatal(err)
		}
		table += fmt.Sprintf("%s,%d.25,-%d\n", name, i, i)
	}
	write(t, filepath.Join(dir, "labels.csv"), table)
	return "folder:" + dir
}

// A pack holds the images, labels and names of its source, in 8-bit grey and 16-bit colour.
func TestPackGivesTheSame(t *testing.T) {
	for _, spec := range []string{"simulated:eyes,n=7", noise(t, 5), "simulated:eyes,n=3,labels=false"} {
		want, err := Open(spec)
		if err != nil {
			t.Fatal(err)
		}
		dir := packed(t, spec)
		got, err := Open("pack:" + dir)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Close()
		wantInfo := want.Info()
		wantInfo.Kind = "pack"
		if diff := cmp.Diff(wantInfo, got.Info()); diff != "" || got.Len() != want.Len() {
			t.Fatalf("%d images: %s", got.Len(), diff)
		}
		for i := range want.Len() {
			a, err := want.Sample(i)
			if err != nil {
				t.Fatal(err)
			}
			b, err := got.Sample(i)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(a, b); diff != "" {
				t.Errorf("image %d: %.400s", i, diff)
			}
		}
		if n, err := VerifyPack(dir); n != want.Len() || err != nil {
			t.Errorf("verified %d: %v", n, err)
		}
	}
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(text)
	}
	return all
}

// large is a data set whose images fill one chunk each.
type large struct{ numbers }

func (d *large) Info() Info { return Info{Kind: "test", C: 1, H: 512, W: 1024, Bits: 16} }
func (d *large) Sample(i int) (Sample, error) {
	m := picture.NewImage(1, 512, 1024, 16)
	for k := range m.Pix {
		m.Pix[k] = uint16(i + k)
	}
	return Sample{Name: d.Name(i), Image: m}, nil
}

// After a stop, a cut last line of the journal and a lost chunk, the resumed pack has the same bytes.
func TestPackResumes(t *testing.T) {
	packN := func(ctx context.Context, n int, out string, done func(int, int)) error {
		return packSet(ctx, &large{numbers{n: n}}, "large", out, done)
	}
	ignore := func(int, int) {}
	dir := t.TempDir()
	if err := packN(context.Background(), 7, filepath.Join(dir, "whole"), ignore); err != nil {
		t.Fatal(err)
	}
	want := files(t, filepath.Join(dir, "whole"))
	out, partial := filepath.Join(dir, "pack"), filepath.Join(dir, ".pack.partial")
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stop")
	err := packN(ctx, 7, out, func(done, _ int) {
		if done == 3 {
			cancel(stop)
		}
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Fatal("a partial pack has the final name")
	}
	lines := strings.SplitAfter(files(t, partial)[journalName], "\n")
	if len(lines) < 5 || len(lines) > 8 {
		t.Fatalf("the journal is %q", lines)
	}
	write(t, filepath.Join(partial, journalName), strings.Join(lines[:len(lines)-1], "")+"1 0000")
	images, err := os.OpenFile(filepath.Join(partial, packImages), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = images.WriteAt(make([]byte, 5000), 200)
	if err := errors.Join(err, images.Close()); err != nil {
		t.Fatal(err)
	}
	refused(t, "another data set", packN(context.Background(), 8, out, ignore), "another data set")
	if err := packN(context.Background(), 7, out, ignore); err != nil {
		t.Fatal(err)
	}
	if got := files(t, out); !maps.Equal(want, got) {
		t.Errorf("the resumed pack has other bytes: %v", slices.Sorted(maps.Keys(got)))
	}
}

// renamed is a data set with other names.
type renamed struct {
	Dataset
	name func(int) string
}

func (d renamed) Name(i int) string { return d.name(i) }

func TestPackRefusesNames(t *testing.T) {
	for want, name := range map[string]func(int) string{
		"line break": func(i int) string { return fmt.Sprint(i, "\nx") },
		"same name":  func(int) string { return "x" },
		"empty":      func(int) string { return "" },
	} {
		d := renamed{&numbers{n: 3}, name}
		if _, err := nameList(d.Len(), d.Name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not contain %q", err, want)
		}
	}
}

// If a part of a pack is cut short, missing or changed, opening or verifying the pack fails and names the file.
func TestPackDamage(t *testing.T) {
	whole := files(t, packed(t, "simulated:eyes,n=4"))
	cut := func(text string) string { return text[:len(text)-1] }
	replaced := func(old, with string) func(string) string {
		return func(text string) string { return strings.Replace(text, old, with, 1) }
	}
	for name, c := range map[string]struct {
		file   string
		change func(string) string
		want   string
	}{
		"images cut":   {packImages, cut, packImages + ": is truncated"},
		"labels cut":   {packLabels, cut, packLabels + ": is truncated"},
		"no values":    {packImages, func(string) string { return "" }, packImages + ": is empty"},
		"names cut":    {packNames, cut, packNames + ": has 3 complete lines"},
		"about cut":    {packAbout, func(s string) string { return s[:40] }, packAbout},
		"no about":     {packAbout, nil, "the pack is incomplete"},
		"no images":    {packImages, nil, packImages},
		"count":        {packAbout, replaced(`"count": 4`, `"count": 5`), "not 5 images"},
		"label names":  {packAbout, replaced(`"gaze_x",`, ""), packLabels + ": holds <f4 [4 3]"},
		"float images": {packImages, replaced("|u1", "<f4"), packImages},
		"one level":    {packImages, func(s string) string { return cut(s) + "\x01" }, "sha256"},
		"one label":    {packLabels, func(s string) string { return cut(s) + "\x01" }, "sha256"},
		"names twice":  {packNames, replaced("0000001", "0000002"), "same name"},
	} {
		dir := t.TempDir()
		for file, text := range whole {
			if file == c.file {
				if c.change == nil {
					continue
				}
				text = c.change(text)
			}
			write(t, filepath.Join(dir, file), text)
		}
		if _, err := VerifyPack(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v does not contain %q", name, err, c.want)
		}
	}
}

// A refined pack is a pack again. Its names have the variant suffix.
func TestExportOfAPackIsAPack(t *testing.T) {
	dir := packed(t, "simulated:eyes,n=5")
	for _, spec := range []string{"pack:" + dir, "pack:" + dir + ",n=3,labels=false", "pack:" + dir + ",equalize=true"} {
		ds, err := Open(spec)
		if err != nil {
			t.Fatal(err)
		}
		defer ds.Close()
		out := filepath.Join(t.TempDir(), "refined")
		if err := Export(ds, out, 2, copyAll(ds, 2, 0)); err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyPack(out); err != nil {
			t.Error(err)
		}
		back, err := Open("pack:" + out)
		if err != nil {
			t.Fatal(err)
		}
		defer back.Close()
		want, err := ds.Sample(1)
		if err != nil {
			t.Fatal(err)
		}
		want.Image.Pix[0], want.Name = 1, "0000001_v1.png"
		got, err := back.Sample(3)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || back.Len() != 2*ds.Len() {
			t.Errorf("%s: %d images, %.400s", spec, back.Len(), diff)
		}
		if kind := packOf(back).about.Kind; kind != "simulated" {
			t.Errorf("kind is %s", kind)
		}
	}
}

// A file is cut short to its first page while its pack is open. An image after the cut is an error that names the file,
// in Sample and in a loader's batch. It does not end the process.
func TestPackCutWhileOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pack")
	if err := packSet(t.Context(), &numbers{n: 5000}, "test", dir, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	p, err := mapPack(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	path := filepath.Join(dir, packImages)
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Sample(0); err != nil {
		t.Errorf("the first image is there: %v", err)
	}
	_, err = p.Sample(p.n - 1)
	refused(t, "Sample", err, path)
	l, err := NewLoader(p, LoaderConfig{Batch: p.n}, Position{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = l.Next(t.Context())
	refused(t, "Next", err, path)
}

// Refined images of a pack that is altered and has bad files left out are a pack.
func TestExportOfPartOfAPack(t *testing.T) {
	all := opened(t, "pack:"+packed(t, "simulated:eyes,n=4")+",equalize=true")
	part := Choose(all, []int{1, 3})
	out := filepath.Join(t.TempDir(), "refined")
	if err := Export(part, out, 1, copyAll(part, 1, 0)); err != nil {
		t.Fatal(err)
	}
	back := opened(t, "pack:"+out)
	if back.Len() != 2 || back.Name(1) != all.Name(3) {
		t.Errorf("%d images, the last %s", back.Len(), back.Name(1))
	}
	expectSame(t, back, 1, part, 1, 0)
}
