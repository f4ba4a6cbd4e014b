package data

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"simgan/data/picture"
	"simgan/data/simulate"
	"simgan/internal/exit"
)

// simulated is the data set of built-in eyes, and the base of
// that of built-in hands. Sample draws each image on demand.
type simulated struct {
	described
	domain  simulate.Domain
	effects simulate.Effects // of the real domain, on synthetic images
	seed    uint64
	n       int
	frames  int // of a clip; 0: each image is a scene of its own
}

// openSimulated opens simulated:eyes|hands[,domain=synthetic|real][,n=N][,seed=S][,size=HxW][,labels=false], and of
// synthetic images effects=all|none|NAME+NAME, of eyes frames=N: clips of N images.
func openSimulated(s Spec) (Dataset, error) {
	if err := s.only("domain", "n", "seed", "size", "labels", "effects", "frames"); err != nil {
		return nil, err
	}
	size, names, bits, parse := s.gazeSize, GazeLabels, 8, simulate.ParseEyeEffects
	switch s.Path {
	case "eyes":
	case "hands":
		size, names, bits, parse = s.handSize, HandLabels, 16, simulate.ParseHandEffects
	default:
		return nil, fmt.Errorf("data set %s: %q cannot be simulated; use eyes or hands", s, s.Path)
	}
	domain, err := simulate.ParseDomain(s.text("domain", "synthetic"))
	effects, effectsErr := s.effects(parse)
	n, nErr := s.images(2000)
	seed, seedErr := s.seed(1)
	h, w, sizeErr := size()
	labelled, flagErr := s.flag("labels", true)
	frames, framesErr := s.clipFrames()
	if err := errors.Join(err, effectsErr, nErr, seedErr, sizeErr, flagErr, framesErr); err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, fmt.Errorf("data set %s: n is %d; use 1 or more", s, n)
	}
	info := Info{Kind: s.Kind, C: 1, H: h, W: w, Bits: bits}
	d := &simulated{described: described{info}, domain: domain, effects: effects, seed: seed, n: n, frames: frames}
	if labelled {
		d.info.LabelNames = names
	}
	if s.Path == "hands" {
		return simulatedHands{d}, nil
	}
	return d, nil
}

// Len returns the number of images.
func (d *simulated) Len() int { return d.n }

// Name returns the image's number as a file name, in a folder per clip.
func (d *simulated) Name(i int) string {
	if d.frames > 0 {
		return clipName(i, d.frames)
	}
	return fmt.Sprintf("%07d.png", i)
}

// Sample draws image i.
func (d *simulated) Sample(i int) (Sample, error) {
	e := d.eye(i)
	h, w := d.info.H, d.info.W
	s := Sample{Name: d.Name(i), Image: picture.FromLevels(1, h, w, 8, e.Crop(h, w))}
	if d.info.LabelNames != nil {
		s.Label = gazeLabel(e.Gaze)
	}
	return s, nil
}

// eye returns scene i, or in clips that of image i.
func (d *simulated) eye(i int) *simulate.Eye {
	if d.frames > 0 {
		x, y := simulate.Drift(d.seed, i/d.frames, i%d.frames)
		return d.scene(i/d.frames).Moved(x, y, d.info.H, d.info.W, i%d.frames)
	}
	return d.scene(i)
}

func (d *simulated) scene(i int) *simulate.Eye {
	if d.domain == simulate.Real {
		return simulate.NewEye(simulate.Real, d.seed, i)
	}
	return simulate.NewEyeWith(d.effects, d.seed, i)
}

// EyeOutline returns where the parts of image i of a data set of built-in eyes are, nil for any other data set.
func EyeOutline(ds Dataset, i int) *simulate.Outline {
	switch d := ds.(type) {
	case *simulated:
		return d.eye(i).Outline(d.info.H, d.info.W)
	case *altered:
		return EyeOutline(d.Dataset, i)
	case *subset:
		return EyeOutline(d.Dataset, d.kept[i])
	}
	return nil
}

