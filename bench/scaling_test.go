package bench

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"simgan/cgo"
)

// Every point of every axis is a config that loads, and both programs get its value. PyTorch has no history.
func TestScalingPoints(t *testing.T) {
	o := TrainOptions{Presets: []string{"gaze"}, Settings: []string{"train.batch=32"}, Device: "cpu", Python: "python"}
	here, err := placeOf(cgo.CPU)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]string{ // of simgan's command and PyTorch's for an axis' second value
		"batch": {"train.batch=16", "--batch 16"}, "width": {"refiner.width=32", "--width 32"},
		"image side, pixels": {"--side 50", "--height 50 --width-pixels 50"}, "blocks": {"refiner.blocks=2", "--blocks 2"},
		"history, images": {"--history 512", ""}, "threads": {"threads=2", "--threads 2"},
	}
	for _, a := range axes(2) {
		settings, work := a.setting(a.Points[1].Value)
		at := o
		at.Settings, at.workload = append(slices.Clone(o.Settings), settings...), work
		c, err := at.config("gaze")
		if err != nil {
			t.Fatal(err)
		}
		for i, contestant := range at.pair("gaze", c, here) {
			text, wanted := strings.Join(contestant.Command, " "), want[a.Name][i]
			if wanted == "" || !strings.Contains(text, wanted) {
				t.Errorf("%s: %s", a.Name, text)
			}
		}
	}
}

// Table, JSON and plot have the figures: 500 images/s are 2 ms per image, and scales are whole powers of 2.
func TestScalingFigures(t *testing.T) {
	of := func(name string, speed float64, peak int64) *trainTurns {
		return &trainTurns{Name: name, Turns: []trainTurn{{Timing: Timing{ImagesPerSecond: speed, PeakBytes: peak}}}}
	}
	points := []*scalingPoint{
		{8, 8, []*trainTurns{of("simgan", 500, 128e6), of("PyTorch", 250, 256e6)}},
		{16, 16, []*trainTurns{of("simgan", 1000, 255e6)}},
		{32, 32, nil},
	}
	f := &scalingFigures{place: place{Device: "a device"}, Preset: "gaze", Axes: []*axis{{Name: "batch", Points: points}}}
	for _, want := range []string{"| batch | 8 | 2.00 | 4.00 | 128 | 256 |", "| batch | 16 | 1.00 | - | 255 | - |"} {
		if !strings.Contains(f.table(), want) {
			t.Errorf("%s lacks %s", f.table(), want)
		}
	}
	text, err := json.Marshal(f)
	if err != nil || !strings.Contains(string(text), `"axes":[{"name":"batch","points":[{"value":8,"batch":8,`) {
		t.Errorf("%s, %v", text, err)
	}
	drawn, err := f.plot()
	if err != nil {
		t.Fatal(err)
	}
	plot := string(drawn)
	for _, want := range []string{`points="0.0,60.0 100.0,120.0 "`, `points="0.0,120.0 100.0,0.7 "`, "peak MB", ">128</text>"} {
		if !strings.Contains(plot, want) {
			t.Errorf("the plot lacks %s:\n%s", want, plot)
		}
	}
	for d := xml.NewDecoder(strings.NewReader(plot)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
