package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
)

// The temporary file lies beside its target, whatever $TMPDIR is, and Target knows its name.
func TestTemporaryFilesLieBesideTheTarget(t *testing.T) {
	elsewhere, dir := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", elsewhere)
	path := filepath.Join(dir, "config.yaml")
	file, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Dir(file.Name()) != dir {
		t.Errorf("the temporary file is %s", file.Name())
	}
	if target, ok := Target(filepath.Base(file.Name())); !ok || target != "config.yaml" {
		t.Errorf("%s is taken for one of %q, %v", file.Name(), target, ok)
	}
	if err := file.Cleanup(); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("seed: 1\n")); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]int{elsewhere: 0, dir: 1} {
		if entries, err := os.ReadDir(folder); err != nil || len(entries) != want {
			t.Errorf("%s holds %v, %v", folder, entries, err)
		}
	}
	for _, name := range []string{"config.yaml", ".lock", "step-0000003.png"} {
		if target, ok := Target(name); ok {
			t.Errorf("%s is taken for a temporary file of %q", name, target)
		}
	}
}
