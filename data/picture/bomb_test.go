package picture

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/alloctest"
)

// pngHeader returns a PNG that ends after its header.
func pngHeader(width, height uint32) []byte {
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	head = append(binary.BigEndian.AppendUint32(head, height), 16, 6, 0, 0, 0) // 16 bits, RGBA
	file := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(head)-4))
	return binary.BigEndian.AppendUint32(append(file, head...), crc32.ChecksumIEEE(head))
}

// A small file cannot ask for all memory: its area is bounded, not only its sides.
func TestPicturesTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.png")
	for _, side := range [][2]uint32{{16384, 16384}, {8192, 8193}, {1 << 30, 1}} {
		if err := os.WriteFile(path, pngHeader(side[0], side[1]), 0o644); err != nil {
			t.Fatal(err)
		}
		for what, decode := range map[string]func() error{
			"whole": func() error { _, err := Decode(path); return err },
			"window": func() error {
				_, err := DecodeWindow(path, func(int, int) (x, y, w, h int) { return 0, 0, 1, 1 })
				return err
			},
		} {
			var err error
			used := alloctest.Bytes(func() { err = decode() })
			if err == nil || !strings.Contains(err.Error(), "16384 per side and 67108864 in all") || used > 1<<20 {
				t.Errorf("%v, %s: %v, after %d bytes", side, what, err, used)
			}
		}
	}
}
