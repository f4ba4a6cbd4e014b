package eval

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"simgan/data"
	"simgan/trainer/config"
)

// Usual returns the evaluation that belongs to the labels of a SPEC's kind, gaze or hand; "" if the kind does not say.
func Usual(spec string) string {
	kind, _, _ := strings.Cut(spec, ":")
	switch {
	case strings.HasPrefix(spec, "simulated:hands"), kind == "nyu":
		return "hand"
	case strings.HasPrefix(spec, "simulated:eyes"), kind == "mpiigaze", kind == "gazeh5", strings.HasSuffix(kind, "eyes"),
		kind == "unityeyes2":
		return "gaze"
	}
	return ""
}

// Fitting returns the name and the flags of the evaluation that fits a run's data: by the kind of its SPECs or, if the
// kind does not say, by the columns that vary in synthetic and test images alike, which it opens for that. Without such
// columns it is realism, which needs no labels.
func Fitting(d config.Data) []string {
	none := []string{"realism"}
	if d.Test == "" {
		return none
	}
	if usual := Usual(d.Synthetic); usual != "" {
		return []string{usual}
	}
	numbers, texts := varied(d.Synthetic)
	testNumbers, testTexts := varied(d.Test)
	switch numbers, texts = common(numbers, testNumbers), common(texts, testTexts); {
	case slices.Equal(numbers, data.GazeLabels):
		return []string{"gaze"}
	case numbers != nil:
		return []string{"regression", "--labels", columnsFlag(numbers)}
	case texts != nil:
		return []string{"classification", "--labels", columnsFlag(texts[:1])}
	}
	return none
}

// columnsFlag writes columns as --labels takes them.
func columnsFlag(names []string) string {
	var text strings.Builder
	_ = csv.NewWriter(&text).WriteAll([][]string{names}) // a Builder returns no error
	return strings.TrimSuffix(text.String(), "\n")
}

// common returns the names that are in both lists, in the order of the first.
func common(a, b []string) (both []string) {
	for _, name := range a {
		if slices.Contains(b, name) {
			both = append(both, name)
		}
	}
	return both
}

// varied returns the columns of numbers and of texts in which some of a few images of a data set differ, but the texts
// not all of them; none if the data set cannot be read.
func varied(spec string) (numbers, texts []string) {
	ds, err := data.Open(spec)
	if err != nil {
		return nil, nil
	}
	defer ds.Close()
	few, info := data.Spread(ds, 64), ds.Info()
	seen, read := map[string]map[string]bool{}, 0
	for _, name := range slices.Concat(info.LabelNames, info.Text) {
		seen[name] = map[string]bool{}
	}
	for i := range few.Len() {
		s, err := few.Sample(i)
		if err != nil {
			continue
		}
		read++
		for k, v := range s.Label {
			seen[info.LabelNames[k]][fmt.Sprint(v)] = true
		}
		for k, v := range s.Text {
			seen[info.Text[k]][v] = true
		}
	}
	for _, name := range info.LabelNames {
		if len(seen[name]) > 1 {
			numbers = append(numbers, name)
		}
	}
	for _, name := range info.Text {
		if n := len(seen[name]); n > 1 && n < read {
			texts = append(texts, name)
		}
	}
	return numbers, texts
}
