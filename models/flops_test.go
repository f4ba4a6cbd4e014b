package models

import (
	"testing"

	"simgan/cgo"
	"simgan/models/architecture"
)

// By hand, for the paper's networks on one grey image.
//
//	gaze R, 35 x 55 = 1925 pixels: stem 9*64 = 576, eight 9*64*64 = 294912, last 64: (576 + 294912 + 64) * 1925
//	gaze D: 9*96 = 864 at 18*28, 9*96*64 = 55296 at 9*14, then 9*64*32 = 18432, 32*32 = 1024 and 32*2 = 64 at 9*14
//	hand D: 49*96 = 4704 at 56*56, 25*96*64 = 153600 at 28*28, 9*64*32 = 18432, 1024 and 64 at 7*7
func TestWorkOfThePapersNetworks(t *testing.T) {
	if _, err := cgo.Start(1); err != nil {
		t.Fatal(err)
	}
	r, err := NewRefiner(paper, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	work := r.Work(35, 55)
	if want := (Work{First: 576 * 1925, All: 295552 * 1925}); work != want {
		t.Errorf("R: %+v, want %+v", work, want)
	}
	wants := map[architecture.Layers]Work{
		"gaze": {First: 435456, All: 435456 + 6967296 + 2322432 + 129024 + 8064},
		"hand": {First: 14751744, All: 14751744 + 120422400 + 903168 + 50176 + 3136},
	}
	for layers, want := range wants {
		d, err := NewDiscriminator(architecture.Discriminator{Layers: layers, Width: 1, Normalization: "none"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		h, w := 35, 55
		if layers == "hand" {
			h, w = 224, 224
		}
		if got := d.Work(h, w); got != want {
			t.Errorf("%s D: %+v, want %+v", layers, got, want)
		}
		d.Close()
	}
}

// R's step: 2 * (3*1000 - 100 + 2*10); D's: 2 * (1000 + 2*(3*10 - 4)).
func TestStepFLOPs(t *testing.T) {
	stepR, stepD := StepFLOPs(Work{First: 100, All: 1000}, Work{First: 4, All: 10})
	if stepR != 5840 || stepD != 2104 {
		t.Errorf("R %v, D %v; want 5840 and 2104", stepR, stepD)
	}
}