// effects returns the effects of the real domain that the SPEC gives synthetic images.
func (s Spec) effects(parse func(string) (simulate.Effects, error)) (simulate.Effects, error) {
	text, ok := s.Params["effects"]
	if !ok {
		return 0, nil
	}
	if s.text("domain", "synthetic") == "real" {
		return 0, fmt.Errorf("data set %s: the real domain always has all effects; leave effects out, or give them to "+
			"domain=synthetic", s)
	}
	set, err := parse(text)
	if err != nil {
		return 0, fmt.Errorf("data set %s: %w", s, err)
	}
	return set, nil
}

func gazeLabel(g [3]float64) []float32 {
	return []float32{float32(g[0]), float32(g[1]), float32(g[2])}
}

// formats holds the functions that open writers of n simulated eyes, by the data set's form.
var formats = map[string]func(dir string, n int) (sceneWriter[*simulate.Eye], error){
	"folder":    newFolderWriter,
	"mpiigaze":  newMPIIGazeWriter,
	"unityeyes": newUnityEyesWriter,
}

// handFormats holds the functions that open writers of n simulated hands of a domain.
var handFormats = map[string]func(dir string, n int, d simulate.Domain) (sceneWriter[*simulate.Hand], error){
	"folder": newHandFolderWriter,
	"nyu":    newNYUWriter,
}

// sceneWriter writes scenes in any order, from several goroutines. close finishes the output.
type sceneWriter[S any] interface {
	write(i int, scene S) error
	close() error
}

// Simulate writes n built-in eyes (formats folder, mpiigaze, unityeyes) or hands (folder, nyu) of the domain into the
// new folder out. It calls done with the number of images written so far and n, from several goroutines. The folder
// appears only when it is complete: if ctx is cancelled, nothing remains and the error is ctx's cause. A wrong argument
// is an exit.ErrUsage.
func Simulate(ctx context.Context, what, domain, format string, n int, seed uint64, out string,
	done func(done, total int)) error {
	d, err := simulate.ParseDomain(domain)
	if err != nil {
		return exit.Usagef("%w", err)
	}
	if n < 1 || n > maxImages {
		return exit.Usagef("n is %d; use 1 or more, at most %d", n, maxImages)
	}
	switch what {
	case "eyes":
		open, ok := formats[format]
		if !ok {
			return unknownFormat(format, formats)
		}
		scene := func(i int) *simulate.Eye { return simulate.NewEye(d, seed, i) }
		return writeScenes(ctx, out, n, open, scene, done)
	case "hands":
		open, ok := handFormats[format]
		if !ok {
			return unknownFormat(format, handFormats)
		}
		openDomain := func(dir string, n int) (sceneWriter[*simulate.Hand], error) { return open(dir, n, d) }
		scene := func(i int) *simulate.Hand { return simulate.NewHand(d, seed, i) }
		return writeScenes(ctx, out, n, openDomain, scene, done)
	}
	return exit.Usagef("%q cannot be simulated; use eyes or hands", what)
}

func unknownFormat[V any](format string, known map[string]V) error {
	return exit.Usagef("format %q: use %s", format, strings.Join(sortedKeys(known), ", "))
}

// writeScenes makes n scenes and writes them in parallel. It stops at the first error.
func writeScenes[S any](ctx context.Context, out string, n int, open func(dir string, n int) (sceneWriter[S], error),
	scene func(i int) S, done func(done, total int)) error {
	return intoNew(out, func(dir string) error {
		w, err := open(dir, n)
		if err != nil {
			return err
		}
		group, inner := errgroup.WithContext(ctx)
		group.SetLimit(runtime.NumCPU())
		var written atomic.Int64
		for i := 0; i < n && inner.Err() == nil; i++ {
			group.Go(func() error {
				if err := w.write(i, scene(i)); err != nil {
					return err
				}
				done(int(written.Add(1)), n)
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return w.close()
	})
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
