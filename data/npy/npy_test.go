package npy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Bytes before the values that numpy 2.3's numpy.save writes for numpy.zeros((3, 35, 55), numpy.uint8).
const numpySaved = "\x93NUMPY\x01\x00\x76\x00{'descr': '|u1', 'fortran_order': False, 'shape': (3, 35, 55), }"

func TestEncodeIsNumpys(t *testing.T) {
	want := numpySaved + strings.Repeat(" ", 127-len(numpySaved)) + "\n"
	if diff := cmp.Diff(want, string(Header{Type: "|u1", Shape: []int{3, 35, 55}}.Encode())); diff != "" {
		t.Error(diff)
	}
}

func TestParseInvertsEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Header{
			Type:  rapid.SampledFrom([]string{"|u1", "<u2", "<f4"}).Draw(t, "type"),
			Shape: rapid.SliceOfN(rapid.IntRange(0, 1<<40), 0, 5).Draw(t, "shape"),
		}
		text := want.Encode()
		got, offset, err := Parse(append(text, 1, 2, 3))
		if err != nil || offset != len(text) || offset%align != 0 {
			t.Fatalf("offset %d of %d: %v", offset, len(text), err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	whole := string(Header{Type: "|u1", Shape: []int{3}}.Encode())
	for text, want := range map[string]string{
		"PNG": "not a .npy file", "\x93NUMPY\x09\x00\x10\x00": "version 9", whole[:40]: "longer than the file",
		strings.Replace(whole, "False", "True ", 1):                            "Fortran",
		strings.Replace(whole, "shape", "shave", 1):                            "shave",
		strings.Replace(whole, "(3,)", "(-3)", 1):                              "-3",
		"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr':":                           "longer than",
		strings.Replace(whole, "'descr': '|u1', ", strings.Repeat(" ", 16), 1): "lacks",
	} {
		if _, _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v does not contain %q", text, err, want)
		}
	}
	if _, err := (Header{Type: "<f4", Shape: []int{1 << 40, 1 << 40}}).Bytes(); err == nil {
		t.Error("a shape too large for any file was accepted")
	}
}
