package trainer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"simgan/cgo"
	"simgan/data"
)

// stream is one data set, the loader that runs over it, and where its images are for the training device: in a resident
// tensor from which batches are drawn by index, or in the batch that was copied there last.
type stream struct {
	set      data.Dataset
	config   data.LoaderConfig
	loader   *data.Loader
	device   cgo.Device
	buffers  []cgo.HostBytes
	places   *cgo.Feed  // int64: where fresh images go in resident
	staged   cgo.Staged // levels of the batch that Next gave last, a row an image
	resident cgo.Tensor // (N, bytes of an image) uint8, filled as images come; no tensor: not resident
}

// residentShare is the part of the device's free memory that resident data sets take at most under data.resident=auto:
// the rest is for activations.
const residentShare = 0.5

// openStream opens the data set of a config key; its loader starts later, where the state says.
func openStream(ctx context.Context, c Config, key, spec string, seed uint64, f *runFolder) (*stream, error) {
	set, err := data.OpenContext(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrConfig, key, err)
	}
	return &stream{set: set, config: data.LoaderConfig{
		Batch: c.Train.Batch, Seed: seed, Workers: c.Data.Workers, SkipBad: c.Data.SkipBad,
		Warn: func(err error) { f.say("warning: skipped: %v", err) },
	}}, nil
}

// place decides where the images will be: resident where mode says "on", or "auto" and they fit into the share of the
// device's free memory that earlier streams left (taken, in bytes). On the CPU auto leaves a pack where it is: its pages
// are in memory already. It is how many bytes are taken now.
func (s *stream) place(device cgo.Device, mode string, taken int64) (int64, error) {
	s.device, s.config.Once = device, mode == "on"
	size := int64(s.set.Len()) * int64(s.imageBytes())
	if mode == "auto" && !(device == cgo.CPU && data.Mapped(s.set)) {
		free, err := cgo.FreeMemory(device)
		if err != nil {
			return taken, err
		}
		if device != cgo.CPU {
			free += taken // allocated there since the first stream asked
		}
		s.config.Once = float64(taken+size) <= residentShare*float64(free)
	}
	if !s.config.Once {
		return taken, nil
	}
	err := cgo.Within(func(sc *cgo.Scope) error {
		s.resident = sc.Keep(sc.Zeros(cgo.Uint8, device, int64(s.set.Len()), int64(s.imageBytes())))
		return nil
	})
	if err != nil {
		return taken, fmt.Errorf("%d images of %d bytes for data.resident=%s: %w; data.resident=off streams them", s.set.Len(), s.imageBytes(), mode, err)
	}
	return taken + size, nil
}

func (s *stream) imageBytes() int {
	i := s.set.Info()
	return i.C * i.H * i.W * i.Bits / 8
}

// where says in a log line how batches come to the device.
func (s *stream) where() string {
	switch {
	case s.config.Once:
		return "resident on " + s.device.String()
	case data.Mapped(s.set):
		return "mapped"
	}
	return "streamed"
}

// start begins to load batches at a position.
func (s *stream) start(from data.Position) (err error) {
	for range data.LoaderBuffers {
		b, err := cgo.NewHostBytes(s.config.Batch*s.imageBytes(), s.device)
		if err != nil {
			return err
		}
		s.buffers = append(s.buffers, b)
		s.config.Buffers = append(s.config.Buffers, b.Bytes)
	}
	if s.config.Once {
		if s.places, err = cgo.NewFeed(8*s.config.Batch, s.device); err != nil {
			return err
		}
	}
	s.loader, err = data.NewLoader(s.set, s.config, from)
	return err
}

// Next is the next mini-batch, on its way to the device; it is valid until the next call.
func (s *stream) Next(ctx context.Context) (*data.Batch, error) {
	if err := s.staged.Arrived(); err != nil { // the loader overwrites the last batch's host memory now
		return nil, err
	}
	s.staged.Close()
	b, err := s.loader.Next(ctx)
	if err != nil {
		return nil, err
	}
	b.Staged = s
	if len(b.Fresh) == 0 {
		return b, nil
	}
	if s.staged, err = cgo.Stage(b.Levels[:len(b.Fresh)*s.imageBytes()], len(b.Fresh), s.device); err != nil || !s.config.Once {
		return b, err
	}
	return b, s.keep(b)
}

// keep puts the staged images of b into their places in the resident ones.
func (s *stream) keep(b *data.Batch) error {
	err := s.places.Send(func(bytes []byte) {
		for j, k := range b.Fresh {
			binary.LittleEndian.PutUint64(bytes[8*j:], uint64(b.Index[k]))
		}
	})
	if err != nil {
		return err
	}
	return cgo.Within(func(sc *cgo.Scope) error {
		places := ints(sc, s.places, 0, len(b.Fresh))
		if sc.Err() != nil {
			return nil // Within reports it
		}
		return cgo.PutRows(s.resident, places, s.staged.Tensor)
	})
}

// Position is where the next mini-batch starts.
func (s *stream) Position() data.Position { return s.loader.Position() }

func (s *stream) waited() time.Duration { return s.loader.Waited() }

// Close stops the loader, frees what it held and closes the data set.
func (s *stream) Close() error {
	var err error
	if s.loader != nil {
		err = s.loader.Close()
	}
	err = errors.Join(err, s.staged.Arrived())
	s.staged.Close()
	cgo.Free(s.resident)
	if s.places != nil {
		s.places.Close()
	}
	for _, b := range s.buffers {
		b.Close()
	}
	return errors.Join(err, s.set.Close())
}
