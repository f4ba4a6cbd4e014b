package data

import (
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"unsafe"
)

// mapping is a file's content in memory, read only, page by page as it is touched.
type mapping struct {
	path  string
	bytes []byte
}

// openMapping maps a whole file. Callers check the size that is due against len(bytes); a file that is cut short later
// is found by guarded.
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
	return &mapping{path, content}, nil
}

func (m *mapping) close() error { return syscall.Munmap(m.bytes) }

// guarded runs f, which reads the mappings. An access behind a file's end, or to a page that the disk cannot give, is
// SIGBUS, which ends the process; here it is an error that names the file.
func guarded(files []*mapping, f func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		if at, ok := fault.(interface{ Addr() uintptr }); ok {
			for _, m := range files {
				if from := uintptr(unsafe.Pointer(&m.bytes[0])); at.Addr() >= from && at.Addr() < from+uintptr(len(m.bytes)) {
					err = fmt.Errorf("%s: was cut short or cannot be read while it was in use: %w", m.path, errPack)
					return
				}
			}
		}
		panic(fault)
	}()
	f()
	return nil
}
