package eval

import (
	"bytes"
	"encoding/gob"
	"math"
	"slices"
	"testing"
)

// Estimators of the same images follow one another, whatever their row; those of a row keep their order.
func TestCandidatesOfTheSameImagesAreTogether(t *testing.T) {
	row := func(name, images string) kind {
		return kind{name: name, sets: []source{{name + "-1", images + "-1", nil}, {name + "-2", images + "-2", nil}}}
	}
	var got []string
	for _, c := range candidates([]kind{row("a", "A"), row("b", "B"), row("self", "A")}, []uint64{1, 2}) {
		got = append(got, c.source.name)
	}
	want := []string{
		"a-1", "a-1", "self-1", "self-1", "a-2", "a-2", "self-2", "self-2", "b-1", "b-1", "b-2", "b-2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Outcomes keep every bit on their way between processes, NaN and the errors of joints included.
func TestOutcomesKeepTheirBits(t *testing.T) {
	sent := map[int]outcome[jointError]{7: {[]jointError{{math.NaN(), 1.0 / 3}, {0, math.Inf(1)}}, 40}}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(sent); err != nil {
		t.Fatal(err)
	}
	got := map[int]outcome[jointError]{3: {nil, 2}}
	if err := gob.NewDecoder(&text).Decode(&got); err != nil {
		t.Fatal(err)
	}
	errs := got[7].Errors
	if len(got) != 2 || got[7].Steps != 40 || !math.IsNaN(errs[0].PX) || errs[0].MM != 1.0/3 ||
		!math.IsInf(errs[1].MM, 1) {
		t.Errorf("%+v", got)
	}
}
