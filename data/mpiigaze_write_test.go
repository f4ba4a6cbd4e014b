package data

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simgan/internal/exit"
)

// samplesByName returns the samples of a data set.
func samplesByName(t *testing.T, ds Dataset) map[string]Sample {
	t.Helper()
	out := map[string]Sample{}
	for i := range ds.Len() {
		s, err := ds.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		out[s.Name] = s
	}
	if len(out) != ds.Len() {
		t.Errorf("%d names for %d images", len(out), ds.Len())
	}
	return out
}

// After writing and reading, every eye has the simulator's pixels and label: mirroring and MATLAB's order cancel out.
func TestMPIIGazeReadsBack(t *testing.T) {
	const n, people = 64, 15 // 32 frames: two or three per person
	out := filepath.Join(t.TempDir(), "mpii")
	if err := Simulate(t.Context(), "eyes", "real", "mpiigaze", n, 4, out, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	want, err := Open(fmt.Sprintf("simulated:eyes,domain=real,n=%d,seed=4,size=36x60", n))
	if err != nil {
		t.Fatal(err)
	}
	for _, subset := range []string{"all", "evaluation"} {
		ds, err := Open("mpiigaze:" + out + ",size=36x60,subset=" + subset)
		if err != nil {
			t.Fatal(err)
		}
		got := samplesByName(t, ds)
		if len(got) != n {
			t.Fatalf("subset %s: %d eyes, want %d", subset, len(got), n)
		}
		for i := range n {
			person, frames := 0, n/2
			for (person+1)*frames/people <= i/2 {
				person++
			}
			name := fmt.Sprintf("p%02d/day01/%04d_%s", person, i/2-person*frames/people+1, []string{"left", "right"}[i%2])
			w, err := want.Sample(i)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(w.Image, got[name].Image) + cmp.Diff(w.Label, got[name].Label); diff != "" {
				t.Fatalf("subset %s: %s is not eye %d: %s", subset, name, i, diff[:min(len(diff), 300)])
			}
		}
	}
}

// Days hold at most 200 frames, lists at most 1500 frames per person, and few eyes are spread over few people.
func TestMPIIGazeDays(t *testing.T) {
	for n, want := range map[int]string{
		2:            "p00/day01:1",
		6:            "p00/day01:1 p01/day01:1 p02/day01:1",
		2 * 15 * 201: "p00/day01:200 p00/day02:1 p01/day01:200",
	} {
		w, err := newMPIIGazeWriter(t.TempDir(), n)
		if err != nil {
			t.Fatal(err)
		}
		var days []string
		frames := 0
		for _, d := range w.(*mpiigazeWriter).days {
			days = append(days, fmt.Sprintf("%s:%d", d.name, d.frames))
			if d.first != frames {
				t.Errorf("n %d: %s starts at frame %d, want %d", n, d.name, d.first, frames)
			}
			frames += d.frames
		}
		if got := strings.Join(days, " "); !strings.HasPrefix(got, want) || frames != n/2 {
			t.Errorf("n %d: %d frames in %s, want %s", n, frames, got, want)
		}
	}
	dir := t.TempDir()
	w := &mpiigazeWriter{dir: dir, days: []mpiigazeDay{{name: "p03/day01", frames: 2000}}}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	names, err := evaluationList(filepath.Join(dir, evaluationFolder, "p03.txt"), "p03")
	if err != nil || len(names) != 3000 || names[0] != "p03/day01/0001_left" || names[2999] != "p03/day01/1999_right" {
		t.Errorf("list of %d: %v", len(names), err)
	}
}

func TestMPIIGazeOddNumber(t *testing.T) {
	dir := t.TempDir()
	err := Simulate(t.Context(), "eyes", "real", "mpiigaze", 3, 1, filepath.Join(dir, "out"), func(int, int) {})
	if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "use an even number") {
		t.Errorf("error is %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v %v", entries, err)
	}
}

// The rotated z axis depends on pitch and yaw only. Roll rotates x. A reflection in x negates yaw and roll.
func TestRodrigues(t *testing.T) {
	for _, pose := range [][3]float64{{0, 0, 0}, {10, 0, 0}, {0, 20, 0}, {0, 0, -5}, {8, -15, 4}, {1e-9, 0, 0}} {
		v := rodrigues(pose)
		p, y := pose[0]*math.Pi/180, pose[1]*math.Pi/180
		z := rotate(v, [3]float64{0, 0, 1})
		want := [3]float64{math.Cos(p) * math.Sin(y), math.Sin(p), math.Cos(p) * math.Cos(y)}
		for k := range z {
			if math.Abs(z[k]-want[k]) > 1e-12 {
				t.Errorf("pose %v: z axis %v, want %v", pose, z, want)
			}
		}
		mirrored := rodrigues([3]float64{pose[0], -pose[1], -pose[2]})
		for k, sign := range []float64{1, -1, -1} {
			if math.Abs(mirrored[k]-sign*v[k]) > 1e-12 {
				t.Errorf("pose %v: mirrored %v, itself %v", pose, mirrored, v)
			}
		}
	}
	if x := rotate(rodrigues([3]float64{0, 0, 30}), [3]float64{1, 0, 0}); math.Abs(x[1]-0.5) > 1e-12 {
		t.Errorf("a roll of 30 degrees rotates x to %v", x)
	}
}

// rotate rotates u by Rodrigues' formula.
func rotate(v, u [3]float64) [3]float64 {
	angle := math.Sqrt(v[0]*v[0] + v[1]*v[1] + v[2]*v[2])
	if angle == 0 {
		return u
	}
	k := [3]float64{v[0] / angle, v[1] / angle, v[2] / angle}
	cross := [3]float64{k[1]*u[2] - k[2]*u[1], k[2]*u[0] - k[0]*u[2], k[0]*u[1] - k[1]*u[0]}
	dot := k[0]*u[0] + k[1]*u[1] + k[2]*u[2]
	sin, cos := math.Sincos(angle)
	var out [3]float64
	for i := range out {
		out[i] = u[i]*cos + cross[i]*sin + k[i]*dot*(1-cos)
	}
	return out
}
