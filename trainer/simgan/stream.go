package simgan

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/parallel"
	"simgan/trainer/config"
)

// Stream is one data set, the loader that runs over it, and the way of its images to the training device: into a
// resident tensor from which batches are drawn by index, or batch by batch.
type Stream struct {
	Set      data.Dataset
	info     data.Info
	config   data.LoaderConfig
	loader   *data.Loader
	position data.Position // after the last batch that was taken
	before   data.Position // before that batch
	device   cgo.Device
	buffers  []cgo.HostBytes
	places   *cgo.Feed  // int64: the places in resident of a batch's fresh images
	staged   cgo.Staged // levels of the last batch's fresh images, a row per image
	resident cgo.Tensor // (N, bytes of an image) uint8, filled as images arrive; no tensor: not resident
}

// Drawn is a mini-batch whose images are on the device, or on their way to it. It is valid until its stream's next one.
type Drawn struct {
	*data.Batch
	from *Stream
}

// residentShare is the largest share of the device's free memory that resident data sets take under data.resident=auto.
// The rest is for activations.
const residentShare = 0.5

// OpenStreams opens the synthetic and the real data set of the config. warn is called with each bad file that is
// skipped. An exit.ErrUsage says which data set cannot be opened, or that their images have different shapes.
func OpenStreams(ctx context.Context, c config.Config, warn func(error)) (x, y *Stream, err error) {
	if x, err = OpenStream(ctx, c, "data.synthetic", c.Data.Synthetic, syntheticStream, warn); err != nil {
		return nil, nil, err
	}
	if y, err = OpenStream(ctx, c, "data.real", c.Data.Real, realStream, warn); err != nil {
		return nil, nil, errors.Join(err, x.Close())
	}
	if a, b := x.info, y.info; a.C != b.C || a.H != b.H || a.W != b.W {
		err := exit.Usagef("config: synthetic images are %dx%dx%d (channels, height, width), real ones %dx%dx%d; "+
			"add size=HxW (or grey=true) to one of the SPECs", a.C, a.H, a.W, b.C, b.H, b.W)
		return nil, nil, errors.Join(err, x.Close(), y.Close())
	}
	return x, y, nil
}

// OpenStream opens the data set of a config key. The offset is added to the config's seed for the order of images. The
// loader starts later, with Start.
func OpenStream(
	ctx context.Context, c config.Config, key, spec string, offset uint64, warn func(error),
) (*Stream, error) {
	set, err := data.OpenContext(ctx, spec)
	if err != nil {
		return nil, exit.Usagef("config: %s: %w", key, err)
	}
	return &Stream{Set: set, info: set.Info(), config: data.LoaderConfig{
		Batch: c.Train.Batch, Seed: c.Seed + offset, Workers: c.Data.Workers, SkipBad: c.Data.SkipBad, Warn: warn,
	}}, nil
}

// ShareWith takes a process's part of each batch of the processes that train as one.
func (s *Stream) ShareWith(g *parallel.Group) {
	s.config.Rank, s.config.Ranks = g.Rank(), g.Size()
	s.config.Batch /= g.Size()
}

// Place decides whether the images stay on the device: if mode is "on", or if it is "auto" and they fit into the share
// of the device's free memory that earlier streams left. On the CPU "auto" leaves a pack where it is: its pages are in
// memory already. taken is what earlier streams reserved, in bytes; Place returns the new total.
func (s *Stream) Place(device cgo.Device, mode config.Resident, taken int64) (int64, error) {
	s.device, s.config.Once = device, mode == config.ResidentOn
	size := int64(s.Set.Len()) * int64(s.imageBytes())
	if mode == config.ResidentAuto && !(device == cgo.CPU && data.Mapped(s.Set)) {
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
		s.resident = sc.Keep(sc.Zeros(cgo.Uint8, device, int64(s.Set.Len()), int64(s.imageBytes())))
		return sc.Err()
	})
	if err != nil {
		return taken, fmt.Errorf("%d images of %d bytes for data.resident=%s: %w; data.resident=off streams them",
			s.Set.Len(), s.imageBytes(), mode, err)
	}
	return taken + size, nil
}

func (s *Stream) imageBytes() int { return s.info.C * s.info.H * s.info.W * s.info.Bits / 8 }

func (s *Stream) isResident() bool { return s.config.Once }

// Where says in a log line how batches reach the device.
func (s *Stream) Where() string {
	switch {
	case s.isResident():
		return "resident on " + s.device.String()
	case data.Mapped(s.Set):
		return "mapped"
	}
	return "streamed"
}

// Start begins to load batches at a position.
func (s *Stream) Start(from data.Position) (err error) {
	for range data.LoaderBuffers {
		b, err := cgo.NewHostBytes(s.config.Batch*s.imageBytes(), s.device)
		if err != nil {
			return err
		}
		s.buffers = append(s.buffers, b)
		s.config.Buffers = append(s.config.Buffers, b.Bytes)
	}
	if s.isResident() {
		if s.places, err = cgo.NewFeed(8*s.config.Batch, s.device); err != nil {
			return err
		}
	}
	s.position = from
	s.loader, err = data.NewLoader(s.Set, s.config, from)
	return err
}

// Next returns the next mini-batch.
func (s *Stream) Next(ctx context.Context) (Drawn, error) {
	if err := s.staged.Arrived(); err != nil { // the loader overwrites the last batch's host memory now
		return Drawn{}, err
	}
	s.staged.Close()
	b, err := s.loader.Next(ctx)
	if err == nil {
		s.before, s.position = s.position, s.loader.Position()
	}
	if err != nil || len(b.Fresh) == 0 {
		return Drawn{b, s}, err
	}
	s.staged, err = cgo.Stage(b.Levels[:len(b.Fresh)*s.imageBytes()], len(b.Fresh), s.device)
	if err == nil && s.isResident() {
		err = s.keep(b)
	}
	return Drawn{b, s}, err
}

// keep copies the staged images of b to their places among the resident ones.
func (s *Stream) keep(b *data.Batch) error {
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
			return sc.Err()
		}
		return cgo.PutRows(s.resident, places, s.staged.Tensor)
	})
}

// Undo lets Position return where the last mini-batch starts: nobody used it, and a run that continues there draws it
// again. Only a run that ends may call it.
func (s *Stream) Undo() { s.position = s.before }

// Position returns where the next mini-batch starts.
func (s *Stream) Position() data.Position { return s.position }

// Waited returns how long Next has waited for batches in all.
func (s *Stream) Waited() time.Duration { return s.loader.Waited() }

// Close stops the loader, frees what it held and closes the data set. If a read blocks, it frees nothing.
func (s *Stream) Close() error {
	if s == nil {
		return nil
	}
	if s.loader != nil {
		if err := s.loader.Close(); err != nil { // a read blocks; what it reads into must stay
			return err
		}
	}
	err := s.staged.Arrived()
	s.staged.Close()
	cgo.Free(s.resident)
	if s.places != nil {
		s.places.Close()
	}
	for _, b := range s.buffers {
		b.Close()
	}
	if s.Set != nil {
		err = errors.Join(err, s.Set.Close())
	}
	return err
}
