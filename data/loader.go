package data

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// LoaderConfig says how a loader streams.
type LoaderConfig struct {
	Batch   int
	Seed    uint64
	Workers int         // goroutines that decode, 0: one a core
	SkipBad int         // bad files to go on past
	Warn    func(error) // told of each bad file skipped
}

// Position is where a loader stands in its endless stream of shuffled epochs.
type Position struct {
	Next    int64 `json:"next"`    // index of the next image in the stream
	Skipped []int `json:"skipped"` // images found bad so far
}

// Loader streams shuffled mini-batches without end. The stream is one permutation of the data set an epoch, drawn from
// the seed and the epoch's number, one behind the other: batches cross from epoch to epoch, and none is cut. The order
// depends on nothing else, however many goroutines decode.
type Loader struct {
	ds      Dataset
	config  LoaderConfig
	slots   chan chan decoded // one slot an image, in the stream's order
	cancel  context.CancelFunc
	done    sync.WaitGroup
	next    int64
	skipped map[int]bool
	waited  time.Duration
	failed  error
}

type decoded struct {
	position int64
	index    int
	sample   Sample
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
	l := &Loader{ds: ds, config: c, slots: make(chan chan decoded, 2*c.Batch), cancel: cancel, next: from.Next, skipped: map[int]bool{}}
	for _, i := range from.Skipped {
		l.skipped[i] = true
	}
	l.start(ctx, from.Next)
	return l, nil
}

type job struct {
	position int64
	index    int
	out      chan decoded
}

// start runs the goroutine that walks the stream and those that decode: at most 2 batches wait ahead.
func (l *Loader) start(ctx context.Context, from int64) {
	jobs := make(chan job)
	l.done.Add(1 + l.config.Workers)
	go func() {
		defer l.done.Done()
		defer close(jobs)
		order := newOrder(l.config.Seed, l.ds.Len())
		for position := from; ; position++ {
			j := job{position, order.at(position), make(chan decoded, 1)}
			select {
			case l.slots <- j.out:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return
			}
		}
	}()
	for range l.config.Workers {
		go func() {
			defer l.done.Done()
			for j := range jobs {
				s, err := l.ds.Sample(j.index)
				j.out <- decoded{j.position, j.index, s, err}
			}
		}()
	}
}

// order is the stream: position p is image permutation(p / n)[p % n].
type order struct {
	seed        uint64
	n           int
	epoch       int64
	permutation []int
}

func newOrder(seed uint64, n int) *order { return &order{seed: seed, n: n, epoch: -1} }

func (o *order) at(position int64) int {
	if epoch := position / int64(o.n); epoch != o.epoch {
		o.epoch = epoch
		o.permutation = rand.New(rand.NewPCG(o.seed, uint64(epoch))).Perm(o.n)
	}
	return o.permutation[position%int64(o.n)]
}

// Next is the next mini-batch. A bad file is its error, unless the config lets it be skipped: then the next image of the
// stream takes its place.
func (l *Loader) Next(ctx context.Context) (*Batch, error) {
	if l.failed != nil {
		return nil, l.failed
	}
	start := time.Now()
	defer func() { l.waited += time.Since(start) }()
	b := newBatch(l.config.Batch, l.ds.Info())
	for k := 0; k < b.N; {
		d, err := l.take(ctx)
		if err != nil {
			return nil, err
		}
		l.next = d.position + 1
		if d.err != nil {
			if l.failed = l.skip(d); l.failed != nil {
				return nil, l.failed
			}
			continue
		}
		b.put(k, d.index, d.sample)
		k++
	}
	return b, nil
}

func (l *Loader) take(ctx context.Context) (decoded, error) {
	select {
	case slot := <-l.slots:
		select {
		case d := <-slot:
			return d, nil
		case <-ctx.Done():
			return decoded{}, context.Cause(ctx)
		}
	case <-ctx.Done():
		return decoded{}, context.Cause(ctx)
	}
}

// skip notes a bad image; an error where it is one too many.
func (l *Loader) skip(d decoded) error {
	if l.skipped[d.index] {
		return nil
	}
	if len(l.skipped) >= l.config.SkipBad {
		if l.config.SkipBad > 0 {
			return fmt.Errorf("more than data.skip_bad = %d bad files: %w", l.config.SkipBad, d.err)
		}
		return d.err
	}
	if len(l.skipped)+1 >= l.ds.Len() {
		return fmt.Errorf("no image of the data set can be read: %w", d.err)
	}
	l.skipped[d.index] = true
	if l.config.Warn != nil {
		l.config.Warn(d.err)
	}
	return nil
}

// Position is where a loader must start to give the batches that follow the last one.
func (l *Loader) Position() Position {
	p := Position{Next: l.next}
	for i := range l.ds.Len() {
		if l.skipped[i] {
			p.Skipped = append(p.Skipped, i)
		}
	}
	return p
}

// Waited is the time that Next has spent in all: waiting for images and putting them together.
func (l *Loader) Waited() time.Duration { return l.waited }

// Close stops the loader's goroutines.
func (l *Loader) Close() error {
	l.cancel()
	l.done.Wait()
	return nil
}
