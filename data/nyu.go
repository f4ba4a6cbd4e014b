package data

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"simgan/data/picture"
	"simgan/data/simulate"
)

// nyu is the NYU hand data set (Tompson et al. 2014), cropped
// around the hand, or a refined one, whose images are crops.
type nyu struct {
	described
	root    string // from the SPEC
	folder  string // of the images below root: train, test or ""
	labels  string // file of the joints
	whole   bool   // the file has all 36 joints
	refined bool
	frames  []nyuFrame
}

// nyuFrame is one picture.
type nyuFrame struct {
	name           string // below root
	camera, number int    // both from 1
	crop           handCrop
	// joints holds u, v in pixels (of the picture, or of a refined
	// crop) and depth in mm of HandJoints; nil without labels.
	joints [][3]float64
}

// nyuSides holds the first part of the pictures' names: rendered or measured.
var nyuSides = map[string]string{"synthetic": "synthdepth", "real": "depth"}

// nyuName matches SIDE_CAMERA_NUMBER.png, with a variant suffix for refined pictures.
var nyuName = regexp.MustCompile(`^(depth|synthdepth)_([0-9])_([0-9]{7})(_v[0-9]+)*\.png$`)

// openNYU opens nyu:DIR[,split=train|test][,side=synthetic|real][,camera=1+2+3][,crop=cube|box][,cube=300]
// [,centres=FILE][,labels=FILE|none][,size=HxW][,n=N]. DIR holds train and test, or the pictures themselves.
func openNYU(s Spec) (Dataset, error) {
	err := s.only("split", "side", "camera", "crop", "cube", "centres", "labels", "size", "n")
	if err := errors.Join(err, needFolder(s)); err != nil {
		return nil, err
	}
	h, w, err := s.handSize()
	if err != nil {
		return nil, err
	}
	d := &nyu{root: s.Path, described: described{Info{Kind: s.Kind, C: 1, H: h, W: w, Bits: 16}}}
	split := s.text("split", "train")
	if split != "train" && split != "test" {
		return nil, fmt.Errorf("data set %s: split=%s: use train or test", s, split)
	}
	if exists(filepath.Join(s.Path, split)) {
		d.folder = split
	}
	if err := d.list(s); err != nil {
		return nil, err
	}
	if err := d.locate(s); err != nil {
		return nil, fmt.Errorf("data set %s: %w", s, err)
	}
	if len(d.frames) == 0 {
		return nil, fmt.Errorf("data set %s: no frame has a valid centre", s)
	}
	return d, nil
}

// list finds the pictures that the SPEC selects: all, or n spread evenly.
func (d *nyu) list(s Spec) error {
	prefix, ok := nyuSides[s.text("side", "synthetic")]
	cameras := strings.Split(s.text("camera", "1"), "+")
	n, err := s.images(0)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("data set %s: side=%s: use synthetic (synthdepth_*.png) or real (depth_*.png)",
			s, s.text("side", ""))
	}
	entries, err := os.ReadDir(filepath.Join(d.root, d.folder))
	if err != nil {
		return fmt.Errorf("data set %s: %w", s, err)
	}
	for _, e := range entries {
		m := nyuName.FindStringSubmatch(e.Name())
		if m == nil || m[1] != prefix || !slices.Contains(cameras, m[2]) {
			continue
		}
		camera, _ := strconv.Atoi(m[2])
		number, _ := strconv.Atoi(m[3])
		if camera < 1 || number < 1 {
			return fmt.Errorf("data set %s: %s: cameras and frames are numbered from 1", s, e.Name())
		}
		d.frames = append(d.frames, nyuFrame{name: path.Join(d.folder, e.Name()), camera: camera, number: number})
	}
	if all := d.frames; n > 0 && n < len(all) {
		d.frames = make([]nyuFrame, n)
		for i := range n {
			d.frames[i] = all[i*len(all)/n]
		}
	}
	if len(d.frames) == 0 {
		return fmt.Errorf("data set %s: no %s_%s_NNNNNNN.png in %s; side= and camera= choose the pictures",
			s, prefix, strings.Join(cameras, "|"), filepath.Join(d.root, d.folder))
	}
	return nil
}

