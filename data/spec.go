package data

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"simgan/data/picture"
	"simgan/internal/home"
	"simgan/internal/suggest"
)

// Spec is a parsed SPEC, which names a data set: kind:path[,key=value]...
type Spec struct {
	Kind, Path string
	Params     map[string]string
}

// paramKey matches what may be a parameter's key, mistyped or not.
var paramKey = regexp.MustCompile(`^\w+$`)

// ParseSpec reads kind:path[,key=value]... A comma that no key=value follows belongs to the path; a key has only
// letters and digits. A leading ~ is the user's home.
func ParseSpec(text string) (Spec, error) {
	kind, rest, ok := strings.Cut(text, ":")
	if !ok || kind == "" || rest == "" {
		hint := ""
		if exists(text) {
			hint = fmt.Sprintf("; did you mean \"folder:%s\"?", text)
		}
		return Spec{}, fmt.Errorf("data set %q: write kind:path[,key=value]..., where kind is one of %s%s",
			text, strings.Join(Kinds(), ", "), hint)
	}
	s := Spec{Kind: kind, Params: map[string]string{}}
	for i, part := range strings.Split(rest, ",") {
		key, value, isParam := strings.Cut(part, "=")
		switch {
		case i == 0:
			s.Path = part
		case !isParam || !paramKey.MatchString(key):
			if len(s.Params) > 0 {
				return s, fmt.Errorf("data set %q: %q is not key=value", text, part)
			}
			s.Path += "," + part
		default:
			if _, twice := s.Params[key]; twice {
				return s, fmt.Errorf("data set %q: %s is given twice", text, key)
			}
			s.Params[key] = value
		}
	}
	s.Path = home.Expand(s.Path)
	for _, key := range []string{"labels", "centres"} {
		if file, ok := s.Params[key]; ok {
			s.Params[key] = home.Expand(file)
		}
	}
	return s, nil
}

// String returns the SPEC in the form that ParseSpec reads.
func (s Spec) String() string {
	keys := make([]string, 0, len(s.Params))
	for k := range s.Params {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	text := s.Kind + ":" + s.Path
	for _, k := range keys {
		text += "," + k + "=" + s.Params[k]
	}
	return text
}

// Overlaps reports whether two SPECs name the same images or may share some. Parameters for the images' form or number
// make no difference.
func (s Spec) Overlaps(o Spec) bool {
	if s.Kind != o.Kind || filepath.Clean(s.Path) != filepath.Clean(o.Path) {
		return false
	}
	if s.Kind == "simulated" {
		return s.text("domain", "synthetic") == o.text("domain", "synthetic") &&
			s.text("seed", "1") == o.text("seed", "1")
	}
	mine, others := s.text("people", ""), o.text("people", "")
	if mine == "" || others == "" {
		return true
	}
	return slices.ContainsFunc(strings.Split(mine, "+"), func(person string) bool {
		return slices.Contains(strings.Split(others, "+"), person)
	})
}

// Overlap reports whether two SPECs Overlap, as text. An empty SPEC names no images.
func Overlap(a, b string) (bool, error) {
	var specs [2]Spec
	for i, text := range []string{a, b} {
		if text == "" {
			return false, nil
		}
		var err error
		if specs[i], err = ParseSpec(text); err != nil {
			return false, err
		}
	}
	return specs[0].Overlaps(specs[1]), nil
}

// only returns an error if the SPEC has parameters other than keys.
func (s Spec) only(keys ...string) error {
	for k := range s.Params {
		if !slices.Contains(keys, k) {
			return fmt.Errorf("data set %s: %s: has no parameter %q; use %s%s", s, s.Kind, k, strings.Join(keys, ", "),
				suggest.Hint(k, keys))
		}
	}
	return nil
}

// text returns a parameter's value, or the fallback.
func (s Spec) text(key, fallback string) string {
	if v, ok := s.Params[key]; ok {
		return v
	}
	return fallback
}

// integer returns a parameter's integer >= 0, or the fallback.
func (s Spec) integer(key string, fallback int) (int, error) {
	v, ok := s.Params[key]
	if !ok {
		return fallback, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("data set %s: %s=%s is not an integer of 0 or more", s, key, v)
	}
	return n, nil
}

// seed returns the parameter seed, or the fallback.
func (s Spec) seed(fallback uint64) (uint64, error) {
	v, ok := s.Params["seed"]
	if !ok {
		return fallback, nil
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("data set %s: seed=%s is not an integer of 0 to 2^64 - 1", s, v)
	}
	return n, nil
}

// maxImages bounds the images of a data set. Their order takes 2 GB.
const maxImages = 1 << 28

// images returns the parameter n, the number of images, or the fallback.
func (s Spec) images(fallback int) (int, error) {
	n, err := s.integer("n", fallback)
	if err == nil && n > maxImages {
		err = fmt.Errorf("data set %s: n is %d; a data set may have %d images", s, n, maxImages)
	}
	return n, err
}

// flag returns a parameter's boolean, or the fallback.
func (s Spec) flag(key string, fallback bool) (bool, error) {
	v, ok := s.Params[key]
	if !ok {
		return fallback, nil
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		return false, fmt.Errorf("data set %s: %s=%s is neither true nor false", s, key, v)
	}
	return b, nil
}

// size returns the parameter size=HxW, height first. ok is false if it is absent.
func (s Spec) size() (h, w int, ok bool, err error) {
	v, ok := s.Params["size"]
	if !ok {
		return 0, 0, false, nil
	}
	hs, ws, cut := strings.Cut(v, "x")
	h, herr := strconv.Atoi(hs)
	w, werr := strconv.Atoi(ws)
	if !cut || herr != nil || werr != nil || h < 1 || w < 1 {
		return 0, 0, false, fmt.Errorf("data set %s: size=%s: write HxW, height first, for example size=35x55", s, v)
	}
	if err := picture.CheckSize("size="+v, w, h); err != nil {
		return 0, 0, false, fmt.Errorf("data set %s: %w", s, err)
	}
	return h, w, true, nil
}

// gazeSize returns the size of a gaze data set's images: size=HxW, or else the paper's 35 x 55.
func (s Spec) gazeSize() (h, w int, err error) {
	h, w, ok, err := s.size()
	if !ok {
		h, w = GazeHeight, GazeWidth
	}
	return h, w, err
}

// gazeInfo checks the SPEC of a folder of eyes, which may have the keys, and returns the Info of its grey images.
func (s Spec) gazeInfo(keys ...string) (Info, error) {
	if err := errors.Join(s.only(keys...), needFolder(s)); err != nil {
		return Info{}, err
	}
	h, w, err := s.gazeSize()
	return Info{Kind: s.Kind, C: 1, H: h, W: w, Bits: 8, LabelNames: GazeLabels}, err
}

// Size of the paper's gaze images in pixels.
const (
	GazeHeight = 35
	GazeWidth  = 55
)
