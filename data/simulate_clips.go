package data

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"simgan/data/simulate"
	"simgan/internal/exit"
)

// SimulateClips writes n built-in eyes of the domain in clips of frames images into the new folder out: a folder per
// clip, labels.csv, and motion.csv. Within a clip the camera moves by whole pixels, and the face stays as it is. It
// calls done and fails as Simulate does.
func SimulateClips(ctx context.Context, domain string, n, frames int, seed uint64, out string,
	done func(done, total int)) error {
	if n < 1 || n > maxImages || frames < 2 || frames > MostFrames {
		return exit.Usagef("--n is %d and --frames %d; use 1 to %d images in clips of 2 to %d frames", n, frames, maxImages,
			MostFrames)
	}
	spec := fmt.Sprintf("simulated:eyes,domain=%s,n=%d,frames=%d,seed=%d", domain, n, frames, seed)
	ds, err := OpenContext(ctx, spec)
	if err != nil {
		return exit.Usagef("%w", err)
	}
	defer ds.Close()
	clips := ds.(*simulated)
	open := func(dir string, _ int) (sceneWriter[*simulate.Eye], error) { return newClipWriter(dir, clips) }
	return writeScenes(ctx, out, n, open, clips.eye, done)
}

// makeFolder makes a folder of the output.
func makeFolder(dir, name string) error {
	return os.MkdirAll(filepath.Join(dir, filepath.FromSlash(name)), 0o755)
}
