package data

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"simgan/internal/memory"
)

// LoaderConfig configures a Loader.
type LoaderConfig struct {
	Batch   int // of this process
	Rank    int // this process's number among Ranks that share the stream
	Ranks   int // 0 or 1: this process has the whole stream
	Seed    uint64
	Workers int         // goroutines that decode or copy; 0: one per core
	SkipBad int         // bad files that may be skipped
	Warn    func(error) // called by Next for each skipped file; may be nil
	Once    bool        // deliver each image's levels only once: later its place is not in Batch.Fresh
	Buffers [][]byte    // LoaderBuffers buffers for the batches' levels; nil: the loader allocates them
}

// LoaderBuffers is the number of batches that a loader holds: the last one from Next and those that wait.
const LoaderBuffers = 3

// Position is a loader's position in its endless stream of shuffled epochs.
type Position struct {
	Next    int64 `json:"next"`    // index of the next image in the stream
	Skipped []int `json:"skipped"` // bad images found so far
}

// maxNext bounds Position.Next, so that sums do not overflow: 2^53 images take centuries.
const maxNext = 1 << 53

// within returns the position in a data set of n images, which may be smaller than it was. It returns an error for a
// position that no loader has.
func (p Position) within(n int) (Position, error) {
	if p.Next < 0 || p.Next > maxNext {
		return p, fmt.Errorf("position %d is not between 0 and %d", p.Next, int64(maxNext))
	}
	var skipped []int
	for _, i := range p.Skipped {
		if i < 0 {
			return p, fmt.Errorf("skipped image %d is below 0", i)
		}
		if i < n && !slices.Contains(skipped, i) {
			skipped = append(skipped, i)
		}
	}
	if len(skipped) >= n {
		return p, fmt.Errorf("all %d images of the data set are skipped as bad", n)
	}
	return Position{p.Next, skipped}, nil
}

// Loader streams shuffled mini-batches of levels without end. The stream concatenates one permutation of the data set
// per epoch, drawn from the seed and the epoch's number. Batches cross from epoch to epoch; none is cut short. The
// order depends on nothing else: neither on the number of goroutines nor on where the images lie. Complete batches wait
// for Next. Images of a pack are copied; all others are decoded.
type Loader struct {
	ds       Dataset
	info     Info
	config   LoaderConfig
	cancel   context.CancelFunc
	done     sync.WaitGroup
	free     chan *Batch
	ready    chan delivery
	last     *Batch // from Next, still in use by its caller
	position Position
	waited   time.Duration
	failed   error
}

// delivery holds a batch, the warnings that Next reports before it, and the stream's position after it.
type delivery struct {
	batch    *Batch
	warnings []error
	after    Position
	err      error
}

// NewLoader starts a loader at a position. Close stops it.
func NewLoader(ds Dataset, c LoaderConfig, from Position) (*Loader, error) {
	if c.Batch < 1 {
		return nil, fmt.Errorf("loader: batch is %d; use 1 or more", c.Batch)
	}
	if ds.Len() == 0 {
		return nil, errors.New("loader: the data set is empty")
	}
	from, err := from.within(ds.Len())
	if err != nil {
		return nil, fmt.Errorf("loader: %w", err)
	}
	// The permutation of an epoch, and what was delivered of it.
	if err := memory.Check(fmt.Sprintf("the order of %d images", ds.Len()), 9*float64(ds.Len()),
		"use fewer images (n=)"); err != nil {
		return nil, err
	}
	if buffers := LoaderBuffers * float64(c.Batch) * float64(ds.Info().bytes()); c.Buffers == nil {
		if err := memory.Check("the batches", buffers, "use a smaller batch"); err != nil {
			return nil, err
		}
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

// Next returns the next mini-batch, valid until the next call. A bad file is an error unless the config lets it be
// skipped. Then the next image of the stream takes its place.
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

// Position returns the position at which a new loader continues after the last batch.
func (l *Loader) Position() Position {
	return Position{Next: l.position.Next, Skipped: slices.Sorted(slices.Values(l.position.Skipped))}
}

// Waited returns the total time that Next has spent waiting for batches.
func (l *Loader) Waited() time.Duration { return l.waited }

// ErrBlocked reports that a read still blocks, for instance on a network file system that does not answer.
var ErrBlocked = errors.New("a read of the data set blocks")

// closeTime is how long Close waits for images that are being decoded. Tests shorten it.
var closeTime = 5 * time.Second

// Close stops the loader's goroutines. After an ErrBlocked one of them still reads: the data set and the buffers must
// stay until the process ends.
func (l *Loader) Close() error {
	l.cancel()
	ended := make(chan struct{})
	go func() {
		l.done.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-time.After(closeTime):
		return ErrBlocked
	}
}
