package data

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simgan/data/mat"
	"simgan/data/simulate"
)

// handFiles writes built-in hands in NYU's form.
func handFiles(t *testing.T, domain string, n int) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "nyu")
	if err := Simulate(t.Context(), "hands", domain, "nyu", n, 6, out, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	return out
}

func sampleOf(t *testing.T, spec string, i int) Sample {
	t.Helper()
	ds, err := Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ds.Sample(i)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Files in NYU's form read back as exactly the images and labels of the built-in hands.
func TestNYUReadsWhatIsSimulated(t *testing.T) {
	for _, domain := range []string{"synthetic", "real"} {
		out := handFiles(t, domain, 2)
		for i := range 2 {
			got := sampleOf(t, fmt.Sprintf("nyu:%s,side=%s,size=96x80", out, domain), i)
			want := sampleOf(t, fmt.Sprintf("simulated:hands,domain=%s,n=2,seed=6,size=96x80", domain), i)
			if !slices.Equal(got.Image.Pix, want.Image.Pix) || got.Image.Bits != 16 {
				t.Errorf("%s: image %d differs", domain, i)
			}
			if diff := cmp.Diff(want.Label, got.Label); diff != "" {
				t.Errorf("%s: %s", domain, diff)
			}
			if want := fmt.Sprintf("train/%s_1_%07d.png", nyuSides[domain], i+1); got.Name != want {
				t.Errorf("name is %s, want %s", got.Name, want)
			}
		}
	}
}

// HandPoint recovers the joint in mm from a label, for every kind of crop.
func TestHandPointInverts(t *testing.T) {
	out := handFiles(t, "synthetic", 1)
	hand := simulate.NewHand(simulate.Synthetic, 6, 0)
	for _, crop := range []string{"cube", "cube,cube=250", "box", "box,size=60x90"} {
		ds, err := Open("nyu:" + out + ",crop=" + crop)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ds.Sample(0)
		if err != nil {
			t.Fatal(err)
		}
		for k, j := range HandJoints {
			u, v := float64(s.Label[3*k]), float64(s.Label[3*k+1])
			if u < 0 || v < 0 || u > float64(s.Image.W) || v > float64(s.Image.H) {
				t.Errorf("crop=%s: joint %d is outside, at (%v, %v)", crop, j, u, v)
			}
			p := HandPoint(s.Label, s.Image.H, s.Image.W, u, v, float64(s.Label[3*k+2]))
			for axis, want := range hand.Joints[j] {
				if math.Abs(p[axis]-want) > 0.01 {
					t.Errorf("crop=%s: joint %d is at %v, want %v", crop, j, p, hand.Joints[j])
				}
			}
		}
	}
}

// Refined sets read back as the same images and labels, with variants. joint_xyz is unchanged.
func TestNYURefinedReadsBack(t *testing.T) {
	source := handFiles(t, "synthetic", 3)
	ds, err := Open("nyu:" + source + ",size=48x40,n=2")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "refined")
	if err := Export(ds, out, 2, copyAll(ds, 2, 0)); err != nil {
		t.Fatal(err)
	}
	back, err := Open("nyu:" + out)
	if err != nil {
		t.Fatal(err)
	}
	if back.Len() != 4 || back.Name(1) != "train/synthdepth_1_0000001_v1.png" ||
		back.Name(2) != "train/synthdepth_1_0000002_v0.png" {
		t.Errorf("%d images, named %s, %s", back.Len(), back.Name(1), back.Name(2))
	}
	for i := range 4 {
		got, want := sampleOf(t, "nyu:"+out, i), sampleOf(t, ds.(*nyu).spec(source), i/2)
		want.Image.Pix[0] = uint16(i % 2)
		if !slices.Equal(got.Image.Pix, want.Image.Pix) {
			t.Errorf("image %d differs", i)
		}
		for k := range want.Label {
			if math.Abs(float64(got.Label[k]-want.Label[k])) > 1e-3 {
				t.Errorf("image %d: %s is %v, want %v", i, HandLabels[k], got.Label[k], want.Label[k])
			}
		}
	}
	for _, name := range []string{jointXYZ, jointNames} {
		was, err := mat.Read(filepath.Join(source, "train", jointFile), name)
		if err != nil {
			t.Fatal(err)
		}
		is, err := mat.Read(filepath.Join(out, "train", jointFile), name)
		if diff := cmp.Diff(was, is); err != nil || diff != "" || len(is) != 1 {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func (d *nyu) spec(dir string) string {
	return fmt.Sprintf("nyu:%s,size=%dx%d,n=2", dir, d.info.H, d.info.W)
}

// Hand and background never mix: every level of a crop is a depth of the picture. Levels grow with depth.
func TestCropMixesNothing(t *testing.T) {
	depth := make([]uint16, simulate.DepthWidth*simulate.DepthHeight)
	for i := range depth {
		if depth[i] = 2001; i%simulate.DepthWidth < 320 {
			depth[i] = 700
		}
	}
	depth[240*simulate.DepthWidth+330] = 0 // not measured
	c := cubeCrop([3]float64{320, 240, 750}, 300)
	m := c.cut(depth, simulate.Window{W: simulate.DepthWidth, H: simulate.DepthHeight}, 64, 64)
	near := uint16(math.Round((700.0 - 750 + 150) / 300 * 65535))
	for i, v := range m.Pix {
		if want := []uint16{near, 65535}[i%64/32]; v != want {
			t.Fatalf("pixel (%d, %d) is %d, want %d", i%64, i/64, v, want)
		}
	}
}

// Frames with an invalid centre are left out. Unlabelled frames need only a centre.
func TestNYUCentres(t *testing.T) {
	out := handFiles(t, "real", 3)
	palm := simulate.NewHand(simulate.Real, 6, 1).Joints[simulate.PalmCentre]
	centres := filepath.Join(t.TempDir(), "centres.txt")
	write(t, centres, fmt.Sprintf("invalid\n%v %v %v\ninvalid invalid invalid\n", palm[0], palm[1], palm[2]))
	ds, err := Open("nyu:" + out + ",side=real,labels=none,centres=" + centres)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ds.Sample(0)
	if err != nil || ds.Len() != 1 || s.Label != nil || ds.Info().LabelNames != nil {
		t.Errorf("%d frames, label %v, %v", ds.Len(), s.Label, err)
	}
	if want := sampleOf(t, "simulated:hands,domain=real,n=3,seed=6", 1); !slices.Equal(s.Image.Pix, want.Image.Pix) {
		t.Error("the crop around the centre differs from that around joint 32")
	}
}

// Frame 1 of NYU's test set, with refined centres and labels from two repositories. Pixel (210, 240) is (0, 2, 242).
func TestReadsNYUsOwnFiles(t *testing.T) {
	folder := filepath.Join("..", "..", "shared", "samples", "nyu")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("real samples are absent: %v", err)
	}
	depth, err := readNYU(filepath.Join(folder, "depth_1_0000001.png"))
	if err != nil {
		t.Fatal(err)
	}
	if got := depth[240*simulate.DepthWidth+210]; got != 754 || slices.Min(depth) != 731 || slices.Max(depth) != 2001 {
		t.Errorf("depth at (210, 240) is %d, range %d..%d", got, slices.Min(depth), slices.Max(depth))
	}
	labels := ",labels=" + filepath.Join(folder, "nyu_keypointsUVD_test.mat")
	centres := ",centres=" + filepath.Join(folder, "center_test_refined.txt")
	spec := "nyu:" + folder + ",side=real,split=test" + labels + centres
	s := sampleOf(t, spec, 0)
	other := sampleOf(t, strings.Replace(spec, "center_test_refined.txt", "nyu_center_test.mat", 1), 0)
	if !slices.Equal(s.Image.Pix, other.Image.Pix) {
		t.Error("the two files of centres give different crops")
	}
	for k := range HandJoints {
		at := int(math.Round(float64(s.Label[3*k+1])))*HandSize + int(math.Round(float64(s.Label[3*k])))
		below := float64(s.Label[3*k+2]) - (float64(s.Image.Pix[at])/65535-0.5)*300
		if below < 1 || below > 34 {
			t.Errorf("joint %s is %v mm below the surface", handJointNames[HandJoints[k]], below)
		}
	}
	for i := range 5 {
		file := filepath.Join(folder, "not_nyu_encoding", fmt.Sprintf("depth_1_%07d.png", i+1))
		_, err := readNYU(file)
		refused(t, file, err, "is not a depth picture of NYU")
	}
}
