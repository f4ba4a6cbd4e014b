package eval

import (
	"context"
	"math"

	"simgan/data"
	"simgan/internal/exit"
)

// clips are images in clips, in memory.
type clips struct {
	set
	names   []string
	motions []data.Motion
}

func openClips(ctx context.Context, spec string, channels int) (*clips, error) {
	ds, err := data.OpenContext(ctx, spec)
	if err != nil {
		return nil, exit.Usagef("%w", err)
	}
	defer ds.Close()
	if ds.Info().C != channels {
		return nil, exit.Usagef("%s has %d channel(s), the refiner was trained on %d", spec, ds.Info().C, channels)
	}
	c := &clips{}
	if c.motions, err = data.Motions(ds); err != nil {
		return nil, err
	}
	b, err := data.LoadLevels(ctx, ds)
	if err != nil {
		return nil, err
	}
	c.set = set{b, b.N}
	for i := range ds.Len() {
		c.names = append(c.names, data.ClipFolder(ds.Name(i)))
	}
	if _, pairs := c.count(); pairs == 0 {
		return nil, exit.Usagef("%s: no clip has two images", spec)
	}
	return c, nil
}

// count returns the number of clips and of pairs of consecutive images.
func (c *clips) count() (clips, pairs int) {
	for _, m := range c.motions {
		if m.Follows {
			pairs++
		}
	}
	return c.N - pairs, pairs
}

// flicker returns the mean change of each clip beside its motion, in levels of 8 bits.
func (c *clips) flicker(images set) (perClip []float64) {
	sum, n := 0.0, 0
	flush := func() {
		if n > 0 {
			perClip = append(perClip, sum/float64(n))
		}
		sum, n = 0, 0
	}
	size := c.C * c.H * c.W
	before, now := make([]float32, size), make([]float32, size)
	for i, m := range c.motions {
		if !m.Follows {
			flush()
		}
		before, now = now, before
		images.PixelsOf(i, now)
		if m.Follows {
			s, k := change(before, now, c.H, c.W, m)
			sum, n = sum+s, n+k
		}
	}
	flush()
	return perClip
}

// change sums |now - before, moved| over the pixels of planes of h x w that both show, in levels of 8 bits, and counts
// them.
func change(before, now []float32, h, w int, m data.Motion) (sum float64, n int) {
	for i, v := range now {
		plane, y, x := i/(h*w)*h*w, i/w%h-m.Y, i%w-m.X
		if y >= 0 && y < h && x >= 0 && x < w {
			sum += eightBit * math.Abs(float64(v-before[plane+y*w+x]))
			n++
		}
	}
	return sum, n
}

// eightBit is the number of levels of 8 bits per pixel value of 1.
const eightBit = 127.5

// detail returns the mean difference of a pixel to the one on its right, in levels of 8 bits.
func detail(images set) float64 {
	pixels := make([]float32, images.C*images.H*images.W)
	sum := 0.0
	for k := range images.N {
		images.PixelsOf(k, pixels)
		for i, v := range pixels[1:] {
			if (i+1)%images.W > 0 {
				sum += eightBit * math.Abs(float64(v-pixels[i]))
			}
		}
	}
	return sum / float64(images.N*images.C*images.H*max(1, images.W-1))
}

// jitter returns the root of the mean squared angle between each image's gaze and the mean of its clip, in degrees.
func (c *clips) jitter(gaze [][]float32) float64 {
	sum := 0.0
	for from := 0; from < len(gaze); {
		to := from + 1
		for to < len(gaze) && c.motions[to].Follows {
			to++
		}
		centre := make([]float32, 3)
		for _, g := range gaze[from:to] {
			for k, v := range g {
				centre[k] += v / float32(math.Hypot(math.Hypot(float64(g[0]), float64(g[1])), float64(g[2])))
			}
		}
		for _, g := range gaze[from:to] {
			a := angle(g, centre)
			sum += a * a
		}
		from = to
	}
	return math.Sqrt(sum / float64(len(gaze)))
}
