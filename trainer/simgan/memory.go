package simgan

import (
	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models"
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
	if err != nil || need <= float64(free) {
		return err
	}
	return exit.Usagef("config: train.history is %d: its images would take %.1f GB of %s's memory, "+
		"of which %.1f GB are free; lower train.history", m.config.Train.History, need/1e9, m.device, float64(free)/1e9)
}
