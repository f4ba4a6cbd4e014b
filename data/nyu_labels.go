package data

import (
	"bufio"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"simgan/data/mat"
	"simgan/data/simulate"
	"simgan/internal/inputfile"
)

// File and variables of NYU's labels, and the additional variable of refined sets.
const (
	jointFile    = "joint_data.mat"
	jointUVD     = "joint_uvd"   // (cameras, N, 36, 3): u, v in pixels, depth in mm
	jointXYZ     = "joint_xyz"   // the same in mm
	jointNames   = "joint_names" // 36 texts
	keypointUVD  = "keypoints3D" // (N, 14, 3): HandJoints of camera 1 alone
	nyuCrops     = "simgan_crop" // (cameras, N, 6) of refined sets: values of handCropNames, 0 if there is no image
	nyuWholeHand = simulate.HandJoints
)

// nyuJoints holds the labels of all frames of one file, in MATLAB's order.
type nyuJoints struct {
	path            string
	cameras, frames int
	joints          []int // the file's indices of HandJoints
	all             int   // number of joints in the file
	uvd             []float64
	crops           []float64 // nil unless the set is refined
}

// openJoints reads the file that labels= names, or else joint_data.mat beside the pictures, if it exists. For a file of
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
		return nil, fmt.Errorf("%s: %s has %v values, not 6 for each of %d cameras and %d frames",
			file, nyuCrops, variables[nyuCrops].Dims, j.cameras, j.frames)
	}
	return j, nil
}

// find returns the index of a frame's first value in an array whose first dimensions are cameras and frames.
func (j *nyuJoints) find(camera, number int) (int, error) {
	if camera > j.cameras || number > j.frames {
		return 0, fmt.Errorf("%s has %d camera(s) and %d frames: none for camera %d, frame %d",
			j.path, j.cameras, j.frames, camera, number)
	}
	return camera - 1 + j.cameras*(number-1), nil
}

// of returns the HandJoints of a frame.
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

// crop returns a frame's crop in a refined set, with its window in
// the camera's picture. The set's joints are in the crop's pixels.
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

// seen returns an error for a point that no camera could have seen.
func seen(p [3]float64) error {
	if !(p[2] > 1 && p[2] < math.MaxUint16 && math.Abs(p[0]) < 1e5 && math.Abs(p[1]) < 1e5) {
		return fmt.Errorf("u, v, depth %v are not pixels and mm", p)
	}
	return nil
}

// nyuCentres holds the centres of the crops of camera 1's frames: u, v and depth, all 0 for an invalid frame.
type nyuCentres struct{ uvd [][3]float64 }

// of returns a frame's centre, or false if the frame is invalid.
func (c *nyuCentres) of(number int) ([3]float64, bool) {
	p := c.uvd[number-1]
	return p, p[2] > 0
}

// openCentres reads a file of centres: text with one line per frame, `x y z` in mm or `invalid`; or a .mat with one
// array (N, 1, 3) of u, v in pixels and depth in mm. Without a file it returns nil.
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
			return nil, fmt.Errorf("%s: centre files are for camera 1, but %s is of camera %d; "+
				"remove centres=, or use camera=1", file, f.name, f.camera)
		}
		if f.number > len(c.uvd) {
			return nil, fmt.Errorf("%s: has %d centres, none for %s; it may belong to another split",
				file, len(c.uvd), f.name)
		}
	}
	return c, nil
}

func readCentreText(path string) (*nyuCentres, error) {
	file, err := inputfile.Open(path)
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

// centreLine converts `x y z` in mm to u, v and depth.
func centreLine(fields []string) (p [3]float64, err error) {
	if len(fields) != 3 {
		return p, fmt.Errorf("%d values, not x y z in mm", len(fields))
	}
	for k, field := range fields {
		if p[k], err = strconv.ParseFloat(field, 64); err != nil {
			return p, fmt.Errorf("%q is not a number", field)
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
