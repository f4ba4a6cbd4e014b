package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page of several runs has the keys that differ and no others, a curve per run, and the figures side by side.
func TestCompare(t *testing.T) {
	base := t.TempDir()
	for name, lambda := range map[string]string{"one": "0.01", "two": "0.02"} {
		fill(t, filepath.Join(base, name), map[string]string{
			"config.yaml": "train: {lambda: " + lambda + ", batch: 8}", "metrics.jsonl": strings.ReplaceAll(metrics, "L_R", "l_reg"),
			"samples/step-0000010.png": gridText(t, 1),
			"eval.json": `{"task":"classification","metric":"accuracy","higher_is_better":true,"data":{"test":"folder:` + name + `"},
				"seeds":[1,2],"synthetic":{"accuracy":0.5,"ci95":[0.4,0.6]},"refined":{"accuracy":0.75,"ci95":[0.7,0.8]}}`,
		})
	}
	path := filepath.Join(base, "compare.html")
	if err := Compare([]string{filepath.Join(base, "one"), filepath.Join(base, "two")}, path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, want := range []string{
		"2 runs compared", `<td>train.lambda</td><td class="spec">0.01</td><td class="spec">0.02</td>`, "75.00 %",
		"tested on different images", "two, refined, step 10", "</svg>two <b>3</b>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "train.batch") {
		t.Error("the page shows a key that is the same in both runs")
	}
	if err := Compare([]string{base}, path); err == nil || !strings.Contains(err.Error(), "no run folder") {
		t.Errorf("a folder without a run: %v", err)
	}
}

// Runs of the same name are told apart by their paths.
func TestCompareNames(t *testing.T) {
	runs := []*run{{name: "a", dir: "x/a"}, {name: "a", dir: "y/a/"}}
	if distinguish(runs); runs[0].name != "x/a" || runs[1].name != "y/a" {
		t.Errorf("names are %q and %q", runs[0].name, runs[1].name)
	}
}
