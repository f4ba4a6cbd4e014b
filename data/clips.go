package data

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"simgan/data/simulate"
	"simgan/internal/exit"
)

// motionName is the file beside the images of clips that says where each image's scene is: x and y in pixels, to the
// right and down, from any point that all images of the clip have in common.
const motionName = "motion.csv"

// Motion says how an image follows from the one before it in its data set.
type Motion struct {
	Follows bool // in the same clip
	X, Y    int  // how far the scene has moved since the image before, in pixels to the right and down
}

// moving is a data set of clips whose motion is known.
type moving interface {
	// place returns where the scene of image i is, in whole pixels.
	place(i int) (x, y int, err error)
}

// Motions returns the motion of every image of a data set of clips: a folder with motion.csv, or built-in clips
// (frames=N). A clip is a folder. Other data sets are an exit.ErrUsage.
func Motions(ds Dataset) ([]Motion, error) {
	clips, err := movingOf(ds)
	if err != nil {
		return nil, err
	}
	motions := make([]Motion, ds.Len())
	lastX, lastY := 0, 0
	for i := range motions {
		x, y, err := clips.place(i)
		if err != nil {
			return nil, err
		}
		if i > 0 && ClipFolder(ds.Name(i)) == ClipFolder(ds.Name(i-1)) {
			motions[i] = Motion{true, x - lastX, y - lastY}
		}
		lastX, lastY = x, y
	}
	return motions, nil
}

// ClipFolder returns the folder of an image's name, the clip that it belongs to.
func ClipFolder(name string) string { return path.Dir(name) }

func movingOf(ds Dataset) (moving, error) {
	switch d := ds.(type) {
	case *altered:
		return movingOf(d.Dataset)
	case *folder:
		return d.readMotion()
	case *simulated:
		if d.frames > 0 {
			return d, nil
		}
	}
	return nil, exit.Usagef("the data set (kind %s) has no clips of known motion: use simulated:eyes,frames=N, or a "+
		"folder as simulate eyes --clips writes it, with %s", ds.Info().Kind, motionName)
}

// folderMotion holds the places of a folder's images.
type folderMotion struct {
	*folder
	places *labels
}

func (f *folder) readMotion() (moving, error) {
	file := filepath.Join(f.root, motionName)
	if !exists(file) {
		return nil, exit.Usagef("%s has no %s with the columns file, x and y, which says where each image's scene is",
			f.root, motionName)
	}
	places, err := readLabels(file)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(places.names, []string{"x", "y"}) {
		return nil, fmt.Errorf("%s: has the columns %v beside the file; use x and y", file, places.names)
	}
	return folderMotion{f, places}, places.match(f.names)
}

func (m folderMotion) place(i int) (x, y int, err error) {
	at := m.places.values[m.names[i]]
	x, y = int(at[0]), int(at[1])
	if float32(x) != at[0] || float32(y) != at[1] {
		return 0, 0, fmt.Errorf("%s: %s is at %g, %g; use whole pixels", m.places.path, m.names[i], at[0], at[1])
	}
	return x, y, nil
}

func (d *simulated) place(i int) (x, y int, err error) {
	x, y = simulate.Drift(d.seed, i/d.frames, i%d.frames)
	return x, y, nil
}

// clipFrames returns the parameter frames, 0 if it is absent.
func (s Spec) clipFrames() (int, error) {
	frames, err := s.integer("frames", 0)
	if err != nil || s.Params["frames"] == "" {
		return 0, err
	}
	if s.Path != "eyes" || frames < 2 || frames > MostFrames {
		return 0, fmt.Errorf("data set %s: frames=%d: clips are of eyes and have 2 to %d images", s, frames, MostFrames)
	}
	return frames, nil
}

// MostFrames bounds the images of a built-in clip.
const MostFrames = 10000

func clipName(i, frames int) string { return fmt.Sprintf("clip-%05d/%04d.png", i/frames, i%frames) }

// clipWriter writes simulated eyes in a folder per clip, with labels.csv and motion.csv.
type clipWriter struct {
	folderWriter
	clips  *simulated
	motion labelTable
}

// newClipWriter returns a writer of the images of the clips.
func newClipWriter(dir string, clips *simulated) (sceneWriter[*simulate.Eye], error) {
	w := &clipWriter{clips: clips, motion: labelTable{header: []string{"file", "x", "y"}}}
	w.dir, w.table.header = dir, append([]string{"file"}, GazeLabels...)
	for i := range clips.n {
		x, y, _ := clips.place(i)
		w.motion.add(i, []string{clips.Name(i), strconv.Itoa(x), strconv.Itoa(y)}, nil)
	}
	for clip := 0; clip < clips.n; clip += clips.frames {
		if err := makeFolder(dir, ClipFolder(clips.Name(clip))); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *clipWriter) write(i int, e *simulate.Eye) error { return w.writeNamed(i, w.clips.Name(i), e) }

func (w *clipWriter) close() error {
	if err := w.motion.write(filepath.Join(w.dir, motionName)); err != nil {
		return err
	}
	return w.folderWriter.close()
}
