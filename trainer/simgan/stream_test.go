package simgan

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"simgan/cgo"
	"simgan/data"
)

// packs are the data sets of small as packs.
func packs(t *testing.T) (settings []string) {
	t.Helper()
	dir := t.TempDir()
	for key, spec := range map[string]string{"synthetic": "simulated:eyes,n=20", "real": "simulated:eyes,domain=real,n=20"} {
		out := filepath.Join(dir, key)
		if err := data.Pack(context.Background(), spec, out, func(int, int) {}); err != nil {
			t.Fatal(err)
		}
		settings = append(settings, "data."+key+"=pack:"+out)
	}
	return settings
}

// Images streamed, mapped from packs, and resident on the device train to the same bytes; so does a run that was stopped
// in one way and resumed in another.
func TestEveryWayToTheDeviceTrainsTheSame(t *testing.T) {
	base := t.TempDir()
	packed := packs(t)
	live := cgo.Live()
	streamed := filepath.Join(base, "streamed")
	train(t, small(t, "data.resident=off"), streamed, false)
	want := weights(t, streamed)
	same := func(name, dir string) {
		t.Helper()
		for file, content := range weights(t, dir) {
			if !bytes.Equal(content, want[file]) {
				t.Errorf("%s: %s.safetensors differs from that of streamed images", name, file)
			}
		}
	}
	for name, settings := range map[string][]string{
		"resident": {"data.resident=on"}, "mapped": append([]string{"data.resident=off"}, packed...),
		"resident from a pack": append([]string{"data.resident=on"}, packed...),
	} {
		dir := filepath.Join(base, name)
		train(t, small(t, settings...), dir, false)
		same(name, dir)
	}
	stopped := filepath.Join(base, "stopped")
	ctx, cancel := context.WithCancelCause(context.Background())
	err := Run(ctx, small(t, "data.resident=on"), Options{Dir: stopped, Out: cancelAt{"train 2", func() { cancel(ErrStopped) }}})
	if !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	train(t, small(t, append([]string{"data.resident=off"}, packed...)...), stopped, true)
	same("stopped while resident, resumed from packs", stopped)
	if left := cgo.Live() - live; left != 0 {
		t.Errorf("%d tensors are still live", left)
	}
}

// The device's levels are those that the host computes, to the last bit: of 8 and of 16 bits, all of them.
func TestLevelsAreTheHosts(t *testing.T) {
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	for _, bits := range []int{8, 16} {
		n := 1 << bits
		m := data.NewImage(1, 2, n/2, bits)
		var levels []byte
		for i := range m.Pix {
			m.Pix[i] = uint16(i)
			levels = append(levels, byte(i))
			if bits == 16 {
				levels = append(levels, byte(i>>8))
			}
		}
		want := make([]float32, n)
		data.ToUnit(m, want)
		err := cgo.Within(func(s *cgo.Scope) error {
			staged, err := cgo.Stage(levels, 2, cgo.CPU)
			if err != nil {
				return err
			}
			defer staged.Close()
			x := s.Levels(staged.Tensor, bits, data.UnitScale(bits), 2, 1, 1, int64(n/2))
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
