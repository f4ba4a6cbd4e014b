// Package inputfile opens files that a user or another program wrote. It refuses what is no regular file, because
// opening or reading a pipe or a device may block for ever, and it bounds how much of a file is read into memory.
package inputfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Bounds for Read, in bytes.
const (
	Small = 16 << 20 // JSON and text that a person could write
	Large = 16 << 30 // arrays and weights
)

// Open opens a regular file for reading. Anything else under the path is an error that says what it is.
func Open(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // the flag keeps a pipe from blocking the call
	if err != nil {
		return nil, explainLink(path, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: is %s, not a file: remove it, or replace it by a file", path, kind(info.Mode()))
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// explainLink adds to the error of an absent file that a link to it is there.
func explainLink(path string, err error) error {
	if target, linkErr := os.Readlink(path); linkErr == nil && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: it is a link to %s, which is not there", err, target)
	}
	return err
}

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// Read returns a regular file's content. A file of more than most bytes is an error before any of it is read.
func Read(path string, most int64) ([]byte, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	content := bytes.NewBuffer(make([]byte, 0, min(info.Size(), most)+bytes.MinRead))
	if info.Size() <= most {
		_, err = content.ReadFrom(io.LimitReader(file, most+1)) // the file may grow meanwhile
	}
	if err == nil && max(info.Size(), int64(content.Len())) > most {
		err = fmt.Errorf("%s: has more than %d bytes, the most that is read of such a file", path, most)
	}
	return content.Bytes(), err
}

// mark is the byte order mark that spreadsheets and Windows programs put before UTF-8.
var mark = []byte("\ufeff")

// WithoutMark returns the content without its byte order mark.
func WithoutMark(content []byte) []byte { return bytes.TrimPrefix(content, mark) }

// SkipMark moves a file that was just opened behind its byte order mark, if it has one.
func SkipMark(file io.ReadSeeker) error {
	start := make([]byte, len(mark))
	n, err := io.ReadFull(file, start)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	if n == len(mark) && bytes.Equal(start, mark) {
		return nil
	}
	_, err = file.Seek(0, io.SeekStart)
	return err
}
