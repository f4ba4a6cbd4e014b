package data

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
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
	if err := Simulate("hands", domain, "nyu", n, 6, out, func(int) {}); err != nil {
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

// Files in NYU's form give exactly the images and labels of the built-in hands.
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

// A label gives back the joint in mm, whatever the crop.
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

// Refined sets read back as the same images and labels, with variants; joint_xyz stays.
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
	if back.Len() != 4 || back.Name(1) != "train/synthdepth_1_0000001_v1.png" || back.Name(2) != "train/synthdepth_1_0000002_v0.png" {
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

// Hand and background never mix: every sample of a crop is a depth of the picture, near ones before far ones.
func TestCropMixesNothing(t *testing.T) {
	depth := make([]uint16, simulate.DepthWidth*simulate.DepthHeight)
	for i := range depth {
		if depth[i] = 2001; i%simulate.DepthWidth < 320 {
			depth[i] = 700
		}
	}
	depth[240*simulate.DepthWidth+330] = 0 // nothing measured
	c := cubeCrop([3]float64{320, 240, 750}, 300)
	m := c.cut(depth, simulate.Window{W: simulate.DepthWidth, H: simulate.DepthHeight}, 64, 64)
	near := uint16(math.Round((700.0 - 750 + 150) / 300 * 65535))
	for i, v := range m.Pix {
		if want := []uint16{near, 65535}[i%64/32]; v != want {
			t.Fatalf("pixel (%d, %d) is %d, want %d", i%64, i/64, v, want)
		}
	}
}

func TestNYURefusesBadPictures(t *testing.T) {
	out := handFiles(t, "synthetic", 1)
	file := filepath.Join(out, "train", "synthdepth_1_0000001.png")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(m image.Image) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	red := image.NewNRGBA(image.Rect(0, 0, 640, 480))
	for i := range red.Pix {
		red.Pix[i] = 255
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 640, 480))
	clear.Set(3, 4, color.NRGBA{0, 1, 2, 100})
	for want, content := range map[string][]byte{
		"R is 255 at pixel (0, 0)":      encode(red),
		"it is no RGB of 8 bits":        encode(clear),
		"it has 389x389 pixels":         encode(image.NewGray(image.Rect(0, 0, 389, 389))),
		"truncated PNG":                 good[:len(good)/2],
		"no readable PNG":               []byte("not a picture"),
		"truncated PNG (unexpected EOF": good[:20],
	} {
		write(t, file, string(content))
		ds, err := Open("nyu:" + out)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ds.Sample(0); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("error is %v, want one that names the file and says %q", err, want)
		}
	}
}

func TestNYURefusesBadLabels(t *testing.T) {
	out := handFiles(t, "real", 2)
	centres := filepath.Join(t.TempDir(), "centres.txt")
	joints := filepath.Join(out, "train", jointFile)
	good, err := os.ReadFile(joints)
	if err != nil {
		t.Fatal(err)
	}
	short := mat.Numeric(mat.Double, make([]float64, 108), 1, 1, 36, 3)
	for _, c := range []struct{ spec, centres, want string }{
		{",side=synthetic", "", "no synthdepth_1_NNNNNNN.png"},
		{",camera=2", "", "no depth_2_NNNNNNN.png"},
		{",split=val", "", "split=val: use train or test"},
		{",crop=oval", "", "use crop=cube or box"},
		{",cube=0", "", "use crop=cube or box"},
		{",labels=none", "", "crops need to know where hands are"},
		{",labels=none,crop=box,centres=" + centres, "0 0 700\n0 0 700\n", "crops need to know where hands are"},
		{",centres=" + centres, "0 0 700\n", "has 1 centres, none for train/depth_1_0000002.png"},
		{",centres=" + centres, "0 0 700\n0 0\n", "line 2: 2 values, not x y z in mm"},
		{",centres=" + centres, "0 zero 700\n0 0 7\n", `line 1: "zero" is no number`},
		{",centres=" + centres, "0 0 -700\n0 0 7\n", "line 1: u, v, depth"},
		{",centres=" + centres, "invalid invalid invalid\ninvalid\n", "no frame has a valid centre"},
		{",labels=" + joints + "x", "", "no such file"},
		{",labels=" + centres, "0 0 700\n", "no MATLAB v5"},
		{",size=0x3", "", "size=0x3"},
		{",people=p00", "", `has no parameter "people"`},
	} {
		write(t, centres, c.centres)
		if _, err := Open("nyu:" + out + ",side=real" + c.spec); strings.Contains(c.spec, "side=") {
			_, err = Open("nyu:" + out + c.spec)
			refused(t, c.spec, err, c.want)
		} else {
			refused(t, c.spec, err, c.want)
		}
	}
	for want, variables := range map[string][]mat.Variable{
		"holds neither joint_uvd":                       {{Name: "x", Array: short}},
		"has 1 camera(s) and 1 frames":                  {{Name: jointUVD, Array: mat.Numeric(mat.Double, slices.Repeat([]float64{5}, 108), 1, 1, 36, 3)}},
		"joint F1_KNU3_A: u, v, depth [0 0 0] are no p": {{Name: jointUVD, Array: mat.Numeric(mat.Double, make([]float64, 216), 1, 2, 36, 3)}},
	} {
		if err := mat.Write(joints, variables...); err != nil {
			t.Fatal(err)
		}
		_, err := Open("nyu:" + out + ",side=real")
		refused(t, "", err, want)
	}
	write(t, joints, string(good[:len(good)/2]))
	_, err = Open("nyu:" + out + ",side=real")
	refused(t, "cut", err, "truncated or damaged")
}

