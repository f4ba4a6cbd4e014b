package data

import (
	"fmt"
	"math"

	"simgan/data/picture"
	"simgan/data/simulate"
)

const (
	HandSize = 224 // side of the paper's hand images, pixels
	handCube = 300 // side of the cube around the hand that they show, mm
)

// handJointNames holds the names of NYU's 36 joints in NYU's order.
var handJointNames = nyuJointNames()

func nyuJointNames() (names []string) {
	for _, finger := range []string{"F1", "F2", "F3", "F4", "TH"} { // pinky, ring, middle, index, thumb
		for _, knuckle := range []string{"KNU3", "KNU2", "KNU1"} { // end, middle, base
			names = append(names, finger+"_"+knuckle+"_A", finger+"_"+knuckle+"_B") // bone, joint
		}
	}
	for i := range 6 {
		names = append(names, fmt.Sprintf("PALM_%d", i+1))
	}
	return names
}

// HandJoints holds the 14 of NYU's 36 joints (0-based) on which Tompson et al. 2014 and later work report results.
var HandJoints = []int{0, 3, 6, 9, 12, 15, 18, 21, 24, 25, 27, 30, 31, 32}

// HandLabels names the labels of every hand data set. For each of HandJoints: JOINT_u and JOINT_v, its position in the
// image in pixels (x right, y down, 0 is the centre of the first pixel), and JOINT_d, its depth in mm beyond the crop's
// centre. Then the crop: its window in the camera's picture (crop_left, crop_top, crop_width, crop_height, pixels), the
// depth of its centre (crop_depth, mm) and the side of its cube (crop_cube, mm). HandPoint converts a position to mm.
var HandLabels = handLabels()

var handCropNames = []string{"crop_left", "crop_top", "crop_width", "crop_height", "crop_depth", "crop_cube"}

func handLabels() (names []string) {
	for _, j := range HandJoints {
		for _, axis := range []string{"u", "v", "d"} {
			names = append(names, nyuJointNames()[j]+"_"+axis)
		}
	}
	return append(names, handCropNames...)
}

// HandPoint returns the camera coordinates, in mm (x right, y up, z away), of the point at (u, v) of an image of h x w,
// d mm beyond the centre of its crop. label holds the values of HandLabels; only the crop is used.
func HandPoint(label []float32, h, w int, u, v, d float64) [3]float64 {
	c := cropOfLabel(label)
	return backProject(c.picture([3]float64{u, v, d}, h, w))
}

// backProject inverts simulate.Project: it returns the point (x, y, z), in mm, that NYU's camera sees at (u, v, depth).
func backProject(p [3]float64) [3]float64 {
	return [3]float64{
		(p[0] - simulate.OpticalU) * p[2] / simulate.FocalX,
		(simulate.OpticalV - p[1]) * p[2] / simulate.FocalY,
		p[2],
	}
}

// handCrop is the part of space that an image shows: a window of the picture and the depth range of a cube.
type handCrop struct {
	left, top, width, height float64 // pixels; integers are pixel centres
	depth, cube              float64 // depth of the cube's centre and side of the cube, mm
}

// cubeCrop returns the crop around the centre (u, v, d). Its
// window is as wide as the cube appears at the centre's depth.
func cubeCrop(centre [3]float64, cube float64) handCrop {
	w, h := cube*simulate.FocalX/centre[2], cube*simulate.FocalY/centre[2]
	return handCrop{centre[0] - w/2, centre[1] - h/2, w, h, centre[2], cube}
}

// boxMargin is the flesh expected around the outermost joints, in mm.
const boxMargin = 25.0

// boxCrop returns the square around the joints' bounding box plus boxMargin, with the depth range of the cube.
func boxCrop(joints [][3]float64, centre [3]float64, cube float64) handCrop {
	low, high := joints[0], joints[0]
	for _, p := range joints {
		for k := range 2 {
			low[k], high[k] = min(low[k], p[k]), max(high[k], p[k])
		}
	}
	side := max(high[0]-low[0], high[1]-low[1]) + 2*boxMargin*simulate.FocalX/centre[2]
	return handCrop{(low[0] + high[0] - side) / 2, (low[1] + high[1] - side) / 2, side, side, centre[2], cube}
}

