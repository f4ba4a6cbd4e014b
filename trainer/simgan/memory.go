package simgan

import (
	"fmt"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/internal/inputfile"
	"simgan/internal/memory"
	"simgan/models"
	"simgan/trainer/config"
)

// checkFits refuses sizes of the config that cannot be held, before a run folder is begun. The device must hold at
// least the widest of R's feature maps and its input, in float32, and the history. The host must hold the loader's
// batches, which Go would end the process over, and R's weights, which are built there. A config that passes may still
// be too large for all activations: then the failing operation says so.
func checkFits(c config.Config, image data.Info, device cgo.Device) error {
	if history := historyBytes(image, historyAtEnd(c.Train)); history > inputfile.Large {
		return exit.Usagef("config: train.history is %d: its images would make a file of %.0f GiB, and a checkpoint's file "+
			"may have %d: lower train.history", c.Train.History, history/(1<<30), inputfile.Large>>30)
	}
	b, pixels := float64(c.Train.Batch), float64(image.H*image.W) // no product of the config's numbers overflows
	for _, need := range []struct {
		key    string
		value  int
		bytes  float64
		device cgo.Device
		what   string
	}{
		{"train.batch", c.Train.Batch, floatBytes * b * pixels * float64(max(image.C, c.Refiner.Width)), device,
			"one of the refiner's feature maps"},
		{"train.batch", c.Train.Batch, data.LoaderBuffers * b * pixels * float64(image.C*image.Bits/8), cgo.CPU,
			"the loader's batches"},
		{"refiner.width", c.Refiner.Width, refinerBytes(c, image), cgo.CPU, "the refiner's weights"},
		{"train.history", int(c.Train.History), historyBytes(image, historyHeld(c.Train, device)), device,
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

// Needs says how many bytes a run takes beside its images.
type Needs struct {
	Networks   int64 // R, its average, D and the estimator, with moments and gradients
	Maps       int64 // about: the feature maps of a step and their gradients
	History    int64 // when it is as full as the run's steps make it
	Checkpoint int64 // a checkpoint then
}

// Needs returns what training takes on the device, and a checkpoint on disk.
func (m *Model) Needs() Needs {
	c := m.config.Train
	r, d := models.Count(m.R.Params()), models.Count(m.D.Params())
	trained, saved, gradients := r+d, r+d, r+d
	if m.Average != nil {
		saved += r
	}
	if m.estimator != nil {
		saved += models.Count(m.estimator.Params())
	}
	if c.Optimizer == config.Adam {
		saved += 2 * trained
	}
	n := Needs{
		Networks: floatBytes * int64(saved+gradients),
		Maps:     floatBytes * m.mapValues(),
		History:  int64(historyBytes(m.image, historyAtEnd(c))),
	}
	n.Checkpoint = floatBytes*int64(saved) + n.History
	return n
}

// mapValues returns how many values a step holds in feature maps and their gradients, which are as large as the maps
// they leave. A step of R has the maps of R and D, and of the estimator twice: those of R(x), and those of x, which
// have no gradients. A step of D has the maps of D twice.
func (m *Model) mapValues() int64 {
	b, h, w := m.config.Train.Batch, m.image.H, m.image.W
	r, d := m.R.MapValues(h, w), m.D.MapValues(h, w)
	stepR, stepD := mapFactor*b*(r+d), mapFactor*b*2*d
	if m.estimator != nil {
		seen := b
		if m.config.RefinesTwice() {
			seen = b / 2
		}
		stepR += (mapFactor*b + seen) * m.estimator.MapValues(h, w)
	}
	return int64(max(stepR, stepD))
}

const (
	floatBytes = 4
	// mapFactor is the memory of a step in units of its feature maps: 2.1 from batch 8 to 32, 1.8 from 32 to 64 (preset
	// gaze in float32 on a CPU, peak of the process, 2026-11-26). What l_label adds to the peak is 0.9 to 1.3 of what
	// mapValues counts for it (batches of 64 and 128, 2026-11-27).
	mapFactor = 2
)

// refinerBytes returns the size of R's filters in float32 with their gradients, Adam's two moments and the average.
func refinerBytes(c config.Config, image data.Info) float64 {
	r := c.Refiner
	width, stem, block := float64(r.Width), float64(r.Kernel*r.Kernel), float64(r.BlockKernel*r.BlockKernel)
	input := float64(image.C) + float64(r.Noise.Channels())
	return 5 * floatBytes * (stem*input*width + 2*float64(r.Blocks)*block*width*width)
}

// historyHeld returns for how many images the history takes memory on a device: on a GPU all of it at once, on the CPU
// as it fills.
func historyHeld(t config.Train, device cgo.Device) int {
	if device == cgo.CPU {
		return historyAtEnd(t)
	}
	return int(t.History)
}

// historyAtEnd returns how many images the history holds after the last step.
func historyAtEnd(t config.Train) int {
	updates := float64(t.PretrainDiscriminator) + float64(t.Steps)*float64(t.KD)
	return int(min(float64(t.History), updates*float64(t.Batch/2)))
}

func historyBytes(image data.Info, n int) float64 {
	return floatBytes * float64(image.C*image.H*image.W) * float64(n)
}
