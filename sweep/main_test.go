package sweep

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakeSimgan is the path of testdata/simgan, built.
var fakeSimgan string

// TestMain builds the fake, or takes that of the test that started this process.
func TestMain(m *testing.M) {
	os.Exit(withFake(m))
}

func withFake(m *testing.M) int {
	if fakeSimgan = os.Getenv("SWEEP_FAKE_SIMGAN"); fakeSimgan != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "sweep-test-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	fakeSimgan = filepath.Join(dir, "simgan")
	if text, err := exec.Command("go", "build", "-o", fakeSimgan, "testdata/simgan/main.go").CombinedOutput(); err != nil {
		fmt.Printf("the fake simgan does not build: %v: %s\n", err, text)
		return 1
	}
	return m.Run()
}

// fake is a sweep of fake trials in a folder of its own.
func fake(t *testing.T, text string) (*Sweep, Options) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "s.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path, filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	return s, Options{Command: []string{fakeSimgan}, Out: io.Discard}
}

// rowsOf is sweep.csv without its header.
func rowsOf(t *testing.T, s *Sweep) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Dir, "sweep.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		rows = append(rows, strings.Split(line, ","))
	}
	return rows
}