// cut returns the crop's image of h x w, 16 bits: level 0 is half a cube nearer than the centre, 65535 is half a cube
// farther or more, or not measured. Each level comes from the nearest pixel of the picture: the average of hand and
// background would be a depth at which there is nothing.
func (c handCrop) cut(depth []uint16, window simulate.Window, h, w int) picture.Image {
	m := picture.NewImage(1, h, w, 16)
	for y := range h {
		v := int(math.Floor(c.top+(float64(y)+0.5)*c.height/float64(h)+0.5)) - window.Y
		for x := range w {
			u := int(math.Floor(c.left+(float64(x)+0.5)*c.width/float64(w)+0.5)) - window.X
			m.Pix[y*w+x] = math.MaxUint16
			if u >= 0 && v >= 0 && u < window.W && v < window.H {
				m.Pix[y*w+x] = c.level(depth[v*window.W+u])
			}
		}
	}
	return m
}

// level returns the 16-bit level of a depth in mm. A depth of 0 means that nothing was measured.
func (c handCrop) level(mm uint16) uint16 {
	if mm == 0 {
		return math.MaxUint16
	}
	share := (float64(mm)-c.depth)/c.cube + 0.5
	return uint16(math.Round(min(max(share, 0), 1) * math.MaxUint16))
}

// window returns the smallest part of the picture that contains the crop's part inside the picture.
func (c handCrop) window() simulate.Window {
	x, y := max(int(math.Floor(c.left)), 0), max(int(math.Floor(c.top)), 0)
	right, bottom := int(math.Ceil(c.left+c.width))+1, int(math.Ceil(c.top+c.height))+1
	return simulate.Window{X: x, Y: y, W: min(right, simulate.DepthWidth) - x, H: min(bottom, simulate.DepthHeight) - y}
}

// image maps a point (u, v, d) of the picture to the crop's image of h x w: pixels, and mm beyond the centre.
func (c handCrop) image(p [3]float64, h, w int) [3]float64 {
	return [3]float64{
		(p[0]-c.left)*float64(w)/c.width - 0.5,
		(p[1]-c.top)*float64(h)/c.height - 0.5,
		p[2] - c.depth,
	}
}

// picture inverts image.
func (c handCrop) picture(p [3]float64, h, w int) [3]float64 {
	return [3]float64{
		c.left + (p[0]+0.5)*c.width/float64(w),
		c.top + (p[1]+0.5)*c.height/float64(h),
		p[2] + c.depth,
	}
}

// label returns the values of HandLabels for joints (u, v, d) of the picture, in the order of HandJoints.
func (c handCrop) label(joints [][3]float64, h, w int) []float32 {
	label := make([]float32, 0, len(HandLabels))
	for _, p := range joints {
		for _, v := range c.image(p, h, w) {
			label = append(label, float32(v))
		}
	}
	return append(label, c.numbers()...)
}

// values returns the numbers that handCropNames names.
func (c handCrop) values() []float64 {
	return []float64{c.left, c.top, c.width, c.height, c.depth, c.cube}
}

// numbers returns the crop's part of a label.
func (c handCrop) numbers() []float32 {
	var out []float32
	for _, v := range c.values() {
		out = append(out, float32(v))
	}
	return out
}

func cropOfLabel(label []float32) handCrop {
	n := label[len(label)-len(handCropNames):]
	return handCrop{float64(n[0]), float64(n[1]), float64(n[2]), float64(n[3]), float64(n[4]), float64(n[5])}
}

// handSize returns the size of a hand data set's images: size=HxW, or else the paper's 224 x 224.
func (s Spec) handSize() (h, w int, err error) {
	h, w, ok, err := s.size()
	if !ok {
		h, w = HandSize, HandSize
	}
	return h, w, err
}