// locate finds each frame's joints and crop.
func (d *nyu) locate(s Spec) error {
	shape := s.text("crop", "cube")
	cube, err := s.integer("cube", handCube)
	if err != nil {
		return err
	}
	if shape != "cube" && shape != "box" || cube < 1 || cube > 5000 {
		return errors.New("use crop=cube or crop=box, and cube= between 1 and 5000 mm")
	}
	joints, err := d.openJoints(s)
	if err != nil {
		return err
	}
	centres, err := openCentres(s.text("centres", ""), d.frames)
	if err != nil {
		return err
	}
	if joints == nil && (centres == nil || shape == "box") {
		return fmt.Errorf("crops need the positions of the hands: put joint_data.mat into %s, or add labels=FILE, "+
			"or with crop=cube centres=FILE", filepath.Join(d.root, d.folder))
	}
	kept := d.frames[:0]
	for _, f := range d.frames {
		ok, err := f.locate(joints, centres, shape, float64(cube))
		if err != nil {
			return err
		}
		if ok {
			kept = append(kept, f)
		}
	}
	d.frames = kept
	if joints != nil {
		d.info.LabelNames = HandLabels
		d.labels = joints.path
		d.whole, d.refined = joints.all == simulate.HandJoints, joints.crops != nil
	}
	if _, given := s.Params["size"]; d.refined && !given && len(kept) > 0 {
		d.info.W, d.info.H, err = picture.ReadSize(d.file(0))
	}
	return err
}

// locate sets the frame's joints and crop. It returns false if the centre file marks the frame as invalid.
func (f *nyuFrame) locate(joints *nyuJoints, centres *nyuCentres, shape string, cube float64) (bool, error) {
	var centre [3]float64
	if joints != nil {
		var err error
		if f.joints, err = joints.of(f.camera, f.number); err != nil {
			return false, fmt.Errorf("%s: %w", f.name, err)
		}
		centre = f.joints[len(f.joints)-1] // joint 32
		if joints.crops != nil {
			f.crop, err = joints.crop(f.camera, f.number)
			return true, err
		}
	}
	if centres != nil {
		var ok bool
		if centre, ok = centres.of(f.number); !ok {
			return false, nil
		}
	}
	if f.crop = cubeCrop(centre, cube); shape == "box" {
		f.crop = boxCrop(f.joints, centre, cube)
	}
	return true, nil
}

// Len returns the number of frames.
func (d *nyu) Len() int { return len(d.frames) }

// Name returns the picture's path, for example train/depth_1_0000001.png.
func (d *nyu) Name(i int) string { return d.frames[i].name }

func (d *nyu) file(i int) string { return filepath.Join(d.root, filepath.FromSlash(d.frames[i].name)) }

// Sample returns frame i, cropped, with its HandLabels.
func (d *nyu) Sample(i int) (s Sample, err error) {
	f := d.frames[i]
	s.Name = f.name
	if s.Image, err = d.image(i); err != nil || d.info.LabelNames == nil {
		return s, err
	}
	if !d.refined {
		s.Label = f.crop.label(f.joints, d.info.H, d.info.W)
		return s, nil
	}
	for _, p := range f.joints {
		s.Label = append(s.Label, float32(p[0]), float32(p[1]), float32(p[2]-f.crop.depth))
	}
	s.Label = append(s.Label, f.crop.numbers()...)
	return s, nil
}

// image returns the crop of frame i.
func (d *nyu) image(i int) (picture.Image, error) {
	file, h, w := d.file(i), d.info.H, d.info.W
	if !d.refined {
		depth, err := readNYU(file)
		if err != nil {
			return picture.Image{}, err
		}
		whole := simulate.Window{W: simulate.DepthWidth, H: simulate.DepthHeight}
		return d.frames[i].crop.cut(depth, whole, h, w), nil
	}
	m, err := picture.Decode(file)
	if err == nil && (m.C != 1 || m.Bits != 16 || m.H != h || m.W != w) {
		err = fmt.Errorf("%s: is %dx%d with %d channel(s) of %d bits; "+
			"refined crops are grey with 16 bits and all of one size, here %dx%d", file, m.H, m.W, m.C, m.Bits, h, w)
	}
	return m, err
}
