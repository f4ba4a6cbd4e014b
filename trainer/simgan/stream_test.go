package simgan

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/data/picture"
	"simgan/trainer/config/tinyrun"
)

// packs returns settings for the data sets of tinyrun.Config as packs.
func packs(t *testing.T) (settings []string) {
	t.Helper()
	dir := t.TempDir()
	for key, spec := range map[string]string{"synthetic": "simulated:eyes,n=20", "real": "simulated:eyes,domain=real,n=20"} {
		out := filepath.Join(dir, key)
		if err := data.Pack(context.Background(), spec, out, data.Skip{}, func(int, int) {}); err != nil {
			t.Fatal(err)
		}
		settings = append(settings, "data."+key+"=pack:"+out)
	}
	return settings
}

// Images streamed, mapped from packs, and resident on the device train to the same bytes. So does a training that was
// stopped in one way and restored in another.
func TestEveryWayToTheDeviceTrainsTheSame(t *testing.T) {
	packed := packs(t)
	live := cgo.Live()
	want := mustTrain(t, "data.resident=off")
	for name, settings := range map[string][]string{
		"resident": {"data.resident=on"}, "mapped": append([]string{"data.resident=off"}, packed...),
		"resident from a pack": append([]string{"data.resident=on"}, packed...),
	} {
		sameTraining(t, name, mustTrain(t, settings...), want)
	}
	stopped, err := trainOn(t, tinyrun.Config(t, "data.resident=on"), Options{}, nil, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := trainOn(
		t,
		tinyrun.Config(t, append([]string{"data.resident=off"}, packed...)...),
		Options{},
		&stopped,
		0,
		nil,
	)
	if err != nil {
		t.Fatal(err)
	}
	sameTraining(t, "stopped while resident, restored from packs", got, want)
	if left := cgo.Live() - live; left != 0 {
		t.Errorf("%d tensors are still live", left)
	}
}

// The device computes the pixels of all levels of 8 and 16 bits as the host does, to the last bit.
func TestLevelsAreTheHosts(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	for _, bits := range []int{8, 16} {
		n := 1 << bits
		m := picture.NewImage(1, 2, n/2, bits)
		var levels []byte
		for i := range m.Pix {
			m.Pix[i] = uint16(i)
			levels = append(levels, byte(i))
			if bits == 16 {
				levels = append(levels, byte(i>>8))
			}
		}
		want := make([]float32, n)
		picture.ToUnit(m, want)
		err := cgo.Within(func(s *cgo.Scope) error {
			staged, err := cgo.Stage(levels, 2, cgo.CPU)
			if err != nil {
				return err
			}
			defer staged.Close()
			x := s.Levels(staged.Tensor, bits, picture.UnitScale(bits), 2, 1, 1, int64(n/2))
			if s.Err() != nil {
				return s.Err()
			}
			got, err := cgo.Read(x)
			if err == nil && !slices.Equal(got, want) {
				t.Errorf("%d bits: levels differ", bits)
			}
			return errors.Join(err, staged.Arrived())
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
