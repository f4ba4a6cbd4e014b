package data

import (
	"path/filepath"
	"testing"
)

// BenchmarkUnityEyesSample decodes, crops and resizes renders of 640x480.
func BenchmarkUnityEyesSample(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "eyes")
	if err := Simulate(b.Context(), "eyes", "synthetic", "unityeyes", 4, 1, dir, func(int) {}); err != nil {
		b.Fatal(err)
	}
	ds, err := Open("unityeyes:" + dir)
	if err != nil {
		b.Fatal(err)
	}
	defer ds.Close()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := ds.Sample(i % 4); err != nil {
			b.Fatal(err)
		}
	}
}
