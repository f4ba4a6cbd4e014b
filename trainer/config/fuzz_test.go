package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"simgan/internal/alloctest"
	"simgan/internal/exit"
)

// FuzzConfig loads YAML over the defaults; what loads is valid, and loads again from what it is written as.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{"seed: 3\ntrain: {steps: 5}\n", "train:\n  stpes: 3\n", "a: &a [*a]\n", "refiner: {noise: {kind: pixel}}\ndata: {resident: on}", "{"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		var c Config
		var err error
		if used := alloctest.Bytes(func() { c, err = Load("", path, nil) }); used > 4<<20+2000*uint64(len(text)) {
			t.Errorf("%d bytes of input made it allocate %d", len(text), used)
		}
		if err != nil {
			if !errors.Is(err, exit.ErrUsage) {
				t.Errorf("%v is no ErrUsage: its exit code would be 1", err)
			}
			return
		}
		again := filepath.Join(dir, "again.yaml")
		written, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(again, written, 0o644); err != nil {
			t.Fatal(err)
		}
		if back, err := Load("", again, nil); err != nil || back != c {
			t.Errorf("%v\nwas written as a config that loads as %+v, not %+v", err, back, c)
		}
	})
}

// FuzzSet sets a path of any bytes. The config holds it, and holds it again when it was written and read.
func FuzzSet(f *testing.F) {
	for _, path := range []string{"a b", " a ", "#a: b", "\"q'", "a\nb: c", "\xff\xfe", "[1, {2}]", "\x00\u2028\u0085", "x:", "\n", ":\t", "a\\x"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		c, want := Default(), "folder:"+path
		if err := c.set("data.synthetic=" + want); err != nil || c.Data.Synthetic != want {
			t.Fatalf("%q is set as %q: %v", want, c.Data.Synthetic, err)
		}
		text, err := c.YAML()
		if err != nil {
			t.Fatalf("%q: %v", want, err)
		}
		back := Default()
		if err := back.overlay("config.yaml", text); err != nil || back != c {
			t.Errorf("%q is written as %q and read as %q: %v", want, text, back.Data.Synthetic, err)
		}
	})
}
