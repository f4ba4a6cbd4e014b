package simgan

import (
	"fmt"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/memory"
	"simgan/trainer/config"
)

// checkFits refuses sizes of the config that cannot be held, before a run folder is begun. The device must hold at least
// the widest of R's feature maps and its input, in float32, and the history. The host must hold the loader's batches,
// which Go would end the process over, and R's weights, which are built there. A config that passes may still be too
// large for all activations: then the failing operation says so.
func checkFits(c config.Config, image data.Info, device cgo.Device) error {
	b, pixels := float64(c.Train.Batch), float64(image.H*image.W) // no product of the config's numbers overflows
	for _, need := range []struct {
		key    string
		value  int
		bytes  float64
		device cgo.Device
		what   string
	}{
		{"train.batch", c.Train.Batch, 4 * b * pixels * float64(max(image.C, c.Refiner.Width)), device,
			"one of the refiner's feature maps"},
		{"train.batch", c.Train.Batch, data.LoaderBuffers * b * pixels * float64(image.C*image.Bits/8), cgo.CPU,
			"the loader's batches"},
		{"refiner.width", c.Refiner.Width, refinerBytes(c, image), cgo.CPU, "the refiner's weights"},
		{"train.history", c.Train.History, 4 * float64(c.Train.History) * pixels * float64(image.C), device,
			"the refined images"},
	} {
		free, err := cgo.FreeMemory(need.device)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("config: %s is %d: %s on %s", need.key, need.value, need.what, need.device)
		if err := memory.Fits(what, need.bytes, free, "lower "+need.key); err != nil {
			return err
		}
	}
	return nil
}

// refinerBytes returns the size of R's filters in float32 with their gradients, Adam's two moments and the average.
func refinerBytes(c config.Config, image data.Info) float64 {
	r := c.Refiner
	width, stem, block := float64(r.Width), float64(r.Kernel*r.Kernel), float64(r.BlockKernel*r.BlockKernel)
	input := float64(image.C) + float64(r.Noise.Channels())
	return 5 * 4 * (stem*input*width + 2*float64(r.Blocks)*block*width*width)
}
