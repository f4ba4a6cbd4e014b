package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"simgan/internal/suggest"
)

// kinds holds the function that opens each kind of SPEC. init fills it, because these functions themselves use kinds.
var kinds map[string]func(context.Context, Spec) (Dataset, error)

func init() {
	kinds = map[string]func(context.Context, Spec) (Dataset, error){
		"folder":      quick(openFolder),
		"gazeh5":      openGazeH5,
		"mpiigaze":    openMPIIGaze,
		"nyu":         quick(openNYU),
		"pack":        quick(openPack),
		"simulated":   quick(openSimulated),
		"syntheseyes": quick(openSynthesEyes),
		"unityeyes":   quick(openUnityEyes),
		"unityeyes2":  quick(openUnityEyes2),
	}
}

// quick adapts a kind that opens too quickly to need cancellation.
func quick(open func(Spec) (Dataset, error)) func(context.Context, Spec) (Dataset, error) {
	return func(_ context.Context, s Spec) (Dataset, error) { return open(s) }
}

// Kinds returns the kinds of SPEC that Open knows, sorted.
func Kinds() []string {
	names := make([]string, 0, len(kinds))
	for k := range kinds {
		names = append(names, k)
	}
	sort.Strings(names)
	return names
}

// Open is OpenContext without cancellation.
func Open(spec string) (Dataset, error) { return OpenContext(context.Background(), spec) }

// OpenContext opens the data set that a SPEC names. Every kind accepts equalize=true, light=GAIN and brightness=FACTOR,
// and with 16 bits range=LOW:HIGH and holes=SHARE. If ctx is cancelled meanwhile, the error is its cause.
func OpenContext(ctx context.Context, spec string) (Dataset, error) {
	s, err := ParseSpec(spec)
	if err != nil {
		return nil, err
	}
	open, ok := kinds[s.Kind]
	if !ok {
		return nil, fmt.Errorf("data set %q: kind %q is unknown; use %s%s", spec, s.Kind, strings.Join(Kinds(), ", "),
			suggest.Hint(s.Kind, Kinds()))
	}
	even, err := s.flag("equalize", false)
	if err != nil {
		return nil, err
	}
	levels, gain, factor := s.text("range", ""), s.text("light", ""), s.text("brightness", "")
	holes := s.text("holes", "")
	for _, key := range []string{"equalize", "range", "light", "brightness", "holes"} {
		delete(s.Params, key)
	}
	source, err := open(ctx, s)
	if err != nil {
		return nil, err
	}
	ds, err := lit.of(source, s, gain)
	if err == nil {
		ds, err = brighten(ds, s, factor)
	}
	if err == nil {
		ds, err = equalize(ds, s, even)
	}
	if err == nil {
		ds, err = spread(ds, s, levels)
	}
	if err == nil {
		ds, err = holed.of(ds, s, holes)
	}
	if err != nil {
		return nil, errors.Join(err, source.Close())
	}
	return ds, nil
}

// needFolder returns an error if the path is not a folder.
func needFolder(s Spec) error {
	info, err := os.Stat(s.Path)
	switch {
	case os.IsNotExist(err) && !filepath.IsAbs(s.Path):
		here, _ := os.Getwd() // "" in a folder that was removed
		return fmt.Errorf("data set %s: folder %s does not exist in %s", s, s.Path, here)
	case os.IsNotExist(err):
		return fmt.Errorf("data set %s: folder %s does not exist", s, s.Path)
	case err != nil:
		return fmt.Errorf("data set %s: %w", s, err)
	case !info.IsDir():
		return fmt.Errorf("data set %s: %s is not a folder", s, s.Path)
	}
	return nil
}
