package data

import (
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"simgan/data/mat"
	"simgan/data/picture"
	"simgan/data/simulate"
	"simgan/internal/atomicfile"
	"simgan/internal/exit"
)

// The writer spreads frames over mpiigazePeople, with mpiigazeDayFrames per day at most. MPIIGaze's evaluation lists
// take mpiigazeListFrames from each person.
const mpiigazePeople, mpiigazeDayFrames, mpiigazeListFrames = 15, 200, 1500

// mpiigazeWriter writes simulated eyes as MPIIGaze's Data/Normalized with its evaluation lists. Eye 2k is the left eye
// of frame k. Eye 2k+1 is its right eye, mirrored; the reader mirrors it back. The two eyes are unrelated scenes.
type mpiigazeWriter struct {
	dir  string
	mu   sync.Mutex
	days []mpiigazeDay
}

// mpiigazeDay collects one .mat.
type mpiigazeDay struct {
	name          string // pXX/dayYY
	first, frames int
	missing       int // eyes still to come
	left, right   mpiigazeSide
}

// mpiigazeSide holds a day's eyes of one side in MATLAB's column-major order.
type mpiigazeSide struct{ gaze, image, pose []float64 } // (N,3), (N,36,60), (N,3)

func newMPIIGazeWriter(dir string, n int) (sceneWriter[*simulate.Eye], error) {
	if n%2 != 0 {
		return nil, exit.Usagef("n is %d; MPIIGaze has two eyes per frame: use an even number", n)
	}
	w := &mpiigazeWriter{dir: dir}
	frames := n / 2
	people := min(mpiigazePeople, frames)
	for p := range people {
		end := (p + 1) * frames / people
		for first, day := p*frames/people, 1; first < end; day++ {
			count := min(mpiigazeDayFrames, end-first)
			name := fmt.Sprintf("p%02d/day%02d", p, day)
			w.days = append(w.days, mpiigazeDay{name: name, first: first, frames: count, missing: 2 * count})
			first += count
		}
	}
	return w, nil
}

func (w *mpiigazeWriter) write(i int, e *simulate.Eye) error {
	frame := i / 2
	day := &w.days[sort.Search(len(w.days), func(d int) bool { return w.days[d].first > frame })-1]
	m := picture.FromLevels(1, mpiigazeHeight, mpiigazeWidth, 8, e.Normalized())
	gaze, pose := e.Gaze, rodrigues(e.HeadPose)
	side := &day.left
	if i%2 == 1 {
		side, m = &day.right, m.Mirror()
		gaze[0], pose[1], pose[2] = -gaze[0], -pose[1], -pose[2]
	}
	w.mu.Lock()
	side.put(frame-day.first, day.frames, m, gaze, pose)
	day.missing--
	whole := day.missing == 0
	w.mu.Unlock()
	if !whole {
		return nil
	}
	err := writeMat(filepath.Join(w.dir, mpiigazeFolder, filepath.FromSlash(day.name)+".mat"), day.variables()...)
	day.left, day.right = mpiigazeSide{}, mpiigazeSide{}
	return err
}

// put sets eye i of n.
func (s *mpiigazeSide) put(i, n int, m picture.Image, gaze, pose [3]float64) {
	if s.image == nil {
		s.gaze, s.image, s.pose = make([]float64, n*3), make([]float64, n*len(m.Pix)), make([]float64, n*3)
	}
	putNormalized(s.image, i, n, m)
	for k := range 3 {
		s.gaze[i+n*k], s.pose[i+n*k] = gaze[k], pose[k]
	}
}

// putNormalized sets image i of n of 36 x 60 pixels in MATLAB's order.
func putNormalized(images []float64, i, n int, m picture.Image) {
	for k, v := range m.Pix {
		images[normalizedIndex(i, n, k/m.W, k%m.W)] = float64(v)
	}
}

// variables returns the day's structs and names in MPIIGaze's order.
func (d *mpiigazeDay) variables() []mat.Variable {
	structure := func(s mpiigazeSide) mat.Array {
		return mat.NewStruct([]string{"gaze", "image", "pose"},
			mat.Numeric(mat.Double, s.gaze, d.frames, 3),
			mat.Numeric(mat.Uint8, s.image, d.frames, mpiigazeHeight, mpiigazeWidth),
			mat.Numeric(mat.Double, s.pose, d.frames, 3))
	}
	names := make([]mat.Array, d.frames)
	for i := range names {
		names[i] = mat.Text(frameName(i))
	}
	return []mat.Variable{
		{Name: "data", Array: mat.NewStruct([]string{"left", "right"}, structure(d.left), structure(d.right))},
		{Name: "filenames", Array: mat.Column(names)},
	}
}

func frameName(i int) string { return fmt.Sprintf("%04d.jpg", i+1) }

