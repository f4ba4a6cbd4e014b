package trainer

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"simgan/trainer/config/tinyrun"
)

// Rendered eyes are not equalised, real ones are: a run says so at its start, once, with the key that changes it.
// Equalised renders need no warning.
func TestTonesFarApartAreWarnedOf(t *testing.T) {
	for _, equalized := range []bool{false, true} {
		spec := "simulated:eyes,n=20"
		if equalized {
			spec += ",equalize=true"
		}
		var said bytes.Buffer
		o := Options{Dir: t.TempDir() + "/run", Until: 1, Out: &said}
		if err := Run(context.Background(), tinyrun.Config(t, "data.synthetic="+spec), o); err != nil {
			t.Fatal(err)
		}
		want := 1
		if equalized {
			want = 0
		}
		if got := strings.Count(said.String(), "warning: the levels of the two sets differ"); got != want ||
			strings.Contains(said.String(), "equalize=true in the SPEC of the synthetic images") == equalized {
			t.Errorf("%s: warned %d times\n%s", spec, got, said.String())
		}
	}
}
