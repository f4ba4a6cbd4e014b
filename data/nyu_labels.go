package data

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"simgan/data/mat"
	"simgan/data/simulate"
)

// The files and variables of NYU's labels, and what a refined set has besides.
const (
	jointFile    = "joint_data.mat"
	jointUVD     = "joint_uvd"   // (cameras, N, 36, 3): u, v in pixels, depth in mm
	jointXYZ     = "joint_xyz"   // the same in mm
	jointNames   = "joint_names" // 36 texts
	keypointUVD  = "keypoints3D" // (N, 14, 3): HandJoints of camera 1 alone
	nyuCrops     = "simgan_crop" // (cameras, N, 6) of refined sets: what handCropNames names, 0 where there is no image
	nyuWholeHand = simulate.HandJoints
)

// nyuJoints are the labels of all frames of one file, as MATLAB orders them.
type nyuJoints struct {
	path            string
	cameras, frames int
	joints          []int // of the file's joints, those of HandJoints
	all             int   // joints in the file
	uvd             []float64
	crops           []float64 // of a refined set
}

// openJoints reads the file that labels= names, or joint_data.mat beside the pictures where there is one. Of a file of
// 72,757 frames and three cameras it holds 190 MB until the data set is open.
func (d *nyu) openJoints(s Spec) (*nyuJoints, error) {
	file := s.text("labels", "")
	switch file {
	case "none":
		return nil, nil
	case "":
		file = filepath.Join(d.root, d.folder, jointFile)
		if !exists(file) {
			return nil, nil
		}
	}
	variables, err := mat.Read(file, jointUVD, keypointUVD, nyuCrops)
	if err != nil {
		return nil, err
	}
	j := &nyuJoints{path: file, crops: variables[nyuCrops].Numbers}
	uvd, points := variables[jointUVD], variables[keypointUVD]
	switch {
	case len(uvd.Dims) == 4 && uvd.Dims[2] == nyuWholeHand && uvd.Dims[3] == 3 && uvd.Numbers != nil:
		j.cameras, j.frames, j.all, j.uvd, j.joints = uvd.Dims[0], uvd.Dims[1], nyuWholeHand, uvd.Numbers, HandJoints
	case len(points.Dims) == 3 && points.Dims[1] == len(HandJoints) && points.Dims[2] == 3 && points.Numbers != nil:
		j.cameras, j.frames, j.all, j.uvd = 1, points.Dims[0], len(HandJoints), points.Numbers
		for k := range HandJoints {
			j.joints = append(j.joints, k)
		}
	default:
		return nil, fmt.Errorf("%s: holds neither %s (cameras, N, 36, 3) nor %s (N, 14, 3)", file, jointUVD, keypointUVD)
	}
	if j.crops != nil && len(j.crops) != j.cameras*j.frames*len(handCropNames) {
		return nil, fmt.Errorf("%s: %s has %v values, not 6 for each of %d cameras and %d frames", file, nyuCrops, variables[nyuCrops].Dims, j.cameras, j.frames)
	}
	return j, nil
}

// find is where a frame's values begin in an array whose first dimensions are cameras and frames.
func (j *nyuJoints) find(camera, number int) (int, error) {
	if camera > j.cameras || number > j.frames {
		return 0, fmt.Errorf("%s has %d camera(s) and %d frames: none for camera %d, frame %d", j.path, j.cameras, j.frames, camera, number)
	}
	return camera - 1 + j.cameras*(number-1), nil
}

// of are the HandJoints of a frame.
func (j *nyuJoints) of(camera, number int) ([][3]float64, error) {
	at, err := j.find(camera, number)
	if err != nil {
		return nil, err
	}
	out, step := make([][3]float64, len(j.joints)), j.cameras*j.frames
	for i, joint := range j.joints {
		for k := range 3 {
			out[i][k] = j.uvd[at+step*(joint+j.all*k)]
		}
		if err := seen(out[i]); err != nil {
			return nil, fmt.Errorf("%s: joint %s: %w", j.path, handJointNames[HandJoints[i]], err)
		}
	}
	return out, nil
}

