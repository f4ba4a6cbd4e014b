package report

import (
	"strings"
	"testing"
)

// The page says how far labels moved, shows the worst pairs and escapes names. A file without figures is an error.
func TestPageShowsWhatMoved(t *testing.T) {
	text := render(t, map[string]string{
		"config.yaml": "seed: 1", "labels-worst.png": gridText(t, 1),
		"labels.json": `{"method":"fit","pairs":9,"limit":1.1,"moved":true,"error_real":{},"figures":[{"name":"<pupil>",
			"unit":"px","shift":{"mean":2,"sd":0.5},"error_rendered":{"mean":0.3,"sd":0.2},"error_refined":{"mean":2.1,"sd":0.6}}]}`,
	})
	for _, want := range []string{
		"Do labels stay?", "moved the &lt;pupil&gt; by 2 &#43;- 0.5 px on average (limit 1.1): labels moved",
		"the pairs that moved most", "0.3 &#43;- 0.2",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(render(t, map[string]string{"config.yaml": "seed: 1"}), "Do labels stay?") {
		t.Error("the page has a section of labels that nobody measured")
	}
	dir := t.TempDir()
	fill(t, dir, map[string]string{"config.yaml": "seed: 1", "labels.json": "{}"})
	if _, err := Write(dir, Options{}); err == nil || !strings.Contains(err.Error(), "labels.json") {
		t.Errorf("labels.json without figures: %v", err)
	}
}

// The page shows the pooled answers of the visual Turing test.
func TestPageShowsTheTuringTest(t *testing.T) {
	text := render(t, map[string]string{
		"config.yaml": "seed: 1",
		"turing.json": `{"pooled":[{"checkpoint":"step-<9>","tests":10,"result":{"answers":1000,"correct":517,"p_value":0.148}}]}`,
	})
	for _, want := range []string{"Can people tell?", "10 tests of step-&lt;9&gt;: 517 of 1000 answers are correct", "0.148"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
