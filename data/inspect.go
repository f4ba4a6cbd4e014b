package data

import (
	"context"
	"math"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"simgan/data/adapt"
	"simgan/data/picture"
)

// Findings holds what Inspect saw of a data set.
type Findings struct {
	Info        Info
	Len, Opened int          // images of the set, images opened
	Bad         []error      // an error for each image that cannot be read, in order
	Levels      Levels       // of the images that can be read
	Labels      []LabelRange // one per label
	Flat        Noted        // images of a single level
	Stretched   Noted        // pictures whose proportions size=HxW changes by more than 10 %
	Worst       float64      // the largest such change, as a factor

	// adapt.Tones of some images, as they are and after equalisation; none unless they are grey and have 8 bits.
	tones, equalized [][]float64
	gaps             []float64 // means of adapt.Gaps of some depths, with holes of each of holeShares; nil: no depths
}

// toneImages is the most images whose tones or gaps are kept.
const toneImages = 100

// Noted counts images with a trait.
type Noted struct {
	Count int
	First string // name of the first of them
	at    int
}

// Levels describes the levels of images as shares of the highest possible one.
type Levels struct {
	Low, High, Mean, Deviation float64
	Histogram                  [256]float64 // shares of all levels, in equal intervals
}

// LabelRange describes the values of a label.
type LabelRange struct {
	Name            string
	Low, High, Mean float64
}

// stretchable is a data set that resizes pictures to other proportions.
type stretchable interface {
	stretch(i int) (float64, error) // of picture i, as a factor of at least 1
}

// stretchOf returns how far ds changes the proportions of picture i, as a factor of at least 1.
func stretchOf(ds Dataset, i int) (float64, error) {
	switch d := ds.(type) {
	case *altered:
		return stretchOf(d.Dataset, i)
	case *subset:
		return stretchOf(d.Dataset, d.kept[i])
	case stretchable:
		return d.stretch(i)
	}
	return 1, nil
}

// maxStretch is the change of proportions from which Inspect notes a picture.
const maxStretch = 1.1

// Inspect opens every image of the set or, if sample is above 0, at most that many that are spread evenly. done, if not
// nil, is called with the number of images opened so far and of those to open. An image that cannot be read is a
// finding, not an error.
func Inspect(ctx context.Context, ds Dataset, sample int, done func(n, of int)) (*Findings, error) {
	n := ds.Len()
	if sample > 0 {
		n = min(n, sample)
	}
	in := newInspection(ds, n)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k := range n {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			in.open(ds, k, k*ds.Len()/n)
			if done != nil {
				done(in.opened(), n)
			}
			return nil
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return in.findings(), nil
}

// inspection gathers findings from several goroutines.
type inspection struct {
	mu     sync.Mutex
	found  Findings
	bad    []error                  // by image, nil where it can be read
	tones  [toneImages][2][]float64 // as they are and equalised, nil if there are none
	gaps   [toneImages][]float64    // nil if there are none
	levels levelSums
	labels []float64 // sums
	read   int       // images that could be read
}

func newInspection(ds Dataset, n int) *inspection {
	info := ds.Info()
	in := &inspection{bad: make([]error, n), labels: make([]float64, len(info.LabelNames))}
	in.found = Findings{Info: info, Len: ds.Len(), Worst: 1}
	in.levels.low = 1
	for _, name := range info.LabelNames {
		in.found.Labels = append(in.found.Labels, LabelRange{name, math.Inf(1), math.Inf(-1), 0})
	}
	return in
}

func (in *inspection) opened() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.found.Opened
}

