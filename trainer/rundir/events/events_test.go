package events

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// crc32c is Castagnoli's checksum bit by bit, independent of the package's table.
func crc32c(data []byte) uint32 {
	sum := ^uint32(0)
	for _, b := range data {
		sum ^= uint32(b)
		for range 8 {
			sum = sum>>1 ^ 0x82f63b78*(sum&1)
		}
	}
	return ^sum
}

// records splits a TFRecord file and checks both checksums of each record.
func records(t *testing.T, dir string) (events [][]byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d event files (%v), want 1", len(files), err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	unmask := func(b []byte) uint32 {
		sum := binary.LittleEndian.Uint32(b) - 0xa282ead8
		return sum<<15 | sum>>17
	}
	for len(content) > 0 {
		n := binary.LittleEndian.Uint64(content)
		if got, want := unmask(content[8:]), crc32c(content[:8]); got != want {
			t.Fatalf("checksum of a length is %x, want %x", got, want)
		}
		event := content[12 : 12+n]
		if got, want := unmask(content[12+n:]), crc32c(event); got != want {
			t.Fatalf("checksum of an event is %x, want %x", got, want)
		}
		events, content = append(events, event), content[16+n:]
	}
	return events
}

// field finds a field of a message; nested ones by their path.
func field(t *testing.T, message []byte, path ...protowire.Number) []byte {
	t.Helper()
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		size := protowire.ConsumeFieldValue(number, kind, message[max(n, 0):])
		if n < 0 || size < 0 {
			t.Fatal("a message is broken")
		}
		value := message[n : n+size]
		message = message[n+size:]
		if number != path[0] {
			continue
		}
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		if len(path) > 1 {
			return field(t, value, path[1:]...)
		}
		return value
	}
	t.Fatalf("there is no field %v", path)
	return nil
}

// TensorBoard's own reader was tried by hand (docs/method.md); this keeps what it read.
func TestEventsHoldWhatWasWritten(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(dir, 40)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Scalars(60, map[string]float64{"train/L_D": 1.5}); err != nil {
		t.Fatal(err)
	}
	if err := w.Image(60, "samples", []byte("a png"), 55, 35); err != nil {
		t.Fatal(err)
	}
	if err := w.Text(40, "config", "seed: 1"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	events := records(t, dir)
	if len(events) != 5 {
		t.Fatalf("%d events, want 5: version, restart, scalars, image, text", len(events))
	}
	// Of the text: tag, name of the plugin, and the only string of a tensor of type 7, DT_STRING.
	for want, path := range map[string][]protowire.Number{"config": {1}, "text": {9, 1, 1}, "seed: 1": {8, 8}} {
		if got := string(field(t, events[4], append([]protowire.Number{5, 1}, path...)...)); got != want {
			t.Errorf("the text's field %v is %q, want %q", path, got, want)
		}
	}
	if kind, _ := protowire.ConsumeVarint(field(t, events[4], 5, 1, 8, 1)); kind != 7 {
		t.Errorf("the text's tensor has type %d, want 7", kind)
	}
	if version := string(field(t, events[0], 3)); version != "brain.Event:2" {
		t.Errorf("the file's version is %q", version)
	}
	if status, _ := protowire.ConsumeVarint(field(t, events[1], 7, 1)); status != 1 {
		t.Errorf("a run that goes on has session status %d, want START", status)
	}
	if step, _ := protowire.ConsumeVarint(field(t, events[2], 2)); step != 60 {
		t.Errorf("scalars are of step %d, want 60", step)
	}
	if tag := string(field(t, events[2], 5, 1, 1)); tag != "train/L_D" {
		t.Errorf("the scalar's tag is %q", tag)
	}
	if bits, _ := protowire.ConsumeFixed32(field(t, events[2], 5, 1, 2)); math.Float32frombits(bits) != 1.5 {
		t.Errorf("the scalar is %v, want 1.5", math.Float32frombits(bits))
	}
	for want, number := range map[uint64]protowire.Number{35: 1, 55: 2, 1: 3} {
		if got, _ := protowire.ConsumeVarint(field(t, events[3], 5, 1, 4, number)); got != want {
			t.Errorf("the image's field %d is %d, want %d", number, got, want)
		}
	}
	if png := string(field(t, events[3], 5, 1, 4, 4)); png != "a png" {
		t.Errorf("the image is %q", png)
	}
}

// TensorBoard reads files in the order of their names. That is the order in which they were made, also if the clock was
// in the year 2096 for a while, and if processes start within a second.
func TestFilesAreInOrder(t *testing.T) {
	dir := t.TempDir()
	future := filepath.Join(dir, prefix+"4000000000.host.99.0")
	if err := os.WriteFile(future, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for made := 2; made <= 11; made++ {
		w, err := Create(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		entries, err := os.ReadDir(dir) // sorted
		if err != nil || len(entries) != made || filepath.Join(dir, entries[made-1].Name()) != w.file.Name() {
			t.Fatalf("%s is not the last of %v: %v", w.file.Name(), entries, err)
		}
	}
}
