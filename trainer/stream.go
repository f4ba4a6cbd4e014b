package trainer

import (
	"context"
	"fmt"
	"time"

	"simgan/data"
)

// stream is one data set and the loader that runs over it.
type stream struct {
	set    data.Dataset
	config data.LoaderConfig
	loader *data.Loader
}

// openStream opens the data set of a config key; its loader starts later, where the state says.
func openStream(c Config, key, spec string, seed uint64, f *runFolder) (*stream, error) {
	set, err := data.Open(spec)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrConfig, key, err)
	}
	if c.Data.CacheMB > 0 {
		set = data.Cached(set, int64(c.Data.CacheMB)<<20)
	}
	return &stream{set: set, config: data.LoaderConfig{
		Batch: c.Train.Batch, Seed: seed, Workers: c.Data.Workers, SkipBad: c.Data.SkipBad,
		Warn: func(err error) { f.say("warning: skipped: %v", err) },
	}}, nil
}

func (s *stream) start(from data.Position) (err error) {
	s.loader, err = data.NewLoader(s.set, s.config, from)
	return err
}

// Next is the next mini-batch.
func (s *stream) Next(ctx context.Context) (*data.Batch, error) { return s.loader.Next(ctx) }

// Position is where the next mini-batch starts.
func (s *stream) Position() data.Position { return s.loader.Position() }

func (s *stream) waited() time.Duration { return s.loader.Waited() }

// Close stops the loader and closes the data set.
func (s *stream) Close() {
	if s.loader != nil {
		s.loader.Close()
	}
	s.set.Close()
}
