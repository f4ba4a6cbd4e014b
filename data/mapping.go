package data

import (
	"fmt"
	"runtime/debug"
	"syscall"
	"unsafe"

	"simgan/internal/inputfile"
)

// mapping is a file mapped into memory for reading. The system reads a page when it is touched.
type mapping struct {
	path  string
	bytes []byte
}

// openMapping maps a whole file. Callers compare the expected size with len(bytes). If the file is cut short later,
// guarded reports it.
func openMapping(path string) (*mapping, error) {
	file, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, fmt.Errorf("%s: is empty: %w", path, errPack)
	}
	content, err := syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be mapped into memory: %w", path, err)
	}
	return &mapping{path, content}, nil
}

func (m *mapping) close() error { return syscall.Munmap(m.bytes) }

// guarded runs f, which reads the mappings. An access after a file's end, or to a page that the disk cannot deliver,
// raises SIGBUS, which would end the process. guarded returns an error instead that names the file.
func guarded(files []*mapping, f func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		if at, ok := fault.(interface{ Addr() uintptr }); ok {
			for _, m := range files {
				from := uintptr(unsafe.Pointer(&m.bytes[0]))
				if at.Addr() >= from && at.Addr() < from+uintptr(len(m.bytes)) {
					err = fmt.Errorf("%s: was cut short while in use, or cannot be read: %w", m.path, errPack)
					return
				}
			}
		}
		panic(fault)
	}()
	f()
	return nil
}