// open opens image i of the set, the kth that is opened.
func (in *inspection) open(ds Dataset, k, i int) {
	s, err := ds.Sample(i)
	var l levelSums
	if err == nil {
		l = sumLevels(s.Image)
	}
	stretch := 1.0
	if err == nil {
		stretch, err = stretchOf(ds, i)
	}
	every := (len(in.bad) + toneImages - 1) / toneImages
	var tones [2][]float64
	var gaps []float64
	if m := s.Image; err == nil && m.C == 1 && k%every == 0 {
		if m.Bits == 16 {
			gaps = gapsOf(m, i)
		} else {
			tones = [2][]float64{adapt.Tones(m), adapt.Tones(m.Equalize())}
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.found.Opened++
	if err != nil {
		in.bad[k] = err
		return
	}
	if tones[0] != nil {
		in.tones[k/every] = tones
	}
	if gaps != nil {
		in.gaps[k/every] = gaps
	}
	in.read++
	in.levels.add(l)
	if l.low == l.high {
		in.found.Flat.note(s.Name, i)
	}
	if stretch > maxStretch {
		in.found.Stretched.note(s.Name, i)
	}
	in.found.Worst = max(in.found.Worst, stretch)
	for j, v := range s.Label {
		l := &in.found.Labels[j]
		l.Low, l.High = min(l.Low, float64(v)), max(l.High, float64(v))
		in.labels[j] += float64(v)
	}
}

// levelSums adds up shares of the highest level, of one image or of several.
type levelSums struct {
	low, high   float64
	sum, square float64      // means per image
	counts      [256]float64 // pixels, in equal intervals of level
}

func sumLevels(m picture.Image) levelSums {
	l, top := levelSums{low: 1}, float64(int(1)<<m.Bits-1)
	for _, v := range m.Pix {
		share := float64(v) / top
		l.low, l.high = min(l.low, share), max(l.high, share)
		l.sum += share
		l.square += share * share
		l.counts[v>>(m.Bits-8)]++
	}
	l.sum /= float64(len(m.Pix))
	l.square /= float64(len(m.Pix))
	return l
}

func (l *levelSums) add(o levelSums) {
	l.low, l.high = min(l.low, o.low), max(l.high, o.high)
	l.sum += o.sum
	l.square += o.square
	for i, n := range o.counts {
		l.counts[i] += n
	}
}

// of describes the levels of n images.
func (l *levelSums) of(n float64) Levels {
	out := Levels{Low: l.low, High: l.high, Mean: l.sum / n}
	out.Deviation = math.Sqrt(max(l.square/n-out.Mean*out.Mean, 0))
	var all float64
	for _, count := range l.counts {
		all += count
	}
	for i, count := range l.counts {
		out.Histogram[i] = count / all
	}
	return out
}

// note counts an image. The first one is that with the lowest number, whichever goroutine came first.
func (n *Noted) note(name string, i int) {
	if n.Count == 0 || i < n.at {
		n.First, n.at = name, i
	}
	n.Count++
}

// findings sums up.
func (in *inspection) findings() *Findings {
	f := &in.found
	for _, err := range in.bad {
		if err != nil {
			f.Bad = append(f.Bad, err)
		}
	}
	if in.read == 0 {
		f.Labels = nil
		return f
	}
	for _, t := range in.tones {
		if t[0] != nil {
			f.tones, f.equalized = append(f.tones, t[0]), append(f.equalized, t[1])
		}
	}
	f.gaps = means(in.gaps[:])
	f.Levels = in.levels.of(float64(in.read))
	for j := range f.Labels {
		f.Labels[j].Mean = in.labels[j] / float64(in.read)
	}
	return f
}

// holeShares are shares of holes that LacksHoles may advise, from none on.
var holeShares = []float64{0, 0.02, 0.04, 0.08, 0.15, 0.25}

// gapsOf returns adapt.Gaps of image i, with holes of each of holeShares.
func gapsOf(m picture.Image, i int) []float64 {
	gaps := []float64{adapt.Gaps(m)}
	for _, share := range holeShares[1:] {
		gaps = append(gaps, adapt.Gaps(holed.change(m, share, i)))
	}
	return gaps
}

// means returns the means of the rows that are not nil; nil if all are.
func means(rows [][]float64) []float64 {
	var sums []float64
	n := 0.0
	for _, row := range rows {
		if row == nil {
			continue
		}
		if sums == nil {
			sums = make([]float64, len(row))
		}
		n++
		for k, v := range row {
			sums[k] += v
		}
	}
	for k := range sums {
		sums[k] /= n
	}
	return sums
}
