package trainer

import (
	"os"
	"strings"
	"testing"

	"simgan/trainer/rundir"
)

// FuzzState reads any state.json. The error names the file; what is accepted has no number below 0 that counts.
func FuzzState(f *testing.F) {
	f.Add(`{"phase":"train","step":4,"synthetic":{"next":8,"skipped":[1]},"metrics_bytes":10,"guards":{"collapse":1},"sha256":{}}`)
	f.Add(`{"phase":"train","metrics_bytes":-1,"sha256":{"../x":"00"}}`)
	f.Add(`{"noise":"AAAA","window":{"l_reg":{"sum":1e39,"count":-1}}}`)
	dir := f.TempDir()
	path := rundir.StatePath(dir)
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		st, err := readState(dir)
		if err != nil {
			if !strings.Contains(err.Error(), dir) {
				t.Errorf("%v does not name the checkpoint", err)
			}
			return
		}
		if st.Metrics < 0 {
			t.Errorf("metrics_bytes is %d", st.Metrics)
		}
		for name, n := range st.Guards {
			if n < 0 {
				t.Errorf("guard %q is %d", name, n)
			}
		}
	})
}
