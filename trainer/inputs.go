package trainer

import (
	"encoding/binary"
	"fmt"
	"math"

	"simgan/cgo"
	"simgan/data"
)

// inputs are what the host decides for a step: its images, the history's places and the learning rate. They lie at fixed
// addresses of the device, where the host puts them before the step (put), so that a step that was recorded reads the
// next ones when it is launched again.
type inputs struct {
	x, y   *imageInput // y: steps of D only
	places *cgo.Feed   // int64 (2, b/2): what is drawn from the history, and what is replaced
	rate   *cgo.Feed   // float32 (1)
	half   int         // b/2, at least 1
	last   float64     // the learning rate, as the host has it
}

// newInputs makes room for batches of b images.
func newInputs(device cgo.Device, b int) (in *inputs, err error) {
	in = &inputs{x: &imageInput{device: device}, y: &imageInput{device: device}, half: max(1, b/2), last: math.NaN()}
	if in.places, err = cgo.NewFeed(2*in.half*8, device); err == nil {
		in.rate, err = cgo.NewFeed(4, device)
	}
	if err != nil {
		in.Close()
	}
	return in, err
}

// putRate sends the learning rate where it has changed.
func (in *inputs) putRate(lr float64) error {
	if lr == in.last {
		return nil
	}
	in.last = lr
	return in.rate.Send(func(b []byte) { binary.LittleEndian.PutUint32(b, math.Float32bits(float32(lr))) })
}

// putPlaces sends the places to draw from and those to replace, at most b/2 each.
func (in *inputs) putPlaces(drawn, replaced []int64) error {
	return in.places.Send(func(b []byte) {
		putInts(b, drawn)
		putInts(b[8*in.half:], replaced)
	})
}

// drawn and replaced are the first n of the places that putPlaces sent, int64 (n).
func (in *inputs) drawn(s *cgo.Scope, n int) cgo.Tensor { return ints(s, in.places, 0, n) }

func (in *inputs) replaced(s *cgo.Scope, n int) cgo.Tensor {
	return ints(s, in.places, in.half, n)
}

// descend makes the optimizer's update. On the CPU the learning rate is the host's, in float64.
func (in *inputs) descend(o cgo.Optimizer, device cgo.Device) error {
	if device == cgo.CPU {
		return o.Step(in.last)
	}
	return cgo.Within(func(s *cgo.Scope) error {
		lr := s.As(in.rate.Tensor, cgo.Float32)
		if s.Err() != nil {
			return nil // Within reports it
		}
		return o.StepAt(lr)
	})
}

// Close frees all of it.
func (in *inputs) Close() {
	in.x.Close()
	in.y.Close()
	for _, f := range []*cgo.Feed{in.places, in.rate} {
		if f != nil {
			f.Close()
		}
	}
}

// imageInput is where the images of a step's batch are: their places in a stream's resident images, their levels, or, of a
// batch that is no stream's, their pixels.
type imageInput struct {
	device cgo.Device
	shape  data.Batch // N, C, H, W and Bits, no images
	from   *stream    // nil: pixels
	index  *cgo.Feed  // int64 (b); nil: not resident
	rows   cgo.Tensor // levels: uint8 (b, bytes of an image); pixels: float32 (b, C, H, W)
}

// put takes the images of b; they are on the device when the step reads them.
func (in *imageInput) put(b *data.Batch) error {
	from, _ := b.Staged.(*stream)
	shape := data.Batch{N: b.N, C: b.C, H: b.H, W: b.W, Bits: b.Bits}
	if err := in.fit(shape, from); err != nil {
		return err
	}
	switch {
	case from == nil:
		return cgo.Within(func(s *cgo.Scope) error {
			return cgo.Copy(in.rows, s.From(b.Pixels, cgo.CPU, int64(b.N), int64(b.C), int64(b.H), int64(b.W)))
		})
	case in.index != nil:
		return in.index.Send(func(bytes []byte) { putInts(bytes, b.Index) })
	}
	return cgo.Copy(in.rows, from.staged.Tensor)
}

// fit makes room where there is none yet. Steps that were recorded know its address: it stays.
func (in *imageInput) fit(b data.Batch, from *stream) (err error) {
	if in.shape.N > 0 {
		if in.from != from || in.shape.N != b.N {
			return fmt.Errorf("a step's images come from another source, or are %d, not %d", b.N, in.shape.N)
		}
		return nil
	}
	in.shape, in.from = b, from
	if from != nil && from.config.Once {
		in.index, err = cgo.NewFeed(8*b.N, in.device)
		return err
	}
	return cgo.Within(func(s *cgo.Scope) error {
		if from == nil {
			in.rows = s.Keep(s.Zeros(cgo.Float32, in.device, int64(b.N), int64(b.C), int64(b.H), int64(b.W)))
		} else {
			in.rows = s.Keep(s.Zeros(cgo.Uint8, in.device, int64(b.N), int64(from.imageBytes())))
		}
		return s.Err()
	})
}

// images are the first n images of the batch: (n, C, H, W) float32 in [-1, 1].
func (in *imageInput) images(s *cgo.Scope, n int) cgo.Tensor {
	var rows cgo.Tensor
	if in.index != nil {
		rows = s.Rows(in.from.resident, ints(s, in.index, 0, n))
	} else {
		rows = s.Narrow(in.rows, 0, 0, int64(n))
	}
	if in.from == nil {
		return rows
	}
	b := in.shape
	return s.Levels(rows, b.Bits, data.UnitScale(b.Bits), int64(n), int64(b.C), int64(b.H), int64(b.W))
}

// Close frees it.
func (in *imageInput) Close() {
	if in.index != nil {
		in.index.Close()
	}
	cgo.Free(in.rows)
}

// ints are n of the feed's int64 from the first on.
func ints(s *cgo.Scope, f *cgo.Feed, first, n int) cgo.Tensor {
	return s.As(s.Narrow(f.Tensor, 0, int64(8*first), int64(8*n)), cgo.Int64)
}

func putInts[T int | int64](b []byte, values []T) {
	for i, v := range values {
		binary.LittleEndian.PutUint64(b[8*i:], uint64(v))
	}
}
