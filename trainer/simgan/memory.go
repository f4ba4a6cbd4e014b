package simgan

import (
	"fmt"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/memory"
	"simgan/models"
	"simgan/trainer/config"
)

// checkFits refuses sizes of the config that cannot be held, before a run folder is begun. The device must hold at least
// the widest of R's feature maps and its input, in float32. The host must hold the loader's batches, which Go would end
// the process over, and R's weights, which are built there. A config that passes may still be too large for all
// activations: then the failing operation says so.
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

// Needs says how many bytes a run takes beside its images.
type Needs struct {
	Networks   int64 // R, its average and D, with moments and gradients
	Maps       int64 // about: the feature maps of a step and their gradients
	History    int64 // when it is as full as the run's steps make it
	Checkpoint int64 // a checkpoint then
}

// Needs returns what training takes on the device, and a checkpoint on disk.
func (m *Model) Needs() Needs {
	c, h, w := m.config.Train, m.image.H, m.image.W
	r, d := models.Count(m.R.Params()), models.Count(m.D.Params())
	trained, saved, gradients := r+d, r+d, r+d
	if m.Average != nil {
		saved += r
	}
	if c.Optimizer == config.Adam {
		saved += 2 * trained
	}
	// A step of R keeps the maps of R and D, one of D those of D twice. Gradients are as large as the maps they leave.
	maps := max(m.R.MapValues(h, w)+m.D.MapValues(h, w), 2*m.D.MapValues(h, w))
	n := Needs{
		Networks: floatBytes * int64(saved+gradients),
		Maps:     mapFactor * floatBytes * int64(c.Batch) * int64(maps),
		History:  floatBytes * int64(m.image.C*h*w) * int64(m.historyAtEnd()),
	}
	n.Checkpoint = floatBytes*int64(saved) + n.History
	return n
}

const (
	floatBytes = 4
	// mapFactor is the memory of a step in units of its feature maps: 2.1 from batch 8 to 32, 1.8 from 32 to 64 (preset
	// gaze in float32 on a CPU, peak of the process, 2026-11-26).
	mapFactor = 2
)

// historyAtEnd returns how many images the history holds after the last step.
func (m *Model) historyAtEnd() int {
	c := m.config.Train
	updates := float64(c.PretrainDiscriminator) + float64(c.Steps)*float64(c.KD)
	return int(min(float64(c.History), updates*float64(c.Batch/2)))
}

// checkHistoryFits refuses a history that the device has no room for.
func (m *Model) checkHistoryFits() error {
	images := int(m.config.Train.History) // a GPU takes all of it at once
	if m.device == cgo.CPU {
		images = m.historyAtEnd()
	}
	need := floatBytes * float64(m.image.C*m.image.H*m.image.W) * float64(images)
	free, err := cgo.FreeMemory(m.device)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("config: train.history is %d: its images on %s", m.config.Train.History, m.device)
	return memory.Fits(what, need, free, "lower train.history")
}
