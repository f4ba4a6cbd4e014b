package trainer

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"simgan/trainer/config/tinyrun"
)

// Rendered eyes are not equalised, real ones are: a run says so at its start, with the key that changes it. Equalised
// renders need no warning.
func TestTonesFarApartAreWarnedOf(t *testing.T) {
	for _, equalized := range []bool{false, true} {
		spec := "simulated:eyes,n=20"
		if equalized {
			spec += ",equalize=true"
		}
		var said bytes.Buffer
		o := Options{Dir: t.TempDir() + "/run", Until: 1, Out: &said}
		_ = Run(context.Background(), tinyrun.Config(t, "data.synthetic="+spec), o) // it pauses, which is an error
		if got := strings.Contains(said.String(), "set data.synthetic="+spec+",equalize=true"); got == equalized {
			t.Errorf("%s: warned %v\n%s", spec, got, said.String())
		}
	}
}
