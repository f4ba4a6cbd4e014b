package report

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"simgan/data/adapt"
	"simgan/data/picture"
	"simgan/eval"
)

const measuredMetrics = `{"step":100,"phase":"train","realism_distance":0.3,"realism_distance_synthetic":0.4}
{"step":150,"phase":"train","L_R":2}
{"step":200,"phase":"train","realism_distance":0.1,"realism_distance_synthetic":0.4}
{"step":300,"phase":"train","realism_distance":0.2,"realism_distance_synthetic":0.4}
`

// The page names the best checkpoint, draws what realism.json holds, and shows the exact interval's place.
func TestPageShowsRealism(t *testing.T) {
	figures := func(told, low, high float64) *eval.RealismFigures {
		f := &eval.RealismFigures{Profile: adapt.NewProfile([]picture.Image{picture.NewImage(1, 8, 8, 8)})}
		f.TwoSample.Measured = eval.Measured{Mean: told, CI95: &[2]float64{low, high}}
		f.KID = eval.Measured{Mean: 0.25, CI95: &[2]float64{0.125, 0.5}}
		return f
	}
	r := eval.RealismResult{Images: 77}
	r.Synthetic, r.Refined, r.Real = figures(0.99, 0.98, 1), figures(0.7, 0.64, 0.76), figures(0.5, 0.45, 0.55)
	r.Checkpoints = []string{"step-0000200"}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	state := func(distance string) string { return `{"realism":{"distance":` + distance + `,"synthetic":0.4}}` }
	page := render(t, map[string]string{
		"config.yaml": "", "metrics.jsonl": measuredMetrics, "realism.json": string(text),
		"checkpoints/step-0000200/state.json": state("0.1"), "checkpoints/step-0000300/state.json": state("0.2"),
	})
	for _, want := range []string{
		"The distance was least at step 200: 0.1. At step 300 it was 0.2", "<td>200</td><td>0.1</td><td><b>best</b></td>",
		"<td>300</td><td>0.2</td><td>latest </td>",
		"right on 70.0 % of held-out images; of the synthetic images as they are on 99.0 %",
		"77 images per row", "checkpoint step-0000200", "left:40.00%;width:20.00%", "level 0.9792", "cycles per pixel 0.4896",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	choice := fmt.Sprintf(`{"step":200,"state_sha256":"%x","task":"gaze","validation":"folder:some"}`,
		sha256.Sum256([]byte("{}")))
	page = render(t, map[string]string{
		"config.yaml": "", "metrics.jsonl": metrics, "checkpoints/step-0000200/state.json": "{}",
		"checkpoints/step-0000300/state.json": "{}", "best.json": choice,
	})
	want := "<td>not measured</td><td><b>best</b> (chosen by eval gaze on folder:some)</td>"
	if !strings.Contains(page, want) {
		t.Errorf("the page of a run that measured nothing lacks %q", want)
	}
	page = render(t, map[string]string{"config.yaml": "", "metrics.jsonl": metrics})
	if strings.Contains(page, "How real refined images look") {
		t.Error("a run that measured nothing has the section")
	}
}

// What the curve says: still falling, least before the end, or no better than the synthetic images.
func TestAdvice(t *testing.T) {
	falling, _, _ := strings.Cut(measuredMetrics, `{"step":300`)
	for metrics, want := range map[string]string{
		falling: "still falling at the last measurement",
		`{"step":9,"phase":"train","realism_distance":0.5,"realism_distance_synthetic":0.4}` + "\n": "as they are have 0.4",
	} {
		page := render(t, map[string]string{"config.yaml": "", "metrics.jsonl": metrics})
		if !strings.Contains(page, want) || !strings.Contains(page, "simgan eval realism --run") {
			t.Errorf("%s: the page lacks %q", metrics, want)
		}
	}
}

// Every interval lies within the axis, and ticks are round numbers in it.
func TestBars(t *testing.T) {
	b := newBars("", 0, 0, []bar{{Mean: 1, Low: -0.5, High: 1.5}, {Mean: 3.2, Low: 3, High: 3.5}})
	if got := b.Rows[0]; got.Left != 0 || got.Width != 50 || got.Dot != 37.5 {
		t.Errorf("the first row is at %+v", got)
	}
	if got := b.Rows[1]; math.Abs(got.Left+got.Width-100) > 1e-9 {
		t.Errorf("the second row is at %+v", got)
	}
	text := ""
	for _, tick := range b.Ticks {
		text += tick.Text + " "
	}
	if text != "0 1 2 3 " {
		t.Errorf("ticks %s", text)
	}
}
