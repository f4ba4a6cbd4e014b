package simulate

import "math/rand/v2"

// mostDrift bounds how far the scene of a clip moves from where it begins, in pixels to each side.
const mostDrift = 6

// Drift returns where the scene of a frame is, in whole pixels to the right of and below its place in frame 0: a random
// walk with steps of -1, 0 or 1, which turns back at mostDrift.
func Drift(seed uint64, clip, frame int) (x, y int) {
	r := rand.New(rand.NewPCG(seed^clipStream, uint64(clip)))
	for range frame {
		x, y = step(r, x), step(r, y)
	}
	return x, y
}

// clipStream sets the seeds of motion apart from those of scenes.
const clipStream = 0xC11B << 32

func step(r *rand.Rand, at int) int {
	at += r.IntN(3) - 1
	return min(max(at, -mostDrift), mostDrift)
}

// Moved returns the scene x pixels to the right and y down in crops of h x w, seen in the frame of a clip: face, gaze
// and light stay as they are, the camera moves. The noise of a webcam is another in each frame.
func (e *Eye) Moved(x, y, h, w, frame int) *Eye {
	m := *e
	m.look.shiftX -= float64(x) * cropWidth / float64(w)
	m.look.shiftY -= float64(y) * cropHeight / float64(h)
	m.frame = uint64(frame)
	return &m
}
