package trainer

import (
	"math/rand/v2"

	"simgan/cgo"
)

// history is the paper's buffer of B refined images (section 2.3), on the training device. Which images are drawn and
// replaced comes from a generator of its own on the host, so that it is the same on every device.
type history struct {
	images cgo.Tensor // (B, C, H, W) float32
	size   int        // B
	held   int        // images in it, at most B
	random *rand.PCG
	pick   func(n, k int) []int64 // k of the places 0..n-1 without repetition
}

// newHistory makes room for size images of c x h x w.
func newHistory(size int, seed uint64, device cgo.Device, c, h, w int) (*history, error) {
	b := &history{size: size, random: rand.NewPCG(seed, historyStream)}
	b.pick = func(n, k int) []int64 { return choose(rand.New(b.random), n, k) }
	return b, cgo.Within(func(s *cgo.Scope) error {
		b.images = s.Keep(s.Zeros(cgo.Float32, device, int64(size), int64(c), int64(h), int64(w)))
		return nil
	})
}

// draw is n images at random without repetition, fewer while the buffer holds fewer.
func (b *history) draw(s *cgo.Scope, n int) cgo.Tensor {
	return s.Rows(b.images, b.pick(b.held, min(n, b.held)))
}

// add puts new refined images (n, C, H, W) into free places, then in place of random ones.
func (b *history) add(s *cgo.Scope, refined cgo.Tensor, n int) error {
	n = min(n, b.size)
	places := make([]int64, 0, n)
	for len(places) < n && b.held < b.size {
		places = append(places, int64(b.held))
		b.held++
	}
	if rest := n - len(places); rest > 0 {
		// Places filled by this very call are not drawn: they hold nothing yet.
		places = append(places, b.pick(b.held-len(places), rest)...)
	}
	return cgo.PutRows(b.images, places, s.Narrow(refined, 0, 0, int64(n)))
}

// choose is k of 0..n-1 without repetition (Floyd's algorithm).
func choose(random *rand.Rand, n, k int) []int64 {
	k = min(k, n)
	chosen := make(map[int64]bool, k)
	picked := make([]int64, 0, k)
	for j := n - k; j < n; j++ {
		i := int64(random.IntN(j + 1))
		if chosen[i] {
			i = int64(j)
		}
		chosen[i] = true
		picked = append(picked, i)
	}
	return picked
}

// Close frees the buffer.
func (b *history) Close() { cgo.Free(b.images) }
