package simgan

import (
	"math/rand/v2"
	"slices"

	"simgan/cgo"
)

// history is the paper's buffer of B refined images (section 2.3), on the training device. Its own generator on the
// host chooses which images are drawn and replaced, so that the choice is the same on every device.
type history struct {
	images cgo.Tensor // (B, C, H, W) float32
	size   int        // B
	held   int        // images in the buffer, at most B
	filled cgo.Tensor // the held images: a view of images
	random *rand.PCG
	maps   []int64                // per place, the weights of its image; nil without data.weights
	pick   func(n, k int) []int64 // chooses k of the places 0..n-1 without repetition
}

// newHistory makes room for size images of c x h x w. On the CPU the room takes memory only as it fills. On a GPU it is
// taken at once: recorded steps know its address, and a run that cannot have it should not begin.
func newHistory(size int, seed uint64, device cgo.Device, c, h, w int) (*history, error) {
	b := &history{size: size, random: rand.NewPCG(seed, historyStream)}
	b.pick = func(n, k int) []int64 { return choose(rand.New(b.random), n, k) }
	return b, cgo.Within(func(s *cgo.Scope) error {
		b.images = s.Keep(s.Empty(cgo.Float32, device, int64(size), int64(c), int64(h), int64(w)))
		return s.Err()
	})
}

// restore sets how many images the buffer holds; the caller loads them. A buffer that has become smaller keeps the
// first.
func (b *history) restore(held int, maps []int64, random *rand.PCG) {
	b.held = min(held, b.size)
	b.maps = maps[:min(len(maps), b.held)]
	*b.random = *random
}

// put makes the images (n, C, H, W) the buffer's contents, of which it keeps as many as it has room for. maps are the
// weights of each, nil without data.weights.
func (b *history) put(s *cgo.Scope, images cgo.Tensor, maps []int64) error {
	shape := s.Shape(images)
	if shape == nil {
		return s.Err()
	}
	b.held = min(int(shape[0]), b.size)
	b.maps = maps[:min(len(maps), b.held)]
	kept, room := s.Narrow(images, 0, 0, int64(b.held)), s.Narrow(b.images, 0, 0, int64(b.held))
	if s.Err() != nil {
		return s.Err()
	}
	return cgo.Copy(room, kept)
}

// contents returns the images that the buffer holds (held, C, H, W), valid until the next call.
func (b *history) contents() (cgo.Tensor, error) {
	cgo.Free(b.filled)
	b.filled = cgo.Tensor{}
	err := cgo.Within(func(s *cgo.Scope) error {
		b.filled = s.Keep(s.Narrow(b.images, 0, 0, int64(b.held)))
		return s.Err()
	})
	return b.filled, err
}

// places chooses on the host, for a step of D, which images are drawn and which are replaced. drawn are n random places
// without repetition, fewer while the buffer holds fewer. replaced are n places for new images: free ones first, then
// those of random images.
func (b *history) places(n int) (drawn, replaced []int64) {
	n = min(n, b.size)
	if old := min(n, b.held); old > 0 {
		drawn = b.pick(b.held, old)
	}
	for len(replaced) < n && b.held < b.size {
		replaced = append(replaced, int64(b.held))
		b.held++
	}
	if rest := n - len(replaced); rest > 0 {
		// Places that this call has filled are left out: they hold nothing yet.
		replaced = append(replaced, b.pick(b.held-len(replaced), rest)...)
	}
	return drawn, replaced
}

// exchangeMaps returns the weights of D's refined images, the fresh ones and then those drawn, and notes those of the
// images that enter the history. maps are those of the batch.
func (b *history) exchangeMaps(maps, drawn, replaced []int64) []int64 {
	if maps == nil {
		return nil
	}
	for len(b.maps) < b.held {
		b.maps = append(b.maps, 0)
	}
	mixed := slices.Clone(maps[:len(maps)-len(drawn)])
	for _, place := range drawn {
		mixed = append(mixed, b.maps[place])
	}
	for i, place := range replaced {
		b.maps[place] = maps[i]
	}
	return mixed
}

// at returns the images in the places, int64 (n).
func (b *history) at(s *cgo.Scope, places cgo.Tensor) cgo.Tensor { return s.Rows(b.images, places) }

// replace writes the first of the refined images into the places, int64 (n), in order.
func (b *history) replace(s *cgo.Scope, places, refined cgo.Tensor) {
	shape := s.Shape(places)
	if shape == nil {
		return
	}
	incoming := s.Narrow(refined, 0, 0, shape[0])
	if s.Err() != nil {
		return
	}
	if err := cgo.PutRows(b.images, places, incoming); err != nil {
		s.Fail(err)
	}
}

// choose returns k of 0..n-1 without repetition (Floyd's algorithm).
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
func (b *history) Close() {
	if b != nil {
		cgo.Free(b.filled, b.images)
	}
}
