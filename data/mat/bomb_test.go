package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"strings"
	"testing"

	"simgan/internal/alloctest"
)

// packed returns a file with one compressed element that says size and holds that many zeros, or fewer.
func packed(t *testing.T, says uint32, holds int) []byte {
	t.Helper()
	var body bytes.Buffer
	z := zlib.NewWriter(&body)
	tag := binary.LittleEndian.AppendUint32(nil, miMatrix)
	if _, err := z.Write(binary.LittleEndian.AppendUint32(tag, says)); err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(make([]byte, holds)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := make([]byte, headerBytes)
	copy(file[124:], []byte{0, 1, 'I', 'M'})
	file = binary.LittleEndian.AppendUint32(file, miPacked)
	return append(binary.LittleEndian.AppendUint32(file, uint32(body.Len())), body.Bytes()...)
}

// A compressed variable that is too large, or says a size that it cannot have, is refused before it is unpacked.
func TestBombsAreNotUnpacked(t *testing.T) {
	for what, c := range map[string]struct {
		says  uint32
		holds int
		want  string
	}{
		"too large":         {2 << 30, 100, "a variable may have 1073741824"},
		"a lie":             {1 << 29, 100, "cannot be the 536870920 that it says"},
		"more than it says": {8, 1 << 20, "array flags"},
	} {
		content := packed(t, c.says, c.holds)
		var err error
		used := alloctest.Bytes(func() { _, err = parse(content) })
		if err == nil || !strings.Contains(err.Error(), c.want) || used > 1<<20 {
			t.Errorf("%s: %v, after %d bytes", what, err, used)
		}
	}
}
