package data

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simgan/data/mat"
	"simgan/data/picture"
	"simgan/data/simulate"
)

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
		"it is not RGB of 8 bits":       encode(clear),
		"it has 389x389 pixels":         encode(image.NewGray(image.Rect(0, 0, 389, 389))),
		"truncated PNG":                 good[:len(good)/2],
		"is not a readable PNG":         []byte("not a picture"),
		"truncated PNG (unexpected EOF": good[:20],
	} {
		write(t, file, string(content))
		ds, err := Open("nyu:" + out)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ds.Sample(0)
		refused(t, want, err, want)
		refused(t, want, err, file)
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
	one := mat.Numeric(mat.Double, slices.Repeat([]float64{5}, 108), 1, 1, 36, 3)
	zeros := mat.Numeric(mat.Double, make([]float64, 216), 1, 2, 36, 3)
	for _, c := range []struct{ spec, centres, want string }{
		{",side=synthetic", "", "no synthdepth_1_NNNNNNN.png"},
		{",camera=2", "", "no depth_2_NNNNNNN.png"},
		{",split=val", "", "split=val: use train or test"},
		{",crop=oval", "", "use crop=cube or crop=box"},
		{",cube=0", "", "use crop=cube or crop=box"},
		{",labels=none", "", "crops need the positions of the hands"},
		{",labels=none,crop=box,centres=" + centres, "0 0 700\n0 0 700\n", "crops need the positions of the hands"},
		{",centres=" + centres, "0 0 700\n", "has 1 centres, none for train/depth_1_0000002.png"},
		{",centres=" + centres, "0 0 700\n0 0\n", "line 2: 2 values, not x y z in mm"},
		{",centres=" + centres, "0 zero 700\n0 0 7\n", `line 1: "zero" is not a number`},
		{",centres=" + centres, "0 0 -700\n0 0 7\n", "line 1: u, v, depth"},
		{",centres=" + centres, "invalid invalid invalid\ninvalid\n", "no frame has a valid centre"},
		{",labels=" + joints + "x", "", "no such file"},
		{",labels=" + centres, "0 0 700\n", "not a MATLAB v5"},
		{",size=0x3", "", "size=0x3"},
		{",people=p00", "", `has no parameter "people"`},
	} {
		write(t, centres, c.centres)
		spec := "nyu:" + out + c.spec
		if !strings.Contains(spec, "side=") {
			spec += ",side=real"
		}
		_, err := Open(spec)
		refused(t, c.spec, err, c.want)
	}
	for want, variables := range map[string][]mat.Variable{
		"holds neither joint_uvd":                         {{Name: "x", Array: short}},
		"has 1 camera(s) and 1 frames":                    {{Name: jointUVD, Array: one}},
		"joint F1_KNU3_A: u, v, depth [0 0 0] are not pi": {{Name: jointUVD, Array: zeros}},
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

// refused fails the test unless err contains want.
func refused(t *testing.T, spec string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error is %v, want one that contains %q", spec, err, want)
	}
}

func FuzzNYUPicture(f *testing.F) {
	m := nyuPicture(make([]uint16, simulate.DepthWidth*simulate.DepthHeight))
	path := filepath.Join(f.TempDir(), "x.png")
	if err := picture.EncodePNG(path, m); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add(content[:40])
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
