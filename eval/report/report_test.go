package report

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/data/picture"
	"simgan/eval"
)

func fill(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// gridText returns the PNG of a sample grid of two columns whose refined images are change levels lighter than the
// rendered ones.
func gridText(t *testing.T, change uint16) string {
	t.Helper()
	rows := make([][]picture.Image, 3)
	for r := range rows {
		for range 2 {
			m := picture.NewImage(1, 4, 6, 8)
			for i := range m.Pix {
				m.Pix[i] = uint16(10*i) + uint16(r%2)*change
			}
			rows[r] = append(rows[r], m)
		}
	}
	var file bytes.Buffer
	if err := picture.WritePNG(&file, picture.Grid(rows...)); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

const metrics = `{"step":1,"phase":"train","L_R":4,"L_D":2}
{"step":2,"phase":"train","L_R":3,"L_D":2.5}
`

func render(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	fill(t, dir, files)
	return renderDir(t, dir)
}

func renderDir(t *testing.T, dir string) string {
	t.Helper()
	path, err := Write(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPageShowsTheRun(t *testing.T) {
	text := render(t, map[string]string{
		"config.yaml": "data: {synthetic: 'folder:<script>alert(1)</script>'}", "metrics.jsonl": metrics, "DONE": "today",
		"samples/step-0000000.png": gridText(t, 1), "samples/step-0000200.png": gridText(t, 2),
		"eval.json": `{"synthetic":{"mean_degrees":10,"ci95":[9,11],"within_7_degrees":0.3},
			"refined":{"mean_degrees":5,"ci95":[4,6],"within_7_degrees":0.8},
			"real":{"mean_degrees":3,"ci95":[2,4],"within_7_degrees":0.9},"reading":["Better.","Or <b>not</b>."]}`,
	})
	for _, want := range []string{
		"Finished today", "5.00\u00b0", "<p>Better.</p>", "<p>Or &lt;b&gt;not&lt;/b&gt;.</p>",
		"refined, step 200", "150.0,0.0",
		"&lt;script&gt;", "changed by 0.02", // 2 levels of 255
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script>alert", "http://", "https://"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

func TestPageShowsHands(t *testing.T) {
	text := render(
		t,
		map[string]string{
			"config.yaml": "",
			"eval.json": `{"task":"hand","synthetic":{"mean_px":6,"ci95":[5.5,6.5],"pck_5px":0.6},
				"refined":{"mean_px":4.5,"ci95":[4,5],"pck_5px":0.75}}`,
		},
	)
	for _, want := range []string{"hand estimator", "4.50 px", "75.0 %", "joints within 5 px"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestPageShowsTheControl(t *testing.T) {
	page := render(t, map[string]string{"config.yaml": "", "eval.json": `{
		"synthetic":{"mean_degrees":10,"ci95":[9,11]},"refined":{"mean_degrees":5,"ci95":[4,6]},
		"control":{"mean_degrees":6,"ci95":[5,7]},"refined_control":{"mean_degrees":4.5,"ci95":[4,5]},
		"control_method":{"tone":"equalize","blur":1.2}}`})
	for _, want := range []string{"<td>refined&#43;control</td>", "blur 1.2, equalize", "not finished"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestBrokenMetrics(t *testing.T) {
	text := render(t, map[string]string{"config.yaml": "", "metrics.jsonl": metrics + `{"step":3,"pha`})
	if !strings.Contains(text, "Line 3 of metrics.jsonl, the last, is cut short") {
		t.Error("the cut line is not told")
	}
	dir := t.TempDir()
	fill(t, dir, map[string]string{"config.yaml": "", "metrics.jsonl": "nonsense\n" + metrics})
	if _, err := Write(dir, Options{}); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a broken line: %v", err)
	}
	if _, err := Write(t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "no run folder") {
		t.Errorf("no run: %v", err)
	}
}

// Classifiers are better with a higher figure; curves have scales that show them, and their last value.
func TestPageOfClassifiersAndCurves(t *testing.T) {
	page := render(t, map[string]string{
		"config.yaml": "", "metrics.jsonl": `{"step":1,"phase":"train","L_D":83,"d_real_right":0.6,"refined_variance":0.1}
{"step":2,"phase":"train","L_D":100,"d_real_right":0.7,"refined_variance":0.1}
`,
		"eval.json": `{"task":"classification","metric":"accuracy","higher_is_better":true,"labels":["shape"],"seeds":[1,2],
			"synthetic":{"accuracy":0.5,"ci95":[0.4,0.6]},"refined":{"accuracy":0.75,"ci95":[0.7,0.8]}}`,
		"eval/regression-x.json": `{"task":"regression","labels":["x"],"seeds":[1],
			"synthetic":{"mean_error":5,"ci95":[5,5],"r2":0.5},"refined":{"mean_error":4.12,"ci95":[4.12,4.12],"r2":0.6}}`,
	})
	for _, want := range []string{
		"<h3>eval regression: x</h3>", "<td>4.12</td><td>0.600</td>",
		"<td>75.00 %</td>", "Labels: shape", "over 2 estimators",
		`text-anchor="end">80</text>`, `L_D <b>100</b>`, "0.5: D guesses", `"points":[[1,0.6],[2,0.7]]`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// One seed has no interval: neither the sentences nor table and plot show one.
func TestPageOfOneSeed(t *testing.T) {
	page := render(t, map[string]string{"config.yaml": "", "eval.json": `{
		"task":"regression","seeds":[1],"labels":["x"],"unit":"units of the labels",
		"synthetic":{"mean_error":5.12,"ci95":[5.12,5.12],"r2":0.5},"refined":{"mean_error":4.12,"ci95":[4.12,4.12],"r2":0.6},
		"real":{"mean_error":3.12,"ci95":[3.12,3.12],"r2":0.7}}`})
	for _, want := range []string{
		"<th>mean error, units of the labels</th>", "below 0 is worse than always guessing the mean.</caption>",
		"one seed, so no interval", "<td>4.12</td><td>0.600</td>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"4.12 to", "95 % interval", "50 to 50"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

// The worst pairs come first: by D's verdict if there is one.
func TestGalleryShowsTheWorstFirst(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, map[string]string{"config.yaml": ""})
	pair := func(name string, change uint16, told float64) eval.Pair {
		before, after := picture.NewImage(1, 1, 1, 8), picture.NewImage(1, 1, 1, 8)
		after.Pix[0] = change
		return eval.Pair{Name: name, Rendered: before, Refined: after, Told: told}
	}
	for order, pairs := range map[string][]eval.Pair{
		// 102 of 255 levels: 0.8
		"R changes most":                {pair("mild", 51, math.NaN()), pair("worst", 102, math.NaN())},
		"D most confidently recognises": {pair("mild", 102, 0.25), pair("worst", 51, 0.75)},
	} {
		path, err := Write(dir, Options{Pairs: pairs, Note: "A note."})
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		page := string(text)
		worst, mild := strings.Index(page, "rendered worst"), strings.Index(page, "rendered mild")
		if worst < 0 || mild < worst {
			t.Errorf("%s: the worst pair does not come first", order)
		}
		for _, want := range []string{order, "A note.", `type="range"`, "changed by 0.80"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %q", order, want)
			}
		}
	}
}