func refused(t *testing.T, spec string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error is %v, want one that says %q", spec, err, want)
	}
}

// A frame whose centre is invalid is left out; unlabelled frames need only a centre.
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

// Frame 1 of NYU's test set, its refined centres and labels as two repositories carry them. Pixel (210, 240) is 0, 2, 242.
func TestReadsNYUsOwnFiles(t *testing.T) {
	folder := filepath.Join("..", "..", "shared", "samples", "nyu")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no real samples here: %v", err)
	}
	depth, err := readNYU(filepath.Join(folder, "depth_1_0000001.png"))
	if err != nil {
		t.Fatal(err)
	}
	if got := depth[240*simulate.DepthWidth+210]; got != 754 || slices.Min(depth) != 731 || slices.Max(depth) != 2001 {
		t.Errorf("depth at (210, 240) is %d, range %d..%d", got, slices.Min(depth), slices.Max(depth))
	}
	labels := ",labels=" + filepath.Join(folder, "nyu_keypointsUVD_test.mat")
	spec := "nyu:" + folder + ",side=real,split=test" + labels + ",centres=" + filepath.Join(folder, "center_test_refined.txt")
	s := sampleOf(t, spec, 0)
	other := sampleOf(t, strings.Replace(spec, "center_test_refined.txt", "nyu_center_test.mat", 1), 0)
	if !slices.Equal(s.Image.Pix, other.Image.Pix) {
		t.Error("the two files of centres give different crops")
	}
	for k := range HandJoints {
		at := int(math.Round(float64(s.Label[3*k+1])))*HandSize + int(math.Round(float64(s.Label[3*k])))
		behind := float64(s.Label[3*k+2]) - (float64(s.Image.Pix[at])/65535-0.5)*300
		if behind < 1 || behind > 34 {
			t.Errorf("joint %s is %v mm behind the surface", handJointNames[HandJoints[k]], behind)
		}
	}
	for i := range 5 {
		file := filepath.Join(folder, "not_nyu_encoding", fmt.Sprintf("depth_1_%07d.png", i+1))
		if _, err := readNYU(file); err == nil || !strings.Contains(err.Error(), "is no depth picture of NYU's") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func FuzzNYUPicture(f *testing.F) {
	m := nyuPicture(make([]uint16, simulate.DepthWidth*simulate.DepthHeight))
	var b bytes.Buffer
	if err := png.Encode(&b, m.std()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:40])
	f.Fuzz(func(t *testing.T, content []byte) {
		depth, err := decodeNYU("x.png", bytes.NewReader(content))
		if err == nil && len(depth) != simulate.DepthWidth*simulate.DepthHeight {
			t.Errorf("%d depths", len(depth))
		}
	})
}

func FuzzCentreLine(f *testing.F) {
	f.Add("-133.28 -12.86 761.99")
	f.Add("nan 1e300 -0")
	f.Fuzz(func(t *testing.T, line string) {
		if p, err := centreLine(strings.Fields(line)); err == nil && !(p[2] > 1) {
			t.Errorf("%q gives %v", line, p)
		}
	})
}
