package bench

import (
	"context"
	"time"

	"simgan/cgo"
	"simgan/data"
	"simgan/trainer/config"
	"simgan/trainer/simgan"
)

// LoaderTiming is the cost of bringing mini-batches to the device, where they are only converted.
type LoaderTiming struct {
	ImagesPerSecond float64 `json:"images_per_second"`
	First           float64 `json:"seconds_to_first_batch"` // opening the data set included
	MemoryBytes     int64   `json:"memory_bytes"`           // resident at the end; pages of a mapped pack included
}

// measureLoader draws shuffled mini-batches of the SPEC for the given seconds, each as a float32 tensor in [-1, 1] on
// the config's device, as training does.
func measureLoader(ctx context.Context, c config.Config, spec string, seconds float64) (t LoaderTiming, err error) {
	if _, err := cgo.Start(c.Threads); err != nil {
		return t, err
	}
	device, err := cgo.ParseDevice(c.Device)
	if err != nil {
		return t, err
	}
	begin := time.Now()
	s, err := simgan.OpenStream(ctx, c, "--only", spec, 0, nil)
	if err != nil {
		return t, err
	}
	defer s.Close()
	if _, err := s.Place(device, c.Data.Resident, 0); err != nil {
		return t, err
	}
	if err := s.Start(data.Position{}); err != nil {
		return t, err
	}
	receiver := simgan.NewReceiver(device)
	defer receiver.Close()
	draw := func() error {
		b, err := s.Next(ctx)
		if err != nil {
			return err
		}
		return receiver.Take(b)
	}
	if err := draw(); err != nil {
		return t, err
	}
	t.First = time.Since(begin).Seconds()
	start, batches := time.Now(), 0
	for ; time.Since(start).Seconds() < seconds; batches++ {
		if err := draw(); err != nil {
			return t, err
		}
	}
	if err := cgo.Synchronize(device); err != nil {
		return t, err
	}
	t.ImagesPerSecond = float64(batches*c.Train.Batch) / time.Since(start).Seconds()
	t.MemoryBytes, _, err = cgo.Memory(cgo.CPU)
	return t, err
}
