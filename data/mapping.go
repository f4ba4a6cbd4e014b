package data

import (
	"fmt"
	"os"
	"syscall"
)

// mapping is a file's content in memory, read only, page by page as it is touched.
type mapping struct{ bytes []byte }

// openMapping maps a whole file. An access behind the file's end would end the process (SIGBUS): callers check the size
// that is due against len(bytes), and a pack's files are never changed in place.
func openMapping(path string) (*mapping, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, fmt.Errorf("%s: is empty or no file: %w", path, errPack)
	}
	content, err := syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("%s: mapping it into memory: %w", path, err)
	}
	return &mapping{content}, nil
}

func (m *mapping) close() error { return syscall.Munmap(m.bytes) }
