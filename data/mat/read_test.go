package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// element encodes one data element, padded to 8 bytes.
func element(kind uint32, body []byte) []byte {
	out := binary.LittleEndian.AppendUint32(nil, kind)
	out = append(binary.LittleEndian.AppendUint32(out, uint32(len(body))), body...)
	return append(out, make([]byte, -len(body)&7)...)
}

func ints(values ...int32) (out []byte) {
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, uint32(v))
	}
	return out
}

func encode(name string, class int32, dims []int32, content ...[]byte) []byte {
	body := element(miUint32, ints(class, 0))
	body = append(body, element(miInt32, ints(dims...))...)
	body = append(body, element(miInt8, []byte(name))...)
	return element(miMatrix, append(body, bytes.Join(content, nil)...))
}

func doubles(values ...float64) []byte {
	var body []byte
	for _, v := range values {
		body = binary.LittleEndian.AppendUint64(body, math.Float64bits(v))
	}
	return element(miDouble, body)
}

// example returns a file with a number array and a packed struct of a text and a cell array.
func example(t *testing.T) []byte {
	t.Helper()
	text := encode("", int32(Char), []int32{1, 2}, element(miUint16, []byte{'h', 0, 'i', 0}))
	cell := encode("", int32(Cell), []int32{1, 2},
		encode("", int32(Double), []int32{1, 1}, doubles(7)),
		encode("", int32(Double), []int32{0, 0}, element(miDouble, nil)))
	fields := append([]byte("text\x00\x00\x00\x00"), []byte("cells\x00\x00\x00")...)
	structure := encode("s", int32(Struct), []int32{1, 1},
		element(miInt32, ints(8)), element(miInt8, fields), text, cell)
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(structure); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := make([]byte, headerBytes)
	copy(file[124:], []byte{0, 1, 'I', 'M'})
	file = append(file, encode("a", int32(Double), []int32{2, 2}, doubles(1, 2, 3, 4))...)
	compressed := binary.LittleEndian.AppendUint32(nil, miPacked)
	compressed = binary.LittleEndian.AppendUint32(compressed, uint32(packed.Len()))
	return append(append(file, compressed...), packed.Bytes()...)
}

func TestReadsNumbersTextCellsAndStructs(t *testing.T) {
	variables, err := parse(example(t))
	if err != nil {
		t.Fatal(err)
	}
	if a := variables["a"]; len(a.Numbers) != 4 || a.Numbers[1] != 2 || a.Dims[0] != 2 {
		t.Errorf("a is %+v", a)
	}
	text, err := variables["s"].Field("text")
	if err != nil || text.Text != "hi" {
		t.Errorf("s.text is %+v, %v", text, err)
	}
	cells, err := variables["s"].Field("cells")
	if err != nil || len(cells.Cells) != 2 || cells.Cells[0].Numbers[0] != 7 || len(cells.Cells[1].Numbers) != 0 {
		t.Errorf("s.cells is %+v, %v", cells, err)
	}
	if _, err := variables["s"].Field("nothing"); err == nil {
		t.Error("a missing field was found")
	}
}

func TestRefusesWhatItCannotRead(t *testing.T) {
	whole := example(t)
	for n := 1; n < len(whole); n++ { // any cut gives an error or the variables before the cut, never a panic
		variables, err := parse(whole[:n])
		if _, packed := variables["s"]; err == nil && packed {
			t.Fatalf("cut at byte %d of %d: read as complete", n, len(whole))
		}
	}
	for text, want := range map[string]string{
		string(hdf5) + strings.Repeat(" ", 600):                           "-v7",
		strings.Repeat(" ", 512) + string(hdf5) + strings.Repeat(" ", 90): "-v7",
		"hello": "not a MATLAB v5",
	} {
		if _, err := parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.10q: %v", text, err)
		}
	}
}

// Values of the sample as read by scipy.io.loadmat and as dumped by MATLAB in the samples' README.
func TestReadsMATLABsOwnFiles(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "samples", "mpiigaze", "calibration", "Camera00.mat")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("real samples are absent: %v", err)
	}
	variables, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	m := variables["cameraMatrix"]
	if len(m.Numbers) != 9 || math.Abs(m.Numbers[0]-994.73532636) > 1e-6 ||
		math.Abs(m.Numbers[6]-624.66344095) > 1e-6 {
		t.Errorf("cameraMatrix is %+v", m)
	}
}

// Counts that are impossible for the file's size are refused before memory is allocated for them.
func TestRefusesWhatDoesNotFit(t *testing.T) {
	head := make([]byte, headerBytes)
	copy(head[124:], []byte{0, 1, 'I', 'M'})
	names := element(miInt8, []byte("gaze\x00\x00\x00\x00"))
	for want, body := range map[string][]byte{
		"length of field names": encode("s", int32(Struct), []int32{1, 1}, doubles(math.NaN()), names),
		"longer than the rem":   encode("s", int32(Struct), []int32{1 << 15, 1 << 14}, element(miInt32, ints(8)), names),
		"c: an element":         encode("c", int32(Cell), []int32{1 << 15, 1 << 14}),
	} {
		_, err := parse(append(append([]byte{}, head...), body...))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not contain %q", err, want)
		}
	}
	empty := encode("s", int32(Struct), []int32{1 << 15, 1 << 14}, element(miInt32, ints(8)), element(miInt8, nil))
	if _, err := parse(append(head, empty...)); err != nil {
		t.Errorf("a struct without fields: %v", err)
	}
}
