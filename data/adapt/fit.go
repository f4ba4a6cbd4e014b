package adapt

import (
	"context"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"simgan/data/picture"
)

// Fit returns the adaptation after which the rendered images' statistics are nearest to the real ones', by their energy
// distance, and that distance before and after. It uses no label. The images must have one size and one depth. For
// each way to adapt tones it sets one strength after the other to the best of a few values, twice; a change that gains
// less than 1 % is not made. Images of 16 bits are depths: their levels are measurements, so that only blur, noise and
// holes are tried. The result is the same in every call. done, if not nil, is called with the number of adaptations
// tried so far and of those to try. If ctx is cancelled, the error is its cause.
func Fit(
	ctx context.Context, rendered, reals []picture.Image, done func(n, of int),
) (best Adaptation, before, after float64, err error) {
	s := newSearch(ctx, rendered, reals)
	if s.done = done; done == nil {
		s.done = func(int, int) {}
	}
	s.done(0, s.toTry())
	best = Adaptation{Tone: Keep}
	before = s.distance(best)
	after = before
	for _, tone := range s.tones() {
		a, d := s.descend(Adaptation{Tone: tone})
		if d < after {
			best, after = a, d
		}
	}
	return best, before, after, s.err
}

// search holds the samples that adaptations are tried on.
type search struct {
	ctx      context.Context
	rendered []picture.Image
	examples []picture.Image // real images that renders may become like; their statistics have no part in want
	want     [][]float64     // statistics of the other real images
	depths   bool            // images of 16 bits
	colour   bool
	tried    int // adaptations so far
	done     func(n, of int)
	err      error
}

// mostImages and mostPixels bound the samples, so that a fit takes seconds.
const mostImages, mostPixels = 256, 3_000_000

func newSearch(ctx context.Context, rendered, reals []picture.Image) *search {
	most := min(mostImages, max(8, mostPixels/len(reals[0].Pix)))
	s := &search{ctx: ctx, rendered: spread(rendered, most), depths: reals[0].Bits != 8, colour: reals[0].C != 1}
	var compared []picture.Image
	for i, m := range spread(reals, 2*most) {
		if i%2 == 0 {
			compared = append(compared, m)
		} else {
			s.examples = append(s.examples, m)
		}
	}
	if s.examples == nil {
		s.examples = compared // a single real image
	}
	s.want = s.statistics(compared, func(m picture.Image, _ int) picture.Image { return m })
	return s
}

// spread returns at most n images, evenly spread over all.
func spread(images []picture.Image, n int) []picture.Image {
	n = min(n, len(images))
	out := make([]picture.Image, n)
	for i := range out {
		out[i] = images[i*len(images)/n]
	}
	return out
}

// tones returns the ways to adapt tones that suit the images.
func (s *search) tones() []Tone {
	switch {
	case s.depths:
		return []Tone{Keep}
	case s.colour:
		return []Tone{Keep, Match}
	}
	return []Tone{Keep, Equalize, Match}
}

// choice sets one strength to one of a few values.
type choice struct {
	values []float64
	set    func(a *Adaptation, v float64)
}

// choices returns what is tried, in the order in which Apply does it.
func (s *search) choices() []choice {
	blurNoise := []choice{
		{[]float64{0, 0.3, 0.6, 0.9, 1.2, 1.6, 2, 2.5}, func(a *Adaptation, v float64) { a.Blur = v }},
		{[]float64{0, 0.005, 0.01, 0.02, 0.03, 0.045, 0.06, 0.09}, func(a *Adaptation, v float64) { a.Noise = v }},
	}
	if s.depths {
		return append(blurNoise, choice{
			[]float64{0, 0.01, 0.02, 0.04, 0.08, 0.15, 0.25}, func(a *Adaptation, v float64) { a.Holes = v },
		})
	}
	choices := []choice{
		{[]float64{0, 0.1, 0.2, 0.3, 0.4}, func(a *Adaptation, v float64) { a.Fourier = v }},
		{[]float64{0, 0.1, 0.2, 0.4, 0.7}, func(a *Adaptation, v float64) { a.Contrast = v }},
		{[]float64{0, 0.1, 0.2, 0.4, 0.7}, func(a *Adaptation, v float64) { a.Gamma = v }},
		{[]float64{0, 0.1, 0.2, 0.4, 0.7}, func(a *Adaptation, v float64) { a.Light = v }},
	}
	return append(append(choices, blurNoise...), choice{
		[]float64{0, 90, 75, 60, 45, 30, 15}, func(a *Adaptation, v float64) { a.JPEG = int(v) },
	})
}

// passes is the number of times that every strength is set.
const passes = 2

// toTry returns the number of adaptations that Fit tries: the images as they are, then for each way to adapt tones this
// way alone and every value of every strength.
func (s *search) toTry() int {
	values := 0
	for _, c := range s.choices() {
		values += len(c.values)
	}
	return 1 + len(s.tones())*(1+passes*values)
}

// descend improves the strengths one after the other.
func (s *search) descend(a Adaptation) (Adaptation, float64) {
	const least = 0.99 // of the distance, for a change
	best := s.distance(a)
	for range passes {
		for _, c := range s.choices() {
			from := best
			for _, v := range c.values {
				tried := a
				c.set(&tried, v)
				if d := s.distance(tried); d < best && d < least*from {
					a, best = tried, d
				}
			}
		}
	}
	return a, best
}

// distance returns the energy distance of the adapted renders from the real images.
func (s *search) distance(a Adaptation) float64 {
	adapted := s.statistics(s.rendered, func(m picture.Image, i int) picture.Image {
		random := rand.New(rand.NewPCG(uint64(i), 0)) // the same example and strengths for every adaptation
		return a.Apply(m, s.examples[random.IntN(len(s.examples))], random)
	})
	if s.err != nil {
		return 0
	}
	s.tried++
	s.done(s.tried, s.toTry())
	return energy(adapted, s.want)
}

// statistics returns those of the images after f, unless the context is cancelled.
func (s *search) statistics(images []picture.Image, f func(m picture.Image, i int) picture.Image) [][]float64 {
	if s.err == nil {
		s.err = context.Cause(s.ctx)
	}
	out := make([][]float64, len(images))
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i := 0; i < len(images) && s.err == nil; i++ {
		group.Go(func() error {
			out[i] = toFloats(f(images[i], i)).statistics()
			return nil
		})
	}
	_ = group.Wait() // no work returns an error
	return out
}
