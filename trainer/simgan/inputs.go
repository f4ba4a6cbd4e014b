package simgan

import (
	"encoding/binary"
	"fmt"
	"math"

	"simgan/cgo"
	"simgan/data/picture"
)

// inputs are what the host decides for a step: its images, the history's places and the learning rate. They lie at
// fixed addresses on the device, and the host fills them before the step. So a recorded step reads new inputs at each
// launch.
type inputs struct {
	x, y   imageSource // y: steps of D only
	places *cgo.Feed   // int64 (2, b/2): what is drawn from the history, and what is replaced
	rate   *cgo.Feed   // float32 (1)
	half   int         // b/2, at least 1
	last   float64     // the learning rate, as the host has it
}

// imageSource is where the images of a step's batch are on the device.
type imageSource interface {
	put(Drawn) error                       // takes the images of a batch
	images(s *cgo.Scope, n int) cgo.Tensor // the first n images: (n, C, H, W) float32 in [-1, 1]
	Close()
}

// newInputs makes room for batches of b images.
func newInputs(device cgo.Device, b int) (in *inputs, err error) {
	in = &inputs{x: &levelsInput{device: device}, y: &levelsInput{device: device}, half: max(1, b/2), last: math.NaN()}
	if in.places, err = cgo.NewFeed(2*in.half*8, device); err == nil {
		in.rate, err = cgo.NewFeed(4, device)
	}
	if err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

// putRate sends the learning rate if it has changed.
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
		encodeInts(b, drawn)
		encodeInts(b[8*in.half:], replaced)
	})
}

// drawn and replaced return the first n of the places that putPlaces sent, int64 (n).
func (in *inputs) drawn(s *cgo.Scope, n int) cgo.Tensor    { return ints(s, in.places, 0, n) }
func (in *inputs) replaced(s *cgo.Scope, n int) cgo.Tensor { return ints(s, in.places, in.half, n) }

// descend makes the optimizer's update. On the CPU the learning rate is the host's, in float64.
func (in *inputs) descend(o cgo.Optimizer, device cgo.Device) error {
	if device == cgo.CPU {
		return o.Step(in.last)
	}
	return cgo.Within(func(s *cgo.Scope) error {
		lr := s.As(in.rate.Tensor, cgo.Float32)
		if s.Err() != nil {
			return s.Err()
		}
		return o.StepAt(lr)
	})
}

// Close frees all of it.
func (in *inputs) Close() {
	if in == nil {
		return
	}
	in.x.Close()
	in.y.Close()
	for _, f := range []*cgo.Feed{in.places, in.rate} {
		if f != nil {
			f.Close()
		}
	}
}

// levelsInput holds a stream's batch as levels, or as places in the stream's resident images.
type levelsInput struct {
	device cgo.Device
	from   *Stream
	n      int        // images per batch
	index  *cgo.Feed  // int64 (n); nil: not resident
	rows   cgo.Tensor // uint8 (n, bytes of an image); no tensor if resident
}

func (in *levelsInput) put(b Drawn) error {
	if err := in.allocate(b); err != nil {
		return err
	}
	if in.index != nil {
		return in.index.Send(func(bytes []byte) { encodeInts(bytes, b.Index) })
	}
	return cgo.Copy(in.rows, b.from.staged.Tensor)
}

// allocate makes room for the first batch. Recorded steps know the address, so the room stays as it is.
func (in *levelsInput) allocate(b Drawn) (err error) {
	if in.from != nil {
		if in.from != b.from || in.n != b.N {
			return fmt.Errorf("a step's images come from another source, or are %d, not %d", b.N, in.n)
		}
		return nil
	}
	in.from, in.n = b.from, b.N
	if b.from.isResident() {
		in.index, err = cgo.NewFeed(8*b.N, in.device)
		return err
	}
	return cgo.Within(func(s *cgo.Scope) error {
		in.rows = s.Keep(s.Zeros(cgo.Uint8, in.device, int64(b.N), int64(b.from.imageBytes())))
		return s.Err()
	})
}

func (in *levelsInput) images(s *cgo.Scope, n int) cgo.Tensor {
	var rows cgo.Tensor
	if in.index != nil {
		rows = s.Rows(in.from.resident, ints(s, in.index, 0, n))
	} else {
		rows = s.Narrow(in.rows, 0, 0, int64(n))
	}
	i := in.from.info
	return s.Levels(rows, i.Bits, picture.UnitScale(i.Bits), int64(n), int64(i.C), int64(i.H), int64(i.W))
}

// Close frees the room.
func (in *levelsInput) Close() {
	if in.index != nil {
		in.index.Close()
	}
	cgo.Free(in.rows)
}

// ints returns n of the feed's int64 values, from the first on.
func ints(s *cgo.Scope, f *cgo.Feed, first, n int) cgo.Tensor {
	return s.As(s.Narrow(f.Tensor, 0, int64(8*first), int64(8*n)), cgo.Int64)
}

func encodeInts[T int | int64](b []byte, values []T) {
	for i, v := range values {
		binary.LittleEndian.PutUint64(b[8*i:], uint64(v))
	}
}
