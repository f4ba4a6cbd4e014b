package rundir

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// OfSeed returns the run folder of a seed among runs that differ in their seed.
func OfSeed(dir string, seed uint64) string { return filepath.Join(dir, fmt.Sprintf("seed-%d", seed)) }

// Runs returns the run folders that dir stands for: dir itself, or, if it is no run folder, the runs of seeds in it,
// ascending. A folder that holds neither stands for itself.
func Runs(dir string) []string {
	if _, err := os.Stat(filepath.Join(dir, ConfigFile)); err == nil {
		return []string{dir}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return []string{dir}
	}
	var seeds []uint64
	for _, e := range entries {
		var seed uint64
		if _, err := fmt.Sscanf(e.Name(), "seed-%d", &seed); err != nil || OfSeed(dir, seed) != filepath.Join(dir, e.Name()) {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, e.Name(), ConfigFile)); err == nil {
			seeds = append(seeds, seed)
		}
	}
	if seeds == nil {
		return []string{dir}
	}
	slices.Sort(seeds)
	runs := make([]string, len(seeds))
	for i, seed := range seeds {
		runs[i] = OfSeed(dir, seed)
	}
	return runs
}
