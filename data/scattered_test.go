package data

import (
	"slices"
	"testing"
)

// Of 60 images whose classes repeat as 0, 1, 2, the ten chosen ones have every class; every sixth has only class 0.
func TestScattered(t *testing.T) {
	var classes [3]int
	index := Scattered(60, 10)
	for k, i := range index {
		if i < 6*k || i >= 6*k+6 {
			t.Errorf("number %d is %d, outside its part", k, i)
		}
		classes[i%3]++
	}
	if slices.Min(classes[:]) < 2 {
		t.Errorf("classes are chosen %v times", classes)
	}
	if got := Scattered(3, 10); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("of three images: %v", got)
	}
	if got := Scattered(0, 10); len(got) > 0 {
		t.Errorf("of no image: %v", got)
	}
}
