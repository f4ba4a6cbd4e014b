package sweep

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// The keys of an evaluation become flags of eval, each value one word.
func TestEvaluationsOfAnyTask(t *testing.T) {
	for want, o := range map[string]Objective{
		"refined.accuracy|--labels|the class|--test|folder:v|--only|refined": {
			Evaluation: "classification", Labels: "the class",
		},
		"refined.mean_error|--labels|x,y|--error|angular|--test|folder:v|--only|refined": {
			Evaluation: "regression", Labels: "x,y", Error: "angular",
		},
		"refined.value|--train|python t.py --a 'b'|--timeout|1m30s|--test|folder:v|--only": {
			Evaluation: "external", Train: "python t.py --a 'b'", Timeout: Duration(90 * time.Second),
		},
		"refined.mean_px|--test|folder:v|--only|refined": {Evaluation: "hand"},
	} {
		o.Direction, o.Validation = "minimise", "folder:v"
		if problems := o.check(); len(problems) > 0 {
			t.Errorf("%s: %v", want, problems)
		}
		s := Sweep{File: File{Objective: o}}
		args := s.evalArgs(&Trial{dir: "d"}, 0, slot{})
		flags := o.Field + "|" + strings.Join(args[slices.Index(args, "--seeds")+2:], "|")
		if args[1] != o.Evaluation || !strings.HasPrefix(flags, want) {
			t.Errorf("%v: %s, want %s", args, flags, want)
		}
	}
}

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