// crop is a frame's crop in a refined set, whose joints are in its pixels: the window is given back as the camera saw it.
func (j *nyuJoints) crop(camera, number int) (handCrop, error) {
	at, err := j.find(camera, number)
	if err != nil {
		return handCrop{}, err
	}
	var n [6]float64
	for k := range n {
		n[k] = j.crops[at+j.cameras*j.frames*k]
	}
	c := handCrop{n[0], n[1], n[2], n[3], n[4], n[5]}
	if !(c.width > 0 && c.height > 0 && c.depth > 0 && c.cube > 0) {
		return c, fmt.Errorf("%s: %s: no crop for camera %d, frame %d", j.path, nyuCrops, camera, number)
	}
	return c, nil
}

// seen refuses a point that no camera could have seen.
func seen(p [3]float64) error {
	if !(p[2] > 1 && p[2] < math.MaxUint16 && math.Abs(p[0]) < 1e5 && math.Abs(p[1]) < 1e5) {
		return fmt.Errorf("u, v, depth %v are no pixels and mm", p)
	}
	return nil
}

// nyuCentres are the crops' centres of camera 1's frames: u, v and depth, all 0 where there is none.
type nyuCentres struct{ uvd [][3]float64 }

// of is frame number's centre, false where it is invalid.
func (c *nyuCentres) of(number int) ([3]float64, bool) {
	p := c.uvd[number-1]
	return p, p[2] > 0
}

// openCentres reads a file of centres: text, `x y z` in mm a line or `invalid`; or a .mat with one array (N, 1, 3) of u, v
// in pixels and depth in mm. No file is no centres.
func openCentres(file string, frames []nyuFrame) (*nyuCentres, error) {
	if file == "" {
		return nil, nil
	}
	read := readCentreText
	if strings.EqualFold(filepath.Ext(file), ".mat") {
		read = readCentreMat
	}
	c, err := read(file)
	if err != nil {
		return nil, err
	}
	for _, f := range frames {
		if f.camera != 1 {
			return nil, fmt.Errorf("%s: centre files are for camera 1, but %s is of camera %d; leave out centres=, or use camera=1", file, f.name, f.camera)
		}
		if f.number > len(c.uvd) {
			return nil, fmt.Errorf("%s: has %d centres, none for %s; it may be another split's", file, len(c.uvd), f.name)
		}
	}
	return c, nil
}

func readCentreText(path string) (*nyuCentres, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("centres: %w", err)
	}
	defer file.Close()
	c := &nyuCentres{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var p [3]float64
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		if !strings.HasPrefix(fields[0], "invalid") {
			if p, err = centreLine(fields); err != nil {
				return nil, fmt.Errorf("%s: line %d: %w", path, len(c.uvd)+1, err)
			}
		}
		c.uvd = append(c.uvd, p)
	}
	return c, lines.Err()
}

// centreLine is `x y z` in mm as u, v and depth.
func centreLine(fields []string) (p [3]float64, err error) {
	if len(fields) != 3 {
		return p, fmt.Errorf("%d values, not x y z in mm", len(fields))
	}
	for k, field := range fields {
		if p[k], err = strconv.ParseFloat(field, 64); err != nil {
			return p, fmt.Errorf("%q is no number", field)
		}
	}
	p = simulate.Project(p)
	return p, seen(p)
}

func readCentreMat(path string) (*nyuCentres, error) {
	variables, err := mat.Read(path)
	if err != nil {
		return nil, err
	}
	for _, name := range sortedKeys(variables) {
		a := variables[name]
		if n := len(a.Numbers) / 3; n > 0 && len(a.Dims) >= 2 && a.Dims[0] == n && a.Dims[len(a.Dims)-1] == 3 {
			c := &nyuCentres{uvd: make([][3]float64, n)}
			for i := range c.uvd {
				c.uvd[i] = [3]float64{a.Numbers[i], a.Numbers[n+i], a.Numbers[2*n+i]}
				if err := seen(c.uvd[i]); err != nil {
					return nil, fmt.Errorf("%s: %s: row %d: %w", path, name, i+1, err)
				}
			}
			return c, nil
		}
	}
	return nil, fmt.Errorf("%s: holds no array (N, 1, 3) of centres", path)
}
