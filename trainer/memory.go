package trainer

import (
	"fmt"

	"simgan/cgo"
	"simgan/data"
)

// fits refuses a train.batch that cannot be held, before a run folder is begun: on the device at least the widest of R's
// feature maps and its input, in float32, on the host the loader's batches. What fits may still be too much for all
// activations: then the operation that fails says so. Allocating it in Go would end the process.
func fits(c Config, info data.Info, device cgo.Device) error {
	b := float64(c.Train.Batch)
	for _, need := range []struct {
		bytes  float64
		device cgo.Device
		what   string
	}{
		{4 * b * float64(info.H*info.W) * float64(max(info.C, c.Refiner.Width)), device, "one of the refiner's feature maps"},
		{data.LoaderBuffers * b * float64(info.C*info.H*info.W*info.Bits/8), cgo.CPU, "the loader's batches"},
	} {
		free, err := cgo.FreeMemory(need.device)
		if err != nil {
			return err
		}
		if need.bytes > float64(free) {
			return fmt.Errorf("%w: train.batch is %d: %s would take %.1f GB of %s's memory, of which %.1f GB are free; lower train.batch",
				ErrConfig, c.Train.Batch, need.what, need.bytes/1e9, need.device, float64(free)/1e9)
		}
	}
	return nil
}
