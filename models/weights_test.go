package models

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/cgo"
)

func TestWeightsRoundTripAndRefuseOthers(t *testing.T) {
	start(t)
	small := paper
	small.Width, small.Blocks = 8, 1
	a, b := refiner(t, small), refiner(t, small)
	path := filepath.Join(t.TempDir(), "refiner.safetensors")
	if err := Save(path, a.Params(), nil); err != nil {
		t.Fatal(err)
	}
	if err := Load(path, b.Params()); err != nil {
		t.Fatal(err)
	}
	for i, p := range a.Params() {
		want, err := cgo.Read(p.Tensor)
		if err != nil {
			t.Fatal(err)
		}
		got, err := cgo.Read(b.Params()[i].Tensor)
		if err != nil {
			t.Fatal(err)
		}
		for k := range want {
			if got[k] != want[k] {
				t.Fatalf("%s[%d] is %v, was %v", p.Name, k, got[k], want[k])
			}
		}
	}
	wider := small
	wider.Width = 9
	if err := Load(path, refiner(t, wider).Params()); err == nil || !strings.Contains(err.Error(), "stem.weight") {
		t.Errorf("weights of another width: %v", err)
	}
	deeper := small
	deeper.Blocks = 2
	if err := Load(path, refiner(t, deeper).Params()); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("weights of a shallower network: %v", err)
	}
}

func TestSaveRefusesWhatIsNotFinite(t *testing.T) {
	start(t)
	for name, bad := range map[string]float64{"NaN": math.NaN(), "Inf": math.Inf(-1)} {
		path := filepath.Join(t.TempDir(), "x.safetensors")
		err := cgo.Within(func(s *cgo.Scope) error {
			return Save(path, []Param{{Name: "w", Tensor: s.From([]float32{1, float32(bad)}, cgo.CPU, 2)}}, nil)
		})
		if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), "w: ") {
			t.Errorf("%s: error %v", name, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: the file was written", name)
		}
	}
}
