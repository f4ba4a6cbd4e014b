package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"simgan/internal/exit"
	"simgan/internal/ranks"
	"simgan/trainer/rundir"
)

// runSeeds trains n runs that differ in their seed, one after the other: seed first in the folder seed-first of o.run,
// and so on. A run that has begun is resumed, and one that is done is left alone: the same command finishes what was
// stopped.
func runSeeds(ctx context.Context, o trainOptions, first uint64, n int, out io.Writer) error {
	place, err := ranks.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	switch {
	case place.Several():
		return exit.Usagef("--seeds trains runs one after the other, in one process: start it without a launcher")
	case o.job.asked():
		return exit.Usagef("--slurm-script and --kubernetes are for one run; leave out --seeds, or use a sweep over seed")
	case n < 1:
		return exit.Usagef("--seeds is %d; use 1 or more", n)
	case o.run == "":
		return exit.Usagef("--seeds needs --run, the folder of the runs")
	case o.resume:
		return exit.Usagef("--seeds resumes runs that have begun; leave out --resume")
	case o.until > 0:
		return exit.Usagef("--seeds and --until exclude each other: the second run would never begin")
	case slices.ContainsFunc(o.settings, func(s string) bool { return strings.HasPrefix(s, "seed=") }):
		return exit.Usagef("--seeds counts from --seed; leave out --set seed")
	}
	if _, err := os.Stat(filepath.Join(o.run, rundir.ConfigFile)); err == nil {
		return exit.Usagef("--run %s is a run itself; give --seeds another folder", o.run)
	}
	for seed := first; seed < first+uint64(n); seed++ {
		one := o
		one.run, one.goOn = rundir.OfSeed(o.run, seed), true
		one.settings = append(append([]string{}, o.settings...), fmt.Sprintf("seed=%d", seed))
		fmt.Fprintf(out, "run %d of %d: %s\n", seed-first+1, n, one.run)
		if err := runTrain(ctx, one, out); err != nil {
			return fmt.Errorf("%s: %w", one.run, err)
		}
	}
	if o.dry {
		return nil
	}
	return nextEvaluation(out, o.run, given("--device", o.device))
}
