package simgan

// What benchmarks need beside Model and Stream.

import (
	"simgan/cgo"
	"simgan/data"
)

// NewResident returns a stream of n images that are on the device already, given as levels. It has no loader: At draws
// from it.
func NewResident(levels []byte, n int, image data.Info, device cgo.Device) (*Stream, error) {
	s := &Stream{info: image, device: device, config: data.LoaderConfig{Once: true}}
	return s, cgo.Within(func(sc *cgo.Scope) error {
		rows := sc.View(sc.FromBytes(levels), int64(n), int64(s.imageBytes()))
		s.resident = sc.Keep(sc.To(rows, device, cgo.Uint8))
		return sc.Err()
	})
}

// At returns the batch of the resident images of an index.
func (s *Stream) At(index []int) Drawn {
	i := s.info
	return Drawn{&data.Batch{N: len(index), C: i.C, H: i.H, W: i.W, Bits: i.Bits, Index: index}, s}
}

// Receiver takes mini-batches as a training step does, and computes nothing but their conversion.
type Receiver struct{ input levelsInput }

// NewReceiver returns a receiver on the device.
func NewReceiver(device cgo.Device) *Receiver { return &Receiver{levelsInput{device: device}} }

// Take converts the batch to (b, C, H, W) float32 in [-1, 1] on the device.
func (r *Receiver) Take(b Drawn) error {
	if err := r.input.put(b); err != nil {
		return err
	}
	return cgo.Within(func(s *cgo.Scope) error {
		r.input.images(s, b.N)
		return s.Err()
	})
}

// Close frees the receiver.
func (r *Receiver) Close() { r.input.Close() }
