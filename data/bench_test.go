package data

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"simgan/data/picture"
)

// BenchmarkUnityEyesSample decodes, crops and resizes renders of 640x480: grey, as the simulator writes them, and
// colour. cpu-us/op counts all threads of this process, including the garbage collector's.
func BenchmarkUnityEyesSample(b *testing.B) {
	const n = 64
	dir := filepath.Join(b.TempDir(), "eyes")
	if err := Simulate(b.Context(), "eyes", "synthetic", "unityeyes", n, 1, dir, func(int, int) {}); err != nil {
		b.Fatal(err)
	}
	ds, err := Open("unityeyes:" + dir)
	if err != nil {
		b.Fatal(err)
	}
	defer ds.Close()
	sample := func(b *testing.B) {
		b.ReportAllocs()
		before := cpuTime(b)
		for i := 0; b.Loop(); i++ {
			if _, err := ds.Sample(i % n); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-us/op")
	}
	b.Run("grey", sample)
	for i := range n {
		if path := filepath.Join(dir, ds.Name(i)); strings.HasSuffix(path, ".jpg") {
			tint(b, path)
		}
	}
	b.Run("colour", sample)
}

// tint replaces a grey JPEG by one of three components.
func tint(b *testing.B, path string) {
	m, err := picture.Decode(path)
	if err != nil {
		b.Fatal(err)
	}
	n := m.H * m.W
	colour := picture.NewImage(3, m.H, m.W, 8)
	for i, v := range m.Pix {
		colour.Pix[i], colour.Pix[n+i], colour.Pix[2*n+i] = v, v*7/8+uint16(i%m.W)/32, v*3/4+uint16(i/m.W)/16
	}
	if err := picture.EncodeJPEG(path, colour); err != nil {
		b.Fatal(err)
	}
}

// cpuTime returns the processor time that this process has used, in microseconds.
func cpuTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return (u.Utime.Nano() + u.Stime.Nano()) / 1000
}
