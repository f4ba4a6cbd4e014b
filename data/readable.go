package data

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Skip says how many bad files of a data set may be left out, and who hears of each.
type Skip struct {
	Most int
	Warn func(error)
	Key  string // what sets Most, for errors; "": --skip-bad
}

// SkipHint names the way past a bad file to the users of pack and refine.
func SkipHint(err error) error {
	return fmt.Errorf("%w (--skip-bad N leaves out up to N bad files)", err)
}

// subset is some images of a data set.
type subset struct {
	Dataset
	kept []int // their indices, ascending
}

// Choose returns the images of ds at the indices.
func Choose(ds Dataset, index []int) Dataset { return &subset{ds, index} }

// Readable returns ds without its bad files. It decodes every image once to find them, unless skip.Most is 0: then it
// returns ds, and the first bad file is an error when it is read. More bad files than skip.Most are an error. If ctx is
// cancelled, the error is its cause.
func Readable(ctx context.Context, ds Dataset, skip Skip) (Dataset, error) {
	if skip.Most == 0 || Mapped(ds) {
		return ds, nil
	}
	problems := make([]error, ds.Len())
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	var mu sync.Mutex
	bad := 0
	for i := 0; i < ds.Len() && inner.Err() == nil; i++ {
		group.Go(func() error {
			if _, problems[i] = ds.Sample(i); problems[i] == nil {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			if bad++; bad > skip.Most {
				return fmt.Errorf("more than %s %d bad files: %w", cmp.Or(skip.Key, "--skip-bad"), skip.Most, problems[i])
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s := &subset{Dataset: ds}
	for i, problem := range problems {
		if problem == nil {
			s.kept = append(s.kept, i)
		} else {
			skip.Warn(problem)
		}
	}
	if len(s.kept) == 0 {
		return nil, fmt.Errorf("no image of the data set can be read: %w", problems[0])
	}
	return s, nil
}

// Len returns the number of images that can be read.
func (s *subset) Len() int { return len(s.kept) }

// Name returns the name of image i.
func (s *subset) Name(i int) string { return s.Dataset.Name(s.kept[i]) }

// Sample returns image i.
func (s *subset) Sample(i int) (Sample, error) { return s.Dataset.Sample(s.kept[i]) }

// WriteLabels writes label files in the data set's own form. It returns errors.ErrUnsupported if there is none.
func (s *subset) WriteLabels(dir string, images []Refined) error {
	own, ok := s.Dataset.(LabelWriter)
	if !ok {
		return errors.ErrUnsupported
	}
	all := make([]Refined, len(images))
	for k, r := range images {
		all[k] = Refined{Index: s.kept[r.Index], Name: r.Name, Suffix: r.Suffix}
	}
	return own.WriteLabels(dir, all)
}
