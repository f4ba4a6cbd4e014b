package data

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"
)

// kinds opens each kind of SPEC; filled at start-up, for the functions themselves name the kinds.
var kinds map[string]func(context.Context, Spec) (Dataset, error)

func init() {
	kinds = map[string]func(context.Context, Spec) (Dataset, error){
		"folder":      quick(openFolder),
		"gazeh5":      openGazeH5,
		"mpiigaze":    quick(openMPIIGaze),
		"nyu":         quick(openNYU),
		"pack":        quick(openPack),
		"simulated":   quick(openSimulated),
		"syntheseyes": quick(openSynthesEyes),
		"unityeyes":   quick(openUnityEyes),
	}
}

// quick is a kind whose opening reads too little to be worth a cancellation.
func quick(open func(Spec) (Dataset, error)) func(context.Context, Spec) (Dataset, error) {
	return func(_ context.Context, s Spec) (Dataset, error) { return open(s) }
}

// Kinds lists the kinds of SPEC that Open knows.
func Kinds() []string {
	names := make([]string, 0, len(kinds))
	for k := range kinds {
		names = append(names, k)
	}
	sort.Strings(names)
	return names
}

// Open is OpenContext without a way to stop it.
func Open(spec string) (Dataset, error) { return OpenContext(context.Background(), spec) }

// OpenContext opens the data set that a SPEC names; every kind takes equalize=true. Where ctx is cancelled meanwhile the
// error is its cause.
func OpenContext(ctx context.Context, spec string) (Dataset, error) {
	s, err := ParseSpec(spec)
	if err != nil {
		return nil, err
	}
	open, ok := kinds[s.Kind]
	if !ok {
		return nil, fmt.Errorf("data set %q: kind %q is unknown; there are %s", spec, s.Kind, strings.Join(Kinds(), ", "))
	}
	even, err := s.flag("equalize", false)
	if err != nil {
		return nil, err
	}
	delete(s.Params, "equalize")
	ds, err := open(ctx, s)
	if err != nil || !even {
		return ds, err
	}
	return equalize(ds, s)
}

// needFolder refuses a path that is no folder.
func needFolder(s Spec) error {
	info, err := os.Stat(s.Path)
	switch {
	case os.IsNotExist(err):
		return fmt.Errorf("data set %s: folder %s does not exist", s, s.Path)
	case err != nil:
		return fmt.Errorf("data set %s: %w", s, err)
	case !info.IsDir():
		return fmt.Errorf("data set %s: %s is no folder", s, s.Path)
	}
	return nil
}
