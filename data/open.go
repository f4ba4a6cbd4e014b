package data

import (
	"fmt"
	"os"
	"sort"
	"strings"
)

// kinds opens each kind of SPEC; filled at start-up, for the functions themselves name the kinds.
var kinds map[string]func(Spec) (Dataset, error)

func init() {
	kinds = map[string]func(Spec) (Dataset, error){
		"folder":      openFolder,
		"gazeh5":      openGazeH5,
		"mpiigaze":    openMPIIGaze,
		"nyu":         openNYU,
		"pack":        openPack,
		"simulated":   openSimulated,
		"syntheseyes": openSynthesEyes,
		"unityeyes":   openUnityEyes,
	}
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

// Open opens the data set that a SPEC names; every kind takes equalize=true.
func Open(spec string) (Dataset, error) {
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
	ds, err := open(s)
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
