package data

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"simgan/data/mat"
	"simgan/data/picture"
	"simgan/internal/inputfile"
)

// mpiigaze is MPIIGaze's Data/Normalized: one .mat per day, with left and right eyes of 60 x 36 (width x height).
type mpiigaze struct {
	described
	path   string // from the SPEC
	folder string // Data/Normalized, if path holds it; else ""
	eyes   []mpiigazeEye
}

// mpiigazeEye is one eye. Right eyes are mirrored already.
type mpiigazeEye struct {
	name  string  // pXX/dayYY/NNNN_left or _right
	frame int     // index in the day's .mat
	pix   []uint8 // 36 rows of 60
	gaze  [3]float64
}

// Size of MPIIGaze's normalised images in pixels.
const mpiigazeHeight, mpiigazeWidth = 36, 60

// Folders of the data set.
var (
	mpiigazeFolder   = filepath.Join("Data", "Normalized")
	evaluationFolder = filepath.Join("Evaluation Subset", "sample list for eye image")
)

// openMPIIGaze opens mpiigaze:PATH[,people=p00+p01][,subset=all|evaluation][,eyes=both|left|right][,labels=false]
// [,size=HxW]. PATH is Data/Normalized or holds it. Right eyes are mirrored and their yaw is negated, so that all eyes
// are left eyes.
func openMPIIGaze(ctx context.Context, s Spec) (Dataset, error) {
	info, err := s.gazeInfo("people", "subset", "eyes", "labels", "size")
	if err != nil {
		return nil, err
	}
	labelled, err := s.flag("labels", true)
	if err != nil {
		return nil, err
	}
	d := &mpiigaze{described: described{info}, path: s.Path}
	if !labelled {
		d.info.LabelNames = nil
	}
	if exists(filepath.Join(s.Path, mpiigazeFolder)) {
		d.folder = mpiigazeFolder
	}
	root := filepath.Join(s.Path, d.folder)
	files, err := mpiigazeFiles(s, root)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		eyes, err := readMPIIGaze(filepath.Join(root, file), strings.TrimSuffix(filepath.ToSlash(file), ".mat"))
		if err != nil {
			return nil, err
		}
		d.eyes = append(d.eyes, eyes...)
	}
	return d, d.choose(s)
}

// mpiigazeFiles lists the .mat files of the chosen people's days, sorted. It refuses a person who has none.
func mpiigazeFiles(s Spec, root string) ([]string, error) {
	chosen := strings.FieldsFunc(s.text("people", ""), func(r rune) bool { return r == '+' })
	all, err := filesBelow(root)
	if err != nil {
		return nil, fmt.Errorf("data set %s: %w", s, err)
	}
	var files []string
	there := map[string]bool{}
	for _, name := range all {
		if person := path.Base(path.Dir(name)); path.Ext(name) == ".mat" {
			there[person] = true
			if len(chosen) == 0 || slices.Contains(chosen, person) {
				files = append(files, name)
			}
		}
	}
	if len(there) == 0 {
		return nil, fmt.Errorf("data set %s: no .mat of a day below %s; name the folder that holds Data/Normalized", s, root)
	}
	for _, person := range chosen {
		if !there[person] {
			return nil, fmt.Errorf("data set %s: people: %q has no day's .mat below %s; there are %s",
				s, person, root, strings.Join(sortedKeys(there), "+"))
		}
	}
	return files, nil
}

// choose keeps only the eyes that the SPEC selects.
func (d *mpiigaze) choose(s Spec) error {
	side, subset := s.text("eyes", "both"), s.text("subset", "all")
	if !slices.Contains([]string{"both", "left", "right"}, side) ||
		!slices.Contains([]string{"all", "evaluation"}, subset) {
		return fmt.Errorf("data set %s: use eyes=both, eyes=left or eyes=right, and subset=all or subset=evaluation", s)
	}
	d.eyes = slices.DeleteFunc(d.eyes, func(e mpiigazeEye) bool {
		return side != "both" && !strings.HasSuffix(e.name, "_"+side)
	})
	if subset == "all" {
		return nil
	}
	root := s.Path
	if d.folder == "" && !exists(filepath.Join(root, evaluationFolder)) { // PATH is Data/Normalized itself
		root = filepath.Join(root, "..", "..")
	}
	byName := map[string]mpiigazeEye{}
	people := map[string]bool{}
	for _, e := range d.eyes {
		byName[e.name] = e
		people[strings.SplitN(e.name, "/", 2)[0]] = true
	}
	d.eyes = nil
	for _, person := range sortedKeys(people) {
		list := filepath.Join(root, evaluationFolder, person+".txt")
		names, err := evaluationList(list, person)
		if err != nil {
			return fmt.Errorf("data set %s: %w", s, err)
		}
		for _, name := range names {
			e, ok := byName[name]
			if !ok && (side == "both" || strings.HasSuffix(name, "_"+side)) {
				return fmt.Errorf("%s: %s is not in the .mat of its day; copy that day's .mat again, or remove the line",
					list, name)
			}
			if ok {
				d.eyes = append(d.eyes, e)
			}
		}
	}
	return nil
}

