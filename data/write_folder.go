package data

import (
	"context"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"simgan/data/picture"
)

// WriteFolder writes the images of a batch of LoadLevels as PNG files, named by name, into the new folder out, with a
// labels.csv: the file, the columns of text, then those of numbers. `folder:OUT` reads the result. The folder appears
// only after everything is written. If ctx is cancelled, the error is its cause.
func WriteFolder(ctx context.Context, out string, info Info, b *Batch, name func(i int) string) error {
	table := labelTable{header: append(append([]string{"file"}, info.Text...), info.LabelNames...)}
	for i := range b.N {
		table.add(i, append([]string{name(i)}, b.Text(i)...), b.Label(i))
	}
	return intoNew(out, func(dir string) error {
		group, inner := errgroup.WithContext(ctx)
		group.SetLimit(runtime.NumCPU())
		for i := 0; i < b.N && inner.Err() == nil; i++ {
			group.Go(func() error { return picture.EncodePNG(filepath.Join(dir, name(i)), b.ImageOf(i)) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return table.write(filepath.Join(dir, "labels.csv"))
	})
}
