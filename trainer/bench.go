package trainer

import (
	"math/rand/v2"
	"slices"
	"time"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// Timing is how long parts of Algorithm 1 take on images that are in memory: medians, seconds.
type Timing struct {
	Iteration       float64 `json:"seconds_iteration"` // K_g steps of R and K_d of D
	StepR           float64 `json:"seconds_r_step"`
	StepD           float64 `json:"seconds_d_step"`
	ImagesPerSecond float64 `json:"images_per_second"` // b (K_g + K_d) synthetic images an iteration
	PeakBytes       int64   `json:"peak_memory_bytes"` // of the process on the CPU, of libtorch's tensors on a GPU
}

// Measure times iterations of the config's Algorithm 1 on random images of c x h x w, after two that warm up.
func Measure(c Config, channels, h, w, iterations int) (Timing, error) {
	if err := cgo.Start(c.Threads); err != nil {
		return Timing{}, err
	}
	t, err := newBench(c, data.Info{C: channels, H: h, W: w})
	if err != nil {
		return Timing{}, err
	}
	defer t.Close()
	x, y := randomBatch(c, t.info, 1), randomBatch(c, t.info, 2)
	result, r, d, all := Timing{}, []float64{}, []float64{}, []float64{}
	for k := range iterations + 2 {
		var partR, partD float64
		for range c.Train.KG {
			seconds, err := t.timed(func() error { return t.refinerStep(x, true) })
			if err != nil {
				return Timing{}, err
			}
			partR += seconds
		}
		for range c.Train.KD {
			seconds, err := t.timed(func() error { return t.discriminatorStep(x, y) })
			if err != nil {
				return Timing{}, err
			}
			partD += seconds
		}
		if k >= 2 {
			r, d, all = append(r, partR/float64(c.Train.KG)), append(d, partD/float64(c.Train.KD)), append(all, partR+partD)
		}
	}
	result.StepR, result.StepD, result.Iteration = Median(r), Median(d), Median(all)
	result.ImagesPerSecond = float64(c.Train.Batch*(c.Train.KG+c.Train.KD)) / result.Iteration
	_, result.PeakBytes, err = cgo.Memory(t.device)
	return result, err
}

// newBench is a trainer without data and run folder.
func newBench(c Config, info data.Info) (t *Trainer, err error) {
	t = &Trainer{config: c, info: info, meter: newMeter(), state: state{Phase: PhaseTrain}}
	defer func() {
		if err != nil {
			t.Close()
		}
	}()
	if t.networks, err = newNetworks(c, info); err != nil {
		return t, err
	}
	if t.psi, err = models.ParsePsi(c.Train.Psi, nil); err != nil {
		return t, err
	}
	if c.Train.History > 0 {
		t.history, err = newHistory(c.Train.History, c.Seed, t.device, info.C, info.H, info.W)
	}
	return t, err
}

// timed is how many seconds a step takes until the device has done it.
func (t *Trainer) timed(step func() error) (float64, error) {
	start := time.Now()
	if err := step(); err != nil {
		return 0, err
	}
	err := cgo.Synchronize(t.device)
	return time.Since(start).Seconds(), err
}

// randomBatch is b images of noise in [-1, 1].
func randomBatch(c Config, info data.Info, seed uint64) *data.Batch {
	b := &data.Batch{
		N: c.Train.Batch, C: info.C, H: info.H, W: info.W, Index: make([]int, c.Train.Batch),
		Pixels: make([]float32, c.Train.Batch*info.C*info.H*info.W), Names: make([]string, c.Train.Batch),
	}
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range b.Pixels {
		b.Pixels[i] = 2*random.Float32() - 1
	}
	return b
}

// Median is the middle of the values, or the mean of both middles.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[len(sorted)/2] + sorted[(len(sorted)-1)/2]) / 2
}
