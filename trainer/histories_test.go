package trainer

import (
	"slices"
	"testing"

	"simgan/data"
	"simgan/trainer/simgan"
)

// Histories stay with their processes, or are dealt again in equal parts if their number changes.
func TestHistoriesAreDealt(t *testing.T) {
	for _, c := range []struct {
		held []int
		n    int
		want []int
	}{
		{[]int{3, 5}, 2, []int{0, 3, 8}},
		{[]int{3, 5}, 1, []int{0, 8}},
		{[]int{3, 5}, 4, []int{0, 2, 4, 6, 8}},
		{[]int{8}, 3, []int{0, 2, 5, 8}},
		{[]int{0, 0}, 3, []int{0, 0, 0, 0}},
	} {
		if got := dealt(c.held, c.n); !slices.Equal(got, c.want) {
			t.Errorf("%v among %d: %v, want %v", c.held, c.n, got, c.want)
		}
	}
}

// One process that goes on with the run of two averages their log windows and skips the bad files of both.
func TestPartOfAnotherNumber(t *testing.T) {
	window := func(sum float32) map[string]simgan.Total { return map[string]simgan.Total{"L_R": {Sum: sum, Count: 4}} }
	st := state{State: simgan.State{Step: 7, Held: 3, Maps: []int64{1, 2, 3}, Window: window(2)}}
	st.Synthetic = data.Position{Next: 56, Skipped: []int{4}}
	other := share{State: simgan.State{Step: 7, Held: 5, Maps: []int64{4, 5, 6, 7, 8}, Window: window(6)}}
	other.Synthetic = data.Position{Next: 56, Skipped: []int{1, 4}}
	st.Others = []share{other}
	got := (&run{}).part(st)
	if got.Step != 7 || got.Held != 3 || got.Window["L_R"] != (simgan.Total{Sum: 4, Count: 4}) {
		t.Errorf("the part is %+v", got.State)
	}
	if got.Synthetic.Next != 56 || !slices.Equal(got.Synthetic.Skipped, []int{1, 4}) {
		t.Errorf("synthetic images continue at %+v", got.Synthetic)
	}
	if all := historyMaps(st); !slices.Equal(all, []int64{1, 2, 3, 4, 5, 6, 7, 8}) || !slices.Equal(st.Maps, all[:3]) {
		t.Errorf("the images' weights are %v, of the first history %v", all, st.Maps)
	}
}
