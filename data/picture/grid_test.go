package picture

import (
	"reflect"
	"testing"
)

// Ungrid finds the images that Grid was given, whatever their number, and refuses a picture that is no grid.
func TestUngrid(t *testing.T) {
	for _, columns := range []int{1, 3, 10} {
		rows := make([][]Image, 3)
		for r := range rows {
			for k := range columns {
				m := NewImage(3, 4, 6, 8)
				for i := range m.Pix {
					m.Pix[i] = uint16((i*37 + 11*k + 101*r) % 256)
				}
				rows[r] = append(rows[r], m)
			}
		}
		grid := Grid(rows...)
		got, ok := Ungrid(grid, 3, 10)
		if !ok || !reflect.DeepEqual(got, rows) {
			t.Errorf("%d columns: %v, not what Grid was given", columns, ok)
		}
		grid.Pix[0]++
		if _, ok := Ungrid(grid, 3, 10); ok {
			t.Errorf("%d columns: a picture with a spoilt line is taken for a grid", columns)
		}
	}
	if _, ok := Ungrid(NewImage(1, 1, 1, 8), 3, 10); ok {
		t.Error("one pixel is taken for a grid")
	}
}
