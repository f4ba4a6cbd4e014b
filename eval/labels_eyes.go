package eval

import (
	"context"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"simgan/data"
	"simgan/data/picture"
	"simgan/data/simulate"
	"simgan/eval/pupil"
)

// Pixels of an image of the paper's width, 55.
const (
	paperShift   = 1.1 // what refining moved pupils by in the paper, 1.1 +- 0.8 [SimGAN]
	mostFitError = 1.5 // a fit further from the truth failed
)

// compareEyes finds the pupils of built-in eyes by a fit. Its error is known, because the simulator knows the truth.
func compareEyes(ctx context.Context, p *pairs) (*comparison, error) {
	c, err := p.compareFits(ctx)
	if err == nil {
		c.check, err = p.realFits(ctx)
	}
	return c, err
}

// compareFits compares the fits to the rendered images, to the refined ones, and the truth.
func (p *pairs) compareFits(ctx context.Context) (*comparison, error) {
	n := len(p.index)
	c := &comparison{method: "fit of the eyeball between the lids", failed: make([]bool, n)}
	kinds := []*distances{
		{name: "pupil", unit: "px"}, {name: "iris", unit: "px"}, {name: "gaze", unit: "degrees"},
	}
	outline := func(k int) *simulate.Outline { return data.EyeOutline(p.ds, p.index[k]) }
	rendered, err := p.fits(ctx, n, p.rendered.ImageOf, outline)
	if err != nil {
		return nil, err
	}
	refined, err := p.fits(ctx, n, p.refined.ImageOf, outline)
	if err != nil {
		return nil, err
	}
	scale := float64(p.rendered.W) / data.GazeWidth
	c.limit = paperShift * scale
	for k := range n {
		truth := truthOf(outline(k))
		for i, d := range kinds {
			d.shift = append(d.shift, apart(rendered[k], refined[k])[i])
			d.rendered = append(d.rendered, apart(rendered[k], truth)[i])
			d.refined = append(d.refined, apart(refined[k], truth)[i])
		}
		c.failed[k] = kinds[0].rendered[k] > mostFitError*scale
		c.marks[0] = append(c.marks[0], []mark{{rendered[k].X, rendered[k].Y}})
		c.marks[1] = append(c.marks[1], []mark{{refined[k].X, refined[k].Y}})
	}
	for _, d := range kinds {
		c.figures = append(c.figures, *d)
	}
	return c, nil
}

// fits fits n images, several at a time.
func (p *pairs) fits(
	ctx context.Context, n int, image func(k int) picture.Image, outline func(k int) *simulate.Outline,
) ([]pupil.Fit, error) {
	found := make([]pupil.Fit, n)
	for from := 0; from < n; from += fitBatch {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var group errgroup.Group
		group.SetLimit(runtime.NumCPU())
		for k := from; k < min(from+fitBatch, n); k++ {
			group.Go(func() error {
				found[k] = pupil.Find(image(k), outline(k))
				return nil
			})
		}
		_ = group.Wait() // no work returns an error
		p.options.report("finding pupils", "images", min(from+fitBatch, n), n)
	}
	return found, nil
}

// fitBatch is the number of images that are fitted between two reports of progress.
const fitBatch = 32

// realChecks is the number of built-in real images that the fit is checked on.
const realChecks = 50

// realFits returns the error of the fit in built-in real images, whose style refined images are to have.
func (p *pairs) realFits(ctx context.Context) (*Distribution, error) {
	h, w := p.rendered.H, p.rendered.W
	eye := func(k int) *simulate.Eye { return simulate.NewEye(simulate.Real, checkSeed, k) }
	outline := func(k int) *simulate.Outline { return eye(k).Outline(h, w) }
	found, err := p.fits(ctx, realChecks, func(k int) picture.Image {
		return picture.FromLevels(1, h, w, 8, eye(k).Crop(h, w))
	}, outline)
	if err != nil {
		return nil, err
	}
	var errs []float64
	for k, f := range found {
		errs = append(errs, apart(f, truthOf(outline(k)))[0])
	}
	d := distribution(errs)
	return &d, nil
}

// checkSeed is the seed of the real images that the fit is checked on.
const checkSeed = 77

// truthOf returns the simulator's own fit.
func truthOf(o *simulate.Outline) pupil.Fit {
	f := pupil.Fit{Gaze: o.Gaze}
	f.X, f.Y = o.Centre(o.Gaze, o.Pupil)
	f.IrisX, f.IrisY = o.Centre(o.Gaze, o.Iris)
	return f
}

// apart returns the distances of two fits' pupils and irises, in pixels, and the angle between their gazes, in degrees.
func apart(a, b pupil.Fit) [3]float64 {
	dot := a.Gaze[0]*b.Gaze[0] + a.Gaze[1]*b.Gaze[1] + a.Gaze[2]*b.Gaze[2]
	return [3]float64{
		math.Hypot(a.X-b.X, a.Y-b.Y), math.Hypot(a.IrisX-b.IrisX, a.IrisY-b.IrisY),
		math.Acos(min(max(dot, -1), 1)) * 180 / math.Pi,
	}
}
