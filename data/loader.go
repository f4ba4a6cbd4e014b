package data

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

// LoaderConfig says how a loader streams.
type LoaderConfig struct {
	Batch   int
	Seed    uint64
	Workers int         // goroutines that decode or copy, 0: one a core
	SkipBad int         // bad files to go on past
	Warn    func(error) // told of each bad file skipped, by Next
	Once    bool        // each image's levels are given once: where it comes again, its place is not in Batch.Fresh
	Buffers [][]byte    // what the batches' levels are put into, LoaderBuffers of them; nil: Go's memory
}

// LoaderBuffers is how many batches a loader holds: the one that Next gave last and those that wait.
const LoaderBuffers = 3

// Position is where a loader stands in its endless stream of shuffled epochs.
type Position struct {
	Next    int64 `json:"next"`    // index of the next image in the stream
	Skipped []int `json:"skipped"` // images found bad so far
}

// Loader streams shuffled mini-batches without end, as levels (Batch.Levels). The stream is one permutation of the data
// set an epoch, drawn from the seed and the epoch's number, one behind the other: batches cross from epoch to epoch, and
// none is cut. The order depends on nothing else, however many goroutines decode and wherever the images lie. Whole
// batches wait for the trainer; images of a pack are copied to them as they lie on the disk, all others are decoded.
type Loader struct {
	ds       Dataset
	info     Info
	config   LoaderConfig
	cancel   context.CancelFunc
	done     sync.WaitGroup
	free     chan *Batch
	ready    chan delivery
	last     *Batch // the one that Next gave
	position Position
	waited   time.Duration
	failed   error
}

// delivery is a batch, what Next must say before it, and where the stream stands behind it.
type delivery struct {
	batch    *Batch
	warnings []error
	after    Position
	err      error
}

// NewLoader starts a loader at a position; Close stops it.
func NewLoader(ds Dataset, c LoaderConfig, from Position) (*Loader, error) {
	if c.Batch < 1 {
		return nil, fmt.Errorf("loader: batch is %d; use 1 or more", c.Batch)
	}
	if ds.Len() == 0 {
		return nil, errors.New("loader: the data set is empty")
	}
	if c.Workers <= 0 {
		c.Workers = runtime.NumCPU()
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Loader{
		ds: ds, info: ds.Info(), config: c, cancel: cancel, position: from,
		free: make(chan *Batch, LoaderBuffers), ready: make(chan delivery, LoaderBuffers),
	}
	for i := range LoaderBuffers {
		b := newBatch(c.Batch, l.info)
		if c.Buffers != nil {
			b.Levels = c.Buffers[i]
		} else {
			b.Levels = make([]byte, c.Batch*l.info.bytes())
		}
		l.free <- b
	}
	var fill filler
	if s, ok := ds.(levelSource); ok {
		fill = newGatherer(l, s, from)
	} else {
		fill = newDecoder(ctx, l, from)
	}
	l.done.Go(func() { l.assemble(ctx, fill) })
	return l, nil
}

// filler puts the stream's next images into a batch.
type filler interface {
	fill(ctx context.Context, b *Batch) delivery
}

// assemble fills batches ahead of Next, until one fails.
func (l *Loader) assemble(ctx context.Context, from filler) {
	for {
		select {
		case b := <-l.free:
			b.Fresh = b.Fresh[:0]
			d := from.fill(ctx, b)
			l.ready <- d // has room for all batches
			if d.err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// Next is the next mini-batch, valid until the next call. A bad file is its error, unless the config lets it be skipped:
// then the next image of the stream takes its place.
func (l *Loader) Next(ctx context.Context) (*Batch, error) {
	if l.failed != nil {
		return nil, l.failed
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if l.last != nil {
		l.free <- l.last
		l.last = nil
	}
	start := time.Now()
	defer func() { l.waited += time.Since(start) }()
	select {
	case d := <-l.ready:
		if l.config.Warn != nil {
			for _, w := range d.warnings {
				l.config.Warn(w)
			}
		}
		l.position, l.failed = d.after, d.err
		l.last = d.batch
		return d.batch, d.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Position is where a loader must start to give the batches that follow the last one.
func (l *Loader) Position() Position {
	return Position{Next: l.position.Next, Skipped: slices.Sorted(slices.Values(l.position.Skipped))}
}

// Waited is the time that Next has spent in all, waiting for a batch.
func (l *Loader) Waited() time.Duration { return l.waited }

// Close stops the loader's goroutines.
func (l *Loader) Close() error {
	l.cancel()
	l.done.Wait()
	return nil
}
