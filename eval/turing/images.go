package turing

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"simgan/data"
	"simgan/data/picture"
	"simgan/internal/exit"
	"simgan/models"
	"simgan/trainer"
)

// shown is an image of a test.
type shown struct {
	name string
	data picture.Image
	real bool
}

// ask makes the questions of a test: N images of each kind, drawn by the seed, at equal brightness.
func (s Settings) ask(ctx context.Context, r *models.Refiner, noiseSeed uint64, skipBad int) ([]Question, error) {
	random := rand.New(rand.NewPCG(s.Seed, 0))
	reals, err := s.draw(ctx, "real", s.Real, random, skipBad)
	if err != nil {
		return nil, err
	}
	x, err := s.draw(ctx, "synthetic", s.Synthetic, random, skipBad)
	if err != nil {
		return nil, err
	}
	if reals.C != x.C || reals.H != x.H || reals.W != x.W {
		return nil, exit.Usagef("synthetic images are %dx%dx%d (channels, height, width), real ones %dx%dx%d; add size=HxW",
			x.C, x.H, x.W, reals.C, reals.H, reals.W)
	}
	if x.C != r.Channels {
		return nil, exit.Usagef("%s has %d channel(s), the refiner was trained on %d", s.Synthetic, x.C, r.Channels)
	}
	refined, err := refine(r, x, noiseSeed)
	if err != nil {
		return nil, err
	}
	images := append(list(reals, true), list(refined, false)...)
	equalBrightness(images)
	if s.Pairs {
		return inPairs(images, random)
	}
	return oneByOne(images, random)
}

// draw loads N images drawn by random. In place of each of up to skipBad images that cannot be read it takes another.
func (s Settings) draw(ctx context.Context, key, spec string, random *rand.Rand, skipBad int) (*data.Pixels, error) {
	ds, err := data.OpenContext(ctx, spec)
	if err != nil {
		return nil, exit.Usagef("%s: %w", key, err)
	}
	defer ds.Close()
	if ds.Len() < s.N {
		return nil, exit.Usagef("%s: %s has %d image(s), the test needs %d: give --n %[3]d, or other images with "+
			"--%[1]s SPEC", key, spec, ds.Len(), s.N)
	}
	p, k, bad := data.NewPixels(s.N, ds.Info()), 0, 0
	for _, i := range random.Perm(ds.Len()) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		sample, err := ds.Sample(i)
		if err != nil {
			if bad++; bad > skipBad {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			continue
		}
		p.Put(k, i, sample)
		if k++; k == s.N {
			return p, nil
		}
	}
	return nil, exit.Usagef("%s: only %d images of %s can be read, the test needs %d: give --n %[2]d", key, k, spec, s.N)
}

// refine returns the refined images of x, some at a time.
func refine(r *models.Refiner, x *data.Pixels, seed uint64) (*data.Pixels, error) {
	values := make([]float32, 0, len(x.Values))
	for from := 0; from < x.N; from += refineBatch {
		part := x.Part(from, min(from+refineBatch, x.N))
		refined, err := trainer.Refine(r, part, seed, part.Names, 0)
		if err != nil {
			return nil, err
		}
		values = append(values, refined.Values...)
	}
	return x.With(values), nil
}

// refineBatch is the number of images that are refined at once.
const refineBatch = 32

func list(p *data.Pixels, isReal bool) (images []shown) {
	for i, m := range p.Images(8) { // screens have 8 bits
		images = append(images, shown{p.Names[i], m, isReal})
	}
	return images
}

// equalBrightness gives every image the same mean level, the mean of all, by a gamma: black stays black and white
// stays white, so an image of these two levels alone stays as it is. Without it, exposure alone could tell the images
// apart.
func equalBrightness(images []shown) {
	target := 0.0
	for _, m := range images {
		target += brightness(m.data, 1) / float64(len(images))
	}
	for _, m := range images {
		low, high := -3.0, 3.0 // logarithm of the gamma; brightness falls with it
		for range 40 {
			if middle := (low + high) / 2; brightness(m.data, math.Exp(middle)) > target {
				low = middle
			} else {
				high = middle
			}
		}
		gamma := math.Exp((low + high) / 2)
		for i, v := range m.data.Pix {
			m.data.Pix[i] = uint16(math.Round(255 * math.Pow(float64(v)/255, gamma)))
		}
	}
}

// brightness returns the mean of an 8-bit image's levels after a gamma, 0 to 1.
func brightness(m picture.Image, gamma float64) (mean float64) {
	var count [256]float64
	for _, v := range m.Pix {
		count[v]++
	}
	for v, n := range count {
		mean += n * math.Pow(float64(v)/255, gamma) / float64(len(m.Pix))
	}
	return mean
}

// oneByOne asks of each image whether it is real, in random order.
func oneByOne(images []shown, random *rand.Rand) (questions []Question, err error) {
	for _, i := range random.Perm(len(images)) {
		truth := choices[false][1]
		if images[i].real {
			truth = choices[false][0]
		}
		if questions, err = add(questions, truth, images[i]); err != nil {
			return nil, err
		}
	}
	return questions, nil
}

// inPairs shows each real image, the first half, beside a refined one. The sides are random.
func inPairs(images []shown, random *rand.Rand) (questions []Question, err error) {
	n := len(images) / 2
	for i := range n {
		pair := []shown{images[i], images[n+i]}
		side := random.IntN(2)
		pair[0], pair[side] = pair[side], pair[0]
		if questions, err = add(questions, choices[true][side], pair...); err != nil {
			return nil, err
		}
	}
	return questions, nil
}

func add(questions []Question, truth string, images ...shown) ([]Question, error) {
	q := Question{Truth: truth, W: images[0].data.W, H: images[0].data.H}
	for _, m := range images {
		var file bytes.Buffer
		if err := picture.WritePNG(&file, m.data); err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		q.Names, q.Images = append(q.Names, m.name), append(q.Images, file.Bytes())
	}
	return append(questions, q), nil
}
