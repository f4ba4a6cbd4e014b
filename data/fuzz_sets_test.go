package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzSpec parses any SPEC. What parses is written in the same form again.
func FuzzSpec(f *testing.F) {
	f.Add("folder:a,b,size=35x55,grey=true")
	f.Add("simulated:eyes,n=9223372036854775808,seed=-1")
	f.Add("unityeyes:C:\\renders,=,")
	f.Fuzz(func(t *testing.T, text string) {
		proportion(t, len(text), func() {
			s, err := ParseSpec(text)
			if err != nil {
				return
			}
			again, err := ParseSpec(s.String())
			if err != nil || again.String() != s.String() || !s.Overlaps(s) {
				t.Errorf("%q is written as %q and read as %q, %v", text, s, again, err)
			}
			n, err := s.images(1)
			h, w, _, sizeErr := s.size()
			if err == nil && (n < 0 || n > maxImages) || sizeErr == nil && h*w > 1<<27 {
				t.Errorf("%q: n=%d, %d x %d", text, n, h, w)
			}
		})
	})
}

// fuzzPack opens a pack of two images in which any bytes take the place of a file. If it opens, all of it can be read.
func fuzzPack(f *testing.F, name string, change ...[2]string) {
	whole := filepath.Join(f.TempDir(), "pack")
	if err := packSet(f.Context(), &numbers{n: 2}, "test", whole, func(int, int) {}); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(whole, name)
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	for _, c := range change {
		f.Add([]byte(strings.Replace(string(content), c[0], c[1], 1)))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		write(t, path, string(content))
		proportion(t, len(content), func() {
			p, err := mapPack(whole, true)
			if err != nil {
				return
			}
			for i := range p.Len() {
				if s, err := p.Sample(i); err == nil && notFinite(s.Label) >= 0 {
					t.Errorf("image %d has the label %v", i, s.Label)
				}
			}
			readAll(t, p)
		})
	})
}

// FuzzPackNames opens a pack with any names.txt.
func FuzzPackNames(f *testing.F) {
	fuzzPack(f, packNames, [2]string{"0", "\x00\xff"}, [2]string{"\n", ""})
}

// FuzzPackLabels opens a pack with any labels.npy.
func FuzzPackLabels(f *testing.F) {
	fuzzPack(f, packLabels, [2]string{"(2, 1)", "(1, 2)"}, [2]string{"\x00\x00\x00\x00", "\x00\x00\xc0\x7f"})
}

// FuzzJournal continues a pack with any journal. Either it is refused, or the pack is the one of a new journal.
func FuzzJournal(f *testing.F) {
	dir := f.TempDir()
	ds := &numbers{n: 3}
	if err := packSet(f.Context(), ds, "test", filepath.Join(dir, "whole"), func(int, int) {}); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("{\"source\":\"test\"}\n0 00000000\n"))
	f.Add([]byte("0 ffffffff\n99999999999999999999 0\n-1 1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		out := filepath.Join(t.TempDir(), "out")
		write(t, filepath.Join(beside(out, ".partial"), journalName), string(text))
		proportion(t, len(text), func() {
			if err := packSet(t.Context(), ds, "test", out, func(int, int) {}); err != nil {
				return
			}
			for _, name := range []string{packImages, packLabels, packNames, packAbout} {
				got, err := os.ReadFile(filepath.Join(out, name))
				want, wantErr := os.ReadFile(filepath.Join(dir, "whole", name))
				if err != nil || wantErr != nil || string(got) != string(want) {
					t.Errorf("%s differs: %v, %v", name, err, wantErr)
				}
			}
		})
	})
}

// FuzzEvaluationList reads any list of MPIIGaze's evaluation subset.
func FuzzEvaluationList(f *testing.F) {
	f.Add("day01/0001.jpg left\nday13/0203.jpg right\n")
	f.Add("\ufeffday01/0001.jpg left\r\n\r\n../../x right")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "p00.txt")
		write(t, path, text)
		proportion(t, len(text), func() {
			names, err := evaluationList(path, "p00")
			if err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("%v does not name the file", err)
			}
			for _, name := range names {
				if !strings.HasPrefix(name, "p00/") || !strings.HasSuffix(name, "_left") && !strings.HasSuffix(name, "_right") {
					t.Errorf("an eye is called %q", name)
				}
			}
		})
	})
}
