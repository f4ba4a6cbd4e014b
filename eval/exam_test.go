package eval

import (
	"bytes"
	"encoding/gob"
	"math"
	"testing"
)

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
	if len(got) != 2 || got[7].Steps != 40 || !math.IsNaN(errs[0].PX) || errs[0].MM != 1.0/3 || !math.IsInf(errs[1].MM, 1) {
		t.Errorf("%+v", got)
	}
}