// evaluationList reads lines "dayYY/NNNN.jpg left|right" and returns the names of the eyes.
func evaluationList(path, person string) (names []string, err error) {
	text, err := inputfile.Read(path, inputfile.Small)
	if err != nil {
		return nil, err
	}
	number := 0
	for line := range strings.Lines(string(inputfile.WithoutMark(text))) {
		number++
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 2 || fields[1] != "left" && fields[1] != "right" {
			return nil, fmt.Errorf("%s: line %d: %q is neither `dayYY/NNNN.jpg left` nor `dayYY/NNNN.jpg right`",
				path, number, strings.TrimSpace(line))
		}
		names = append(names, person+"/"+strings.TrimSuffix(fields[0], ".jpg")+"_"+fields[1])
	}
	return names, nil
}

// readMPIIGaze reads the eyes of one day's file. day is its name below the root, without .mat.
func readMPIIGaze(path, day string) (eyes []mpiigazeEye, err error) {
	variables, err := mat.Read(path)
	if err != nil {
		return nil, err
	}
	names := variables["filenames"].Cells
	for _, side := range []string{"left", "right"} {
		images, gaze, err := normalizedSide(variables, side)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		n := len(names)
		for i := range n {
			name := fmt.Sprintf("%s/%s_%s", day, strings.TrimSuffix(names[i].Text, ".jpg"), side)
			e := mpiigazeEye{name: name, frame: i}
			if err := e.fill(images, gaze, i, n, side == "right"); err != nil {
				return nil, fmt.Errorf("%s: data.%s: frame %d: %w", path, side, i+1, err)
			}
			eyes = append(eyes, e)
		}
	}
	return eyes, nil
}

// normalizedSide returns one side's images (N,36,60) and gaze (N,3) of a day with N filenames.
func normalizedSide(day map[string]mat.Array, side string) (images, gaze []float64, err error) {
	eye, err := day["data"].Field(side)
	if err != nil {
		return nil, nil, fmt.Errorf("is not a day of MPIIGaze's Normalized data: data %w", err)
	}
	i, imageErr := eye.Field("image")
	g, gazeErr := eye.Field("gaze")
	if err := errors.Join(imageErr, gazeErr); err != nil {
		return nil, nil, fmt.Errorf("data.%s %w", side, err)
	}
	n := len(day["filenames"].Cells)
	if n == 0 || len(g.Numbers) != 3*n || len(i.Numbers) != n*mpiigazeHeight*mpiigazeWidth {
		return nil, nil, fmt.Errorf("data.%s: image %v, gaze %v and %d filenames are not (N,36,60), (N,3) and N",
			side, i.Dims, g.Dims, n)
	}
	return i.Numbers, g.Numbers, nil
}

// fill copies frame i of n from MATLAB's column-major order.
func (e *mpiigazeEye) fill(images, gaze []float64, i, n int, mirror bool) error {
	e.pix = make([]uint8, mpiigazeHeight*mpiigazeWidth)
	for k := range e.pix {
		y, x := k/mpiigazeWidth, k%mpiigazeWidth
		if mirror {
			x = mpiigazeWidth - 1 - x
		}
		e.pix[k] = uint8(images[normalizedIndex(i, n, y, x)])
	}
	length := 0.0
	for k := range e.gaze {
		e.gaze[k] = gaze[i+n*k]
		length += e.gaze[k] * e.gaze[k]
	}
	if !(math.Abs(length-1) < 0.01) {
		return fmt.Errorf("gaze %v is not a unit vector", e.gaze)
	}
	if mirror {
		e.gaze[0] = -e.gaze[0]
	}
	return nil
}

// normalizedIndex returns the index of level (y, x) of image i of n in MATLAB's order.
func normalizedIndex(i, n, y, x int) int { return i + n*(y+mpiigazeHeight*x) }

// Len returns the number of eyes.
func (d *mpiigaze) Len() int { return len(d.eyes) }

// Name returns pXX/dayYY/NNNN_left or _right.
func (d *mpiigaze) Name(i int) string { return d.eyes[i].name }

// Sample returns eye i, resized without cropping. At 35 x 55 its aspect changes by 6 %.
func (d *mpiigaze) Sample(i int) (Sample, error) {
	e := d.eyes[i]
	m := picture.FromLevels(1, mpiigazeHeight, mpiigazeWidth, 8, e.pix)
	s := Sample{Name: e.name, Image: m.Resize(d.info.H, d.info.W)}
	if d.info.LabelNames != nil {
		s.Label = gazeLabel(e.gaze)
	}
	return s, nil
}
