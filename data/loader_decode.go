package data

import (
	"context"
	"fmt"
	"slices"
)

// decoder fills batches with images that several goroutines decode.
type decoder struct {
	l       *Loader
	slice   slice
	slots   chan chan decoded // one slot per image, in the stream's order
	next    int64             // image of the slice
	skipped []int             // in the order found; replaced, never changed, because positions share it
	labels  map[int][]float32 // of the images whose levels were delivered, by index; nil without labels or Once
	room    []byte
}

// garbageRoom is the garbage in bytes that the collector tolerates, at least, while images are decoded. Go's heap is
// small compared with libtorch's memory. Without garbageRoom a collection would run every 20 images and stop all
// decoding. The memory is allocated and never touched, so the system provides no pages for it.
const garbageRoom = 48 << 20

// decoded is an image of the stream. It has no levels if it was delivered before (held).
type decoded struct {
	position int64 // in the slice
	index    int
	held     bool
	levels   []byte
	label    []float32
	err      error
}

type job struct {
	decoded
	out chan decoded
}

// newDecoder starts the goroutine that walks the stream and the goroutines that decode. At most one batch of images is
// decoded ahead of the batches being filled.
func newDecoder(ctx context.Context, l *Loader, from Position) *decoder {
	d := &decoder{
		l: l, slots: make(chan chan decoded, l.config.Batch),
		slice: newSlice(l.config), skipped: from.Skipped, room: make([]byte, garbageRoom),
	}
	if l.config.Once && l.info.LabelNames != nil {
		d.labels = map[int][]float32{}
	}
	d.next = d.slice.first(from.Next)
	jobs := make(chan job, l.config.Batch) // so that no worker waits for the walk
	l.done.Go(func() {
		defer close(jobs)
		d.walk(ctx, jobs, d.slice.first(from.Next))
	})
	for range l.config.Workers {
		l.done.Go(func() {
			for j := range jobs {
				if ctx.Err() == nil { // else nobody waits for the image
					j.out <- j.decode(l.ds)
				}
			}
		})
	}
	return d
}

func (d *decoder) walk(ctx context.Context, jobs chan<- job, from int64) {
	order := newOrder(d.l.config, d.l.ds.Len())
	for position := from; ; position++ {
		j := job{out: make(chan decoded, 1)}
		j.position, j.index = position, order.at(d.slice.place(position))
		j.held = order.held(j.index)
		select {
		case d.slots <- j.out:
		case <-ctx.Done():
			return
		}
		select {
		case jobs <- j:
		case <-ctx.Done():
			return
		}
	}
}

// decode does the job.
func (j job) decode(ds Dataset) decoded {
	d := j.decoded
	if d.held {
		return d
	}
	var s Sample
	if s, d.err = checkedSample(ds, d.index); d.err == nil {
		d.levels, d.label = make([]byte, len(s.Image.Pix)*s.Image.Bits/8), s.Label
		s.Image.PutLevels(d.levels)
	}
	return d
}

// fill puts the stream's next images into b and skips bad ones.
func (d *decoder) fill(ctx context.Context, b *Batch) delivery {
	size := d.l.info.bytes()
	out := delivery{batch: b}
	for k := 0; k < b.N; {
		image, err := d.take(ctx)
		if err != nil {
			out.err = err
			return out
		}
		d.next = image.position + 1
		out.after = Position{d.slice.next(d.next), d.skipped}
		if image.err != nil && !slices.Contains(d.skipped, image.index) {
			if out.err = d.skip(image); out.err != nil {
				return out
			}
			out.warnings = append(out.warnings, image.err)
		}
		if slices.Contains(d.skipped, image.index) {
			continue
		}
		b.Index[k] = image.index
		if image.held {
			image.label = d.labels[image.index]
		} else {
			if d.labels != nil {
				d.labels[image.index] = image.label
			}
			copy(b.Levels[len(b.Fresh)*size:], image.levels)
			b.Fresh = append(b.Fresh, k)
		}
		copy(b.Labels[k*len(image.label):], image.label)
		k++
	}
	out.after = Position{d.slice.next(d.next), d.skipped}
	return out
}

func (d *decoder) take(ctx context.Context) (decoded, error) {
	select {
	case slot := <-d.slots:
		select {
		case image := <-slot:
			return image, nil
		case <-ctx.Done():
			return decoded{}, context.Cause(ctx)
		}
	case <-ctx.Done():
		return decoded{}, context.Cause(ctx)
	}
}

// skip notes a bad image. It returns an error if there are too many.
func (d *decoder) skip(image decoded) error {
	allowed := d.l.config.SkipBad
	switch {
	case len(d.skipped) >= allowed && allowed > 0:
		return fmt.Errorf("more than data.skip_bad = %d bad files: %w", allowed, image.err)
	case len(d.skipped) >= allowed:
		return fmt.Errorf("%w (data.skip_bad=N skips up to N bad files)", image.err)
	case len(d.skipped)+1 >= d.l.ds.Len():
		return fmt.Errorf("no image of the data set can be read: %w", image.err)
	}
	d.skipped = append(slices.Clone(d.skipped), image.index)
	return nil
}
