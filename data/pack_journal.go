package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"simgan/internal/filelock"
	"simgan/internal/inputfile"
)

// journalName is the file of a partial pack that lists its written chunks.
const journalName = "journal"

// journal lists the complete chunks of a partial pack with their checksums. After a kill, packing continues after them.
type journal struct {
	file *os.File
	lock *filelock.Lock
	mu   sync.Mutex
	done map[int]uint32 // checksum per chunk
}

// plan is the journal's first line. It describes what is being packed.
type plan struct {
	Source string `json:"source"`
	Info   Info   `json:"info"`
	Count  int    `json:"count"`
	Chunk  int    `json:"chunk"` // images
	Names  uint32 `json:"names"` // checksum of names.txt
}

// castagnoli is the polynomial for which processors have an instruction.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openJournal continues the partial folder's journal or starts one. The caller closes it.
func openJournal(dir, name string, p plan) (j *journal, err error) {
	path := filepath.Join(dir, name)
	j = &journal{done: map[int]uint32{}}
	if j.lock, err = filelock.Try(path); err != nil {
		return nil, fmt.Errorf("%s: another simgan pack is writing to it: %w", dir, err)
	}
	defer func() {
		if err != nil {
			j.close()
		}
	}()
	head, err := json.Marshal(p)
	if err != nil {
		return j, err
	}
	text, err := inputfile.Read(path, inputfile.Large)
	if err != nil {
		return j, err
	}
	first, rest, whole := bytes.Cut(text, []byte("\n"))
	if whole && !bytes.Equal(first, head) {
		return j, fmt.Errorf("%s: belongs to another data set, or to this one before it changed; remove the folder", dir)
	}
	if j.file, err = os.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW, 0o644); err != nil {
		return j, err
	}
	length := int64(len(head) + 1)
	if whole {
		length += int64(j.read(rest))
	} else if _, err = j.file.WriteAt(append(head, '\n'), 0); err != nil {
		return j, err
	}
	if err = j.file.Truncate(length); err != nil { // drops a line that a kill cut short
		return j, err
	}
	_, err = j.file.Seek(length, 0)
	return j, err
}

// read reads the complete lines and returns their length in bytes.
func (j *journal) read(text []byte) (length int) {
	for {
		line, rest, whole := bytes.Cut(text[length:], []byte("\n"))
		var chunk int
		var sum uint32
		if n, err := fmt.Sscanf(string(line), "%d %x", &chunk, &sum); !whole || n != 2 || err != nil {
			return length
		}
		j.done[chunk] = sum
		length = len(text) - len(rest)
	}
}

// has reports whether the chunk was written and has not changed since: a crash of the machine can lose pages.
func (j *journal) has(chunk int, levels, labels []byte) bool {
	sum, ok := j.done[chunk]
	return ok && sum == checksum(levels, labels)
}

// add records a complete chunk.
func (j *journal) add(chunk int, levels, labels []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err := fmt.Fprintf(j.file, "%d %08x\n", chunk, checksum(levels, labels))
	return err
}

func (j *journal) close() error {
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	return errors.Join(err, j.lock.Unlock())
}

func checksum(levels, labels []byte) uint32 {
	return crc32.Update(crc32.Checksum(levels, castagnoli), castagnoli, labels)
}
