package simgan

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/trainer/config"
)

// Auto takes what the processor has for the precision; a config that names kernels keeps them.
func TestCPUKernels(t *testing.T) {
	fast, exact := config.LibtorchKernels, config.LibtorchKernels
	if cgo.HasAMX() {
		fast = config.AMXKernels
	}
	if cgo.HasWinograd() {
		exact = config.WinogradKernels
	}
	for _, c := range []struct {
		kernels   config.Kernels
		precision config.Precision
		want      config.Kernels
	}{
		{config.KernelsAuto, config.BFloat16, fast}, {config.KernelsAuto, config.Float32, exact},
		{config.LibtorchKernels, config.BFloat16, config.LibtorchKernels},
		{config.AMXKernels, config.BFloat16, config.AMXKernels}, {config.AMXKernels, config.Float32, exact},
	} {
		if got := CPUKernels(config.Train{Kernels: c.kernels, Precision: c.precision}); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.kernels, c.precision, got, c.want)
		}
	}
}

// The log says which kernels a network uses, and why it does not use those that the config names.
func TestCPUKernelNotes(t *testing.T) {
	amx := "refiner by train.kernels=amx\ndiscriminator by train.kernels=amx"
	if !cgo.HasAMX() {
		amx = "lacks AMX"
	}
	for setting, want := range map[string]string{
		"refiner.padding=replicate":         amx,
		"refiner.padding=reflect":           "refiner by libtorch's layers, not train.kernels=amx: there are no kernels",
		"discriminator.normalization=batch": "discriminator by libtorch's layers, not train.kernels=amx: ",
	} {
		c, err := config.Load("gaze", "", []string{
			"refiner.width=8", "refiner.blocks=1", "discriminator.width=0.1", "train.history=0", "train.precision=bfloat16",
			"train.kernels=amx", "device=cpu", setting,
		})
		if err != nil {
			t.Fatal(err)
		}
		m, err := NewModel(c, data.Info{C: 1, H: 35, W: 55, Bits: 8}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if notes := strings.Join(m.notes, "\n"); !strings.Contains(notes, want) {
			t.Errorf("%s: notes %q lack %q", setting, notes, want)
		}
		m.Close()
	}
}

func TestKernelNote(t *testing.T) {
	for want, c := range map[string]struct {
		network string
		speedup float64
		err     error
	}{
		"fused refiner: 1.8x faster than libtorch's layers": {"refiner", 1.8, nil},
		"fused discriminator off: cuDNN has no plan":        {"discriminator", 0, errors.New("cuDNN has no plan")},
	} {
		if got := kernelNote(c.network, c.speedup, c.err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Networks use kernels where the checkpoint's run did; one that the checkpoint does not name stays as it is. Winograd's
// kernels replace the GPU's.
func TestNetworksFollowTheCheckpointsKernels(t *testing.T) {
	if !cgo.HasWinograd() {
		t.Skip("this processor lacks AVX2 or FMA")
	}
	c, err := config.Load("gaze", "", []string{
		"refiner.width=8", "refiner.blocks=1", "discriminator.width=0.1", "train.history=0", "train.precision=float32",
		"train.kernels=winograd", "device=cpu",
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewModel(c, data.Info{C: 1, H: 35, W: 55, Bits: 8}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, c := range []struct {
		fused map[string]int
		used  int
		want  string
	}{
		{nil, 0, ""},
		{map[string]int{"refiner": 0}, 0, ""},
		{map[string]int{"refiner": 32}, 0, ""}, // no slices were tried
		{
			map[string]int{"refiner": models.NoKernels, "discriminator": 0}, models.NoKernels,
			"fused refiner as before the stop: off",
		},
		{map[string]int{"discriminator": models.NoKernels}, models.NoKernels, ""},
		{map[string]int{"refiner": 0}, 0, "fused refiner as before the stop: on"},
	} {
		var said string
		m.follow(c.fused, func(format string, args ...any) { said += fmt.Sprintf(format, args...) })
		if m.R.Kernels.Used() != c.used || said != c.want {
			t.Errorf("%v: used %v, log %q", c.fused, m.R.Kernels.Used(), said)
		}
	}
}
