package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"simgan/data/mat"
	"simgan/data/picture"
	"simgan/data/simulate"
)

// WriteLabels writes joint_data.mat: joint_uvd with u and v in the crops' pixels and the
// depth in mm, joint_xyz and joint_names as in the source, and simgan_crop. Frames that the
// SPEC left out are 0 in joint_uvd and simgan_crop. All variants of a frame share its
// labels. If the source's label file lacks some of the 36 joints, Export writes labels.csv.
func (d *nyu) WriteLabels(dir string, images []Refined) error {
	if !d.whole {
		return errors.ErrUnsupported
	}
	variables, err := mat.Read(d.labels, jointUVD, jointXYZ, jointNames)
	if err != nil {
		return err
	}
	source := variables[jointUVD]
	if len(source.Dims) != 4 || source.Dims[2] != simulate.HandJoints || source.Dims[3] != 3 {
		return fmt.Errorf("%s: %s is (%v), not (cameras, N, 36, 3) as at opening", d.labels, jointUVD, source.Dims)
	}
	cameras, frames := source.Dims[0], source.Dims[1]
	uvd, crops := make([]float64, len(source.Numbers)), make([]float64, cameras*frames*len(handCropNames))
	for _, r := range images {
		f := d.frames[r.Index]
		if f.camera > cameras || f.number > frames {
			return fmt.Errorf("%s: has %d frames, fewer than at opening", d.labels, frames)
		}
		at, step := f.camera-1+cameras*(f.number-1), cameras*frames
		for j := range simulate.HandJoints {
			d.putJoint(uvd, source.Numbers, at+step*j, step*simulate.HandJoints, f.crop)
		}
		for k, v := range f.crop.values() {
			crops[at+step*k] = v
		}
	}
	out := []mat.Variable{{Name: jointUVD, Array: mat.Numeric(mat.Double, uvd, source.Dims...)}}
	for _, name := range []string{jointXYZ, jointNames} {
		if a, ok := variables[name]; ok {
			out = append(out, mat.Variable{Name: name, Array: a})
		}
	}
	cropArray := mat.Numeric(mat.Double, crops, cameras, frames, len(handCropNames))
	out = append(out, mat.Variable{Name: nyuCrops, Array: cropArray})
	return writeMat(filepath.Join(dir, d.folder, jointFile), out...)
}

// putJoint copies the joint whose u is at index at, converted to the crop's pixels. A refined source has these already.
func (d *nyu) putJoint(to, from []float64, at, step int, crop handCrop) {
	p := [3]float64{from[at], from[at+step], from[at+2*step]}
	if !d.refined {
		q := crop.image(p, d.info.H, d.info.W)
		p[0], p[1] = q[0], q[1]
	}
	for k, v := range p {
		to[at+step*k] = v
	}
}

// nyuWriter writes simulated hands in the form of NYU's train folder: camera 1's pictures and joint_data.mat.
type nyuWriter struct {
	dir, side string
	mu        sync.Mutex
	n         int
	uvd, xyz  []float64 // (1, n, 36, 3) in MATLAB's order
}

func newNYUWriter(dir string, n int, d simulate.Domain) (sceneWriter[*simulate.Hand], error) {
	w := &nyuWriter{dir: filepath.Join(dir, "train"), side: nyuSides["synthetic"], n: n}
	if d == simulate.Real {
		w.side = nyuSides["real"]
	}
	w.uvd, w.xyz = make([]float64, n*simulate.HandJoints*3), make([]float64, n*simulate.HandJoints*3)
	return w, os.MkdirAll(w.dir, 0o755)
}

func (w *nyuWriter) write(i int, hand *simulate.Hand) error {
	w.mu.Lock()
	for j, p := range hand.Joints {
		uvd := hand.UVD(j)
		for k := range 3 {
			at := i + w.n*(j+simulate.HandJoints*k)
			w.uvd[at], w.xyz[at] = uvd[k], p[k]
		}
	}
	w.mu.Unlock()
	m := nyuPicture(hand.Depth(simulate.Window{W: simulate.DepthWidth, H: simulate.DepthHeight}))
	return picture.EncodePNG(filepath.Join(w.dir, fmt.Sprintf("%s_1_%07d.png", w.side, i+1)), m)
}

func (w *nyuWriter) close() error {
	names := make([]mat.Array, len(handJointNames))
	for i, name := range handJointNames {
		names[i] = mat.Text(name)
	}
	row := mat.Column(names)
	row.Dims = []int{1, len(names)}
	return writeMat(filepath.Join(w.dir, jointFile),
		mat.Variable{Name: jointUVD, Array: mat.Numeric(mat.Double, w.uvd, 1, w.n, simulate.HandJoints, 3)},
		mat.Variable{Name: jointXYZ, Array: mat.Numeric(mat.Double, w.xyz, 1, w.n, simulate.HandJoints, 3)},
		mat.Variable{Name: jointNames, Array: row})
}
