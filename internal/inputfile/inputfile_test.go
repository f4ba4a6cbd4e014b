package inputfile

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What is no regular file is refused at once: opening a pipe without a writer would block for ever.
func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir) // a socket's path is short
	if err := syscall.Mkfifo("pipe", 0o644); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for path, want := range map[string]string{
		dir: "is a folder", filepath.Join(dir, "pipe"): "is a named pipe", "/dev/zero": "is a device",
		"socket": "socket", filepath.Join(dir, "none"): "no such file",
	} {
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestReadIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	if content, err := Read(path, 5); err != nil || string(content) != "12345" {
		t.Errorf("%q, %v", content, err)
	}
	if _, err := Read(path, 4); err == nil || !strings.Contains(err.Error(), "more than 4 bytes") {
		t.Errorf("error is %v", err)
	}
	if err := os.Truncate(path, 1<<40); err != nil { // sparse: Read must not take its memory
		t.Skip(err)
	}
	if _, err := Read(path, 1<<20); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("error is %v", err)
	}
}

func TestByteOrderMarks(t *testing.T) {
	for text, want := range map[string]string{"\ufeffa": "a", "a": "a", "": "", "\ufeff": "", "ab\ufeff": "ab\ufeff"} {
		file := strings.NewReader(text)
		if err := SkipMark(file); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(file); err != nil || string(got) != want || string(WithoutMark([]byte(text))) != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
