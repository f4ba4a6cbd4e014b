package bench

import (
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/gputest/device"
)

// Two iterations with the gaze and the hand networks at full width: the GPU's losses are the CPU's, in float32 to 1e-4,
// in bfloat16 to 5e-3 in the first iteration and 2e-2 in the second.
func TestGPUFirstLosses(t *testing.T) {
	gpu := device.Need(t)
	for _, c := range []struct {
		preset, precision string
	}{{"gaze", "float32"}, {"gaze", "bfloat16"}, {"hand", "float32"}, {"hand", "bfloat16"}} {
		t.Run(c.preset+" "+c.precision, func(t *testing.T) {
			device.Need(t) // locks this goroutine to its thread too
			info, batch := data.Info{C: 1, H: 35, W: 55, Bits: 8}, "train.batch=8"
			if c.preset == "hand" {
				info, batch = data.Info{C: 1, H: 224, W: 224, Bits: 8}, "train.batch=2"
			}
			losses := func(device, precision string) []float64 {
				got, err := firstLosses(timed(t, c.preset, device, "train.precision="+precision, batch), info)
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			want := losses(cgo.CPU.String(), "float32")
			nearFirstLosses(t, losses(gpu.String(), c.precision), want, c.precision == "bfloat16")
		})
	}
}
