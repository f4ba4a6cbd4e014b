package sweep

import "testing"

// An evaluation trains no more rows than its field needs.
func TestOnlyTheFieldsRowIsJudged(t *testing.T) {
	for field, want := range map[string]string{
		"refined.mean_degrees": "refined", "refined_control.mean_px": "refined+control", "control.mean_degrees": "control",
		"gap_closed_beyond_control.mean": "", "gap_closed.mean": "",
	} {
		if got := (&Objective{Field: field}).only(); got != want {
			t.Errorf("%s: row %q, want %q", field, got, want)
		}
	}
}
