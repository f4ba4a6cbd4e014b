package filelock

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzOwner meets any file in the place of a lock. Only one that names a process that has ended is taken over.
func FuzzOwner(f *testing.F) {
	f.Add(`{"host":"h","boot":"b","namespace":"n","pid":1,"start":"1"}`)
	f.Add(`{"pid":-1}`)
	f.Add(``)
	path := filepath.Join(f.TempDir(), ".lock"+ownerSuffix)
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		err := claim(path)
		if err != nil && !errors.Is(err, ErrHeld) {
			t.Errorf("%q: %v", text, err)
		}
		os.Remove(path)
	})
}
