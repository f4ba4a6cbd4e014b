package models

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/internal/alloctest"
)

// FuzzLoad loads safetensors files into one small parameter.
func FuzzLoad(f *testing.F) {
	var params []Param
	err := cgo.Within(func(s *cgo.Scope) error {
		params = []Param{{Name: "conv.weight", Tensor: s.Keep(s.Zeros(cgo.Float32, cgo.CPU, 2, 3))}}
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	defer cgo.Free(params[0].Tensor)
	path := filepath.Join(f.TempDir(), "seed.safetensors")
	if err := Save(path, params, map[string]string{"format": "pt"}); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add(content[:len(content)-4])
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\x7f{}"))
	f.Add([]byte(strings.Replace(string(content), "[2,3]", "[9,9]", 1)))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "x.safetensors")
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		var err error
		if used := alloctest.Bytes(func() { err = Load(path, params) }); used > 4<<20+400*uint64(len(content)) {
			t.Errorf("%d bytes of input made Load allocate %d bytes", len(content), used)
		}
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("the error does not name the file: %v", err)
		}
	})
}
