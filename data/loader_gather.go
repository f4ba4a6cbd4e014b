package data

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// levelSource is a data set whose images lie in memory as levels, as those of a pack do.
type levelSource interface {
	Dataset
	// levels returns image i, 16-bit levels little-endian. The caller must not write to it.
	levels(i int) []byte
	// label writes image i's label into dst.
	label(i int, dst []float32)
	// guard runs f, which uses levels and label, and returns an error if the memory cannot be read.
	guard(f func()) error
}

// Mapped reports whether the images of ds lie in memory as levels, as those of a pack do.
func Mapped(ds Dataset) bool {
	_, ok := ds.(levelSource)
	return ok
}

// gatherer fills batches with a levelSource's images. It copies them without decoding.
type gatherer struct {
	source  levelSource
	order   *order
	slice   slice
	next    int64 // image of the slice
	skipped []int
	workers int
}

// gatherBytes is the least that one goroutine copies: starting it for less does not pay.
const gatherBytes = 1 << 18

func newGatherer(l *Loader, source levelSource, from Position) *gatherer {
	part := newSlice(l.config)
	return &gatherer{
		source: source, order: newOrder(l.config, source.Len()), slice: part,
		next: part.first(from.Next), skipped: from.Skipped, workers: l.config.Workers,
	}
}

// fill puts the stream's next images into b.
func (g *gatherer) fill(_ context.Context, b *Batch) delivery {
	err := g.source.guard(func() { g.index(b) })
	if err == nil {
		err = g.copy(b)
	}
	return delivery{batch: b, after: Position{g.slice.next(g.next), g.skipped}, err: err}
}

// index draws the batch's images and sets their labels.
func (g *gatherer) index(b *Batch) {
	labels := len(b.Labels) / b.N
	for k := range b.N {
		i := g.order.at(g.slice.place(g.next))
		g.next++
		b.Index[k] = i
		if labels > 0 {
			g.source.label(i, b.Labels[k*labels:(k+1)*labels])
		}
		if !g.order.held(i) {
			b.Fresh = append(b.Fresh, k)
		}
	}
}

// copy copies the fresh images on as many goroutines as pay off. If pages are not in memory yet, each goroutine waits
// for its own.
func (g *gatherer) copy(b *Batch) error {
	size := b.imageBytes()
	parts := min(g.workers, len(b.Fresh)*size/gatherBytes+1)
	var group errgroup.Group
	for part := range parts {
		from, to := part*len(b.Fresh)/parts, (part+1)*len(b.Fresh)/parts
		work := func() error {
			return g.source.guard(func() {
				for j := from; j < to; j++ {
					copy(b.Levels[j*size:(j+1)*size], g.source.levels(b.Index[b.Fresh[j]]))
				}
			})
		}
		if parts == 1 {
			return work()
		}
		group.Go(work)
	}
	return group.Wait()
}
