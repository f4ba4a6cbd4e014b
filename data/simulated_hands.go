package data

import (
	"fmt"
	"path/filepath"
	"sync"

	"simgan/data/picture"
	"simgan/data/simulate"
)

// simulatedHands is the data set of built-in hands, cropped as NYU's: a cube of 300 mm around joint 32.
type simulatedHands struct{ *simulated }

// scene returns hand i.
func (d simulatedHands) scene(i int) *simulate.Hand {
	if d.domain == simulate.Real {
		return simulate.NewHand(simulate.Real, d.seed, i)
	}
	return simulate.NewHandWith(d.effects, d.seed, i)
}

// Sample draws hand i, only the crop's window of its picture.
func (d simulatedHands) Sample(i int) (Sample, error) {
	m, label := cropHand(d.scene(i), d.info.H, d.info.W)
	s := Sample{Name: d.Name(i), Image: m}
	if d.info.LabelNames != nil {
		s.Label = label
	}
	return s, nil
}

// cropHand returns the hand's image of h x w and its HandLabels.
func cropHand(hand *simulate.Hand, h, w int) (picture.Image, []float32) {
	crop := cubeCrop(hand.UVD(simulate.PalmCentre), handCube)
	window := crop.window()
	joints := make([][3]float64, len(HandJoints))
	for k, j := range HandJoints {
		joints[k] = hand.UVD(j)
	}
	return crop.cut(hand.Depth(window), window, h, w), crop.label(joints, h, w)
}

// handFolderWriter writes simulated hands as 16-bit PNG crops with a labels.csv.
type handFolderWriter struct {
	dir   string
	mu    sync.Mutex
	table labelTable
}

func newHandFolderWriter(dir string, _ int, _ simulate.Domain) (sceneWriter[*simulate.Hand], error) {
	return &handFolderWriter{dir: dir, table: labelTable{header: append([]string{"file"}, HandLabels...)}}, nil
}

func (w *handFolderWriter) write(i int, hand *simulate.Hand) error {
	name := fmt.Sprintf("%07d.png", i)
	m, label := cropHand(hand, HandSize, HandSize)
	w.mu.Lock()
	w.table.add(i, []string{name}, label)
	w.mu.Unlock()
	return picture.EncodePNG(filepath.Join(w.dir, name), m)
}

func (w *handFolderWriter) close() error { return w.table.write(filepath.Join(w.dir, "labels.csv")) }
