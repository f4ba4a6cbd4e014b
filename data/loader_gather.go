package data

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// gatherer fills batches with a pack's images, copied as they lie there.
type gatherer struct {
	p       *pack
	order   *order
	next    int64
	skipped []int
	workers int
}

// gatherBytes is how much one goroutine copies at least: less is not worth starting it.
const gatherBytes = 1 << 18

func newGatherer(l *Loader, p *pack, from Position) *gatherer {
	return &gatherer{p: p, order: newOrder(l.config, p.n), next: from.Next, skipped: from.Skipped, workers: l.config.Workers}
}

// fill is the stream's next images.
func (g *gatherer) fill(_ context.Context, b *Batch) delivery {
	err := guarded(g.p.files, func() { g.index(b) })
	if err == nil {
		err = g.copy(b)
	}
	return delivery{batch: b, after: Position{g.next, g.skipped}, err: err}
}

// index draws the batch's images and sets their labels.
func (g *gatherer) index(b *Batch) {
	labels := len(b.Labels) / b.N
	for k := range b.N {
		i := g.order.at(g.next)
		g.next++
		b.Index[k] = i
		if labels > 0 {
			g.p.label(i, b.Labels[k*labels:(k+1)*labels])
		}
		if !g.order.held(i) {
			b.Fresh = append(b.Fresh, k)
		}
	}
}

// copy copies the fresh images, on as many goroutines as it pays: where pages are not in memory yet, each waits for its own.
func (g *gatherer) copy(b *Batch) error {
	size := g.p.info.bytes()
	parts := min(g.workers, len(b.Fresh)*size/gatherBytes+1)
	var group errgroup.Group
	for part := range parts {
		from, to := part*len(b.Fresh)/parts, (part+1)*len(b.Fresh)/parts
		work := func() error {
			return guarded(g.p.files, func() {
				for j := from; j < to; j++ {
					copy(b.Levels[j*size:(j+1)*size], g.p.levels(b.Index[b.Fresh[j]]))
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
