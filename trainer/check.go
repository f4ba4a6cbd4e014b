package trainer

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"simgan/data"
	"simgan/internal/exit"
	"simgan/trainer/config"
)

// checked is the number of images of each set that are opened before a run begins.
const checked = 64

// checkData opens a sample of both sets. It notes what may spoil the training, and refuses sets with more bad files
// than data.skip_bad in it, naming all of them.
func (r *run) checkData(ctx context.Context) error {
	x, err := r.checkSet(ctx, "data.synthetic", r.synthetic.Set)
	if err != nil {
		return err
	}
	y, err := r.checkSet(ctx, "data.real", r.real.Set)
	if err != nil {
		return err
	}
	for _, w := range data.Differences(x, y) {
		r.log("warning: %s", w)
	}
	return nil
}

func (r *run) checkSet(ctx context.Context, key string, set data.Dataset) (*data.Findings, error) {
	f, err := data.Inspect(ctx, set, checked, nil)
	if err != nil {
		return nil, err
	}
	if len(f.Bad) > r.config.Data.SkipBad {
		text := make([]string, len(f.Bad))
		for i, err := range f.Bad {
			text[i] = err.Error()
		}
		return nil, exit.Usagef("config: %s: %d of %d images cannot be read (simgan check opens all %d):\n%s",
			key, len(f.Bad), f.Opened, f.Len, strings.Join(text, "\n"))
	}
	if b := r.config.Train.Batch; b > f.Len {
		r.log("warning: %s has %d images, fewer than train.batch=%d: every step sees some of them more than once",
			key, f.Len, b)
	}
	for _, w := range f.Warnings() {
		r.log("warning: %s: %s", key, w)
	}
	return f, nil
}

// Try does what Run does before its first step, without a run folder, and returns what Run would log in each of n
// processes. dir is where the run folder would be.
func Try(ctx context.Context, c config.Config, dir string, n int) (notes []string, err error) {
	if c, err = c.ShareOf(n); err != nil {
		return nil, err
	}
	r := &run{config: c}
	defer r.close()
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	for _, set := range []struct {
		spec string
		data data.Dataset
	}{{c.Data.Synthetic, r.synthetic.Set}, {c.Data.Real, r.real.Set}} {
		i := set.data.Info()
		r.log("%s: %d images of %dx%dx%d", set.spec, set.data.Len(), i.C, i.H, i.W)
	}
	err = r.checkNeeds(dir)
	return r.notes, err
}

// existing returns the folder, or the nearest one above it that exists.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