// close writes the evaluation lists: both eyes of all frames, or of 1500 frames per person, spread evenly.
func (w *mpiigazeWriter) close() error {
	frames := map[string][]string{} // per person
	for _, d := range w.days {
		person, day, _ := strings.Cut(d.name, "/")
		for i := range d.frames {
			frames[person] = append(frames[person], day+"/"+frameName(i))
		}
	}
	lists := map[string][]string{}
	for person, all := range frames {
		n := min(len(all), mpiigazeListFrames)
		for i := range n {
			frame := all[i*len(all)/n]
			lists[person] = append(lists[person], frame+" left", frame+" right")
		}
	}
	return writeEvaluationLists(w.dir, lists)
}

// WriteLabels writes one .mat per source .mat and variant. They differ only in the images: refined eyes at 60 x 36, and
// black images for eyes that the SPEC left out. The evaluation lists name the refined eyes.
func (d *mpiigaze) WriteLabels(dir string, images []Refined) error {
	days, lists := map[string][]Refined{}, map[string][]string{}
	for _, r := range images {
		source, eye := path.Split(d.eyes[r.Index].name)
		day := strings.TrimSuffix(source, "/") + r.Suffix
		days[day] = append(days[day], r)
		if person, name, ok := strings.Cut(day, "/"); ok {
			end := strings.LastIndex(eye, "_")
			lists[person] = append(lists[person], name+"/"+eye[:end]+".jpg "+eye[end+1:])
		}
	}
	for _, day := range sortedKeys(days) {
		if err := d.writeDay(dir, day, days[day]); err != nil {
			return err
		}
	}
	return writeEvaluationLists(dir, lists)
}

// writeDay writes one .mat. The images all come from one source .mat, whose levels it replaces in memory.
func (d *mpiigaze) writeDay(dir, day string, images []Refined) error {
	source := filepath.Join(d.path, d.folder, path.Dir(d.eyes[images[0].Index].name)+".mat")
	variables, err := mat.Read(source)
	if err != nil {
		return err
	}
	n := len(variables["filenames"].Cells)
	sides := map[string][]float64{}
	for _, side := range []string{"left", "right"} {
		if sides[side], _, err = normalizedSide(variables, side); err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
		clear(sides[side])
	}
	for _, r := range images {
		m, err := picture.Decode(filepath.Join(dir, filepath.FromSlash(r.Name)))
		if err != nil {
			return err
		}
		e, side := d.eyes[r.Index], "left"
		if m = m.Resize(mpiigazeHeight, mpiigazeWidth); strings.HasSuffix(e.name, "_right") {
			side, m = "right", m.Mirror()
		}
		if e.frame >= n {
			return fmt.Errorf("%s: has %d frames, fewer than at opening", source, n)
		}
		putNormalized(sides[side], e.frame, n, m)
	}
	var out []mat.Variable
	for _, name := range sortedKeys(variables) {
		out = append(out, mat.Variable{Name: name, Array: variables[name]})
	}
	return writeMat(filepath.Join(dir, d.folder, filepath.FromSlash(day)+".mat"), out...)
}

// writeEvaluationLists writes each person's lines.
func writeEvaluationLists(dir string, lists map[string][]string) error {
	if len(lists) == 0 {
		return nil
	}
	folder := filepath.Join(dir, evaluationFolder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for person, lines := range lists {
		text := strings.Join(lines, "\n") + "\n"
		if err := atomicfile.Write(filepath.Join(folder, person+".txt"), []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// writeMat writes a .mat and the folders above it.
func writeMat(file string, variables ...mat.Variable) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return mat.Write(file, variables...)
}

// rodrigues returns the rotation vector (its length is the angle in radians) of a head pose in degrees: pitch (positive
// up), yaw (positive to the image's left) and roll (positive clockwise). As in MPIIGaze the rotated z axis points from
// the face into the head, z = (cos p sin y, sin p, cos p cos y), and a head that faces the camera has (0, 0, 0).
func rodrigues(degrees [3]float64) [3]float64 {
	half := func(angle float64) (sin, cos float64) { return math.Sincos(angle * math.Pi / 360) }
	sx, cx := half(-degrees[0])
	sy, cy := half(degrees[1])
	sz, cz := half(degrees[2])
	// The quaternion of a rotation by roll about z, then by -pitch about x, then by yaw about y.
	w := cy*cx*cz + sy*sx*sz
	v := [3]float64{cy*sx*cz + sy*cx*sz, sy*cx*cz - cy*sx*sz, cy*cx*sz - sy*sx*cz}
	length := math.Sqrt(v[0]*v[0] + v[1]*v[1] + v[2]*v[2])
	if length == 0 {
		return v
	}
	angle := 2 * math.Atan2(length, w)
	for k := range v {
		v[k] *= angle / length
	}
	return v
}
