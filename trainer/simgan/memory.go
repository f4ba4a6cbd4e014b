package simgan

import (
	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/trainer/config"
)

// checkBatchFits refuses a train.batch that cannot be held, before a run folder is begun. The device must hold at least
// the widest of R's feature maps and its input, in float32; the host must hold the loader's batches, which Go would end
// the process over. A batch that passes may still be too large for all activations: then the failing operation says so.
func checkBatchFits(c config.Config, image data.Info, device cgo.Device) error {
	b, pixels := float64(c.Train.Batch), float64(image.H*image.W) // no product of the config's numbers overflows
	for _, need := range []struct {
		bytes  float64
		device cgo.Device
		what   string
	}{
		{4 * b * pixels * float64(max(image.C, c.Refiner.Width)), device, "one of the refiner's feature maps"},
		{data.LoaderBuffers * b * pixels * float64(image.C*image.Bits/8), cgo.CPU, "the loader's batches"},
	} {
		free, err := cgo.FreeMemory(need.device)
		if err != nil {
			return err
		}
		if need.bytes > float64(free) {
			return exit.Usagef("config: train.batch is %d: %s would take %.1f GB of %s's memory, "+
				"of which %.1f GB are free; lower train.batch",
				c.Train.Batch, need.what, need.bytes/1e9, need.device, float64(free)/1e9)
		}
	}
	return nil
}
