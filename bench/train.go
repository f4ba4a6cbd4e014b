package trainer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// Timing is how long parts of Algorithm 1 take on images that are on the device: medians, seconds.
type Timing struct {
	Iteration       float64   `json:"seconds_iteration"` // K_g steps of R and K_d of D; on a GPU the mean of those between From and To
	StepR           float64   `json:"seconds_r_step"`
	StepD           float64   `json:"seconds_d_step"`
	ImagesPerSecond float64   `json:"images_per_second"` // b (K_g + K_d) synthetic images an iteration
	FLOPs           float64   `json:"flops_iteration"`   // models.StepFLOPs of the batch
	PeakBytes       int64     `json:"peak_memory_bytes"` // cgo.Memory's: on a GPU since the warm-up, the graphs' pool with it
	Losses          []float64 `json:"losses"`            // of the first steps from weights and images given by formulas
	From            float64   `json:"from,omitempty"`    // on a GPU: Unix seconds in which iterations ran back to back
	To              float64   `json:"to,omitempty"`
	Notes           []string  `json:"notes,omitempty"` // of a GPU: which steps were made another way than asked for, and why
}

// sustained is how long iterations run back to back on a GPU, unwatched by the host.
const sustained = 5 * time.Second

// checkedIterations are those whose losses Measure tells.
const checkedIterations = 2

// Measure times iterations of the config's Algorithm 1 on images of c x h x w, after some that warm up, and tells the losses
// of a training's first steps. They and the images are parity.py's.
func Measure(c Config, channels, h, w, iterations, warmUp int) (Timing, error) {
	if _, err := cgo.Start(c.Threads); err != nil {
		return Timing{}, err
	}
	info := data.Info{C: channels, H: h, W: w, Bits: 8}
	losses, err := firstLosses(c, info)
	if err != nil {
		return Timing{}, err
	}
	b, err := newBenchRun(c, info)
	if err != nil {
		return Timing{}, err
	}
	defer b.Close()
	result, err := b.measure(iterations, warmUp)
	result.Losses = losses
	return result, err
}

// firstLosses are those of every step of a fresh training, in order. On a GPU float32 is float32, not TF32. Its trainer is
// thrown away: what it computed so must not be used again.
func firstLosses(c Config, info data.Info) (losses []float64, err error) {
	b, err := newBenchRun(c, info)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	for _, params := range [][]models.Param{b.R.Params(), b.D.Params()} {
		if err := formula(params); err != nil {
			return nil, err
		}
	}
	return losses, cgo.ExactFloat32(func() error {
		for range checkedIterations {
			err := b.iterate(func(loss string) error {
				averages, err := b.meter.read()
				losses = append(losses, averages[loss])
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// benchRun is a trainer without data and run folder, with its batches on the device.
type benchRun struct {
	*Trainer
	images *stream       // holds the images of all batches
	x      []*data.Batch // K_g + K_d
	y      *data.Batch
	notes  []string // what a run would have said in its log
}

func newBenchRun(c Config, info data.Info) (*benchRun, error) {
	t, err := newBench(c, info)
	if err != nil {
		return nil, err
	}
	b := &benchRun{Trainer: t, images: &stream{device: t.device, config: data.LoaderConfig{Once: true}}}
	size, count := c.Train.Batch, c.Train.KG+c.Train.KD+1
	levels := noiseLevels(count * size * info.C * info.H * info.W)
	err = cgo.Within(func(s *cgo.Scope) error {
		rows := s.View(s.FromBytes(levels), int64(count*size), int64(info.C*info.H*info.W))
		b.images.resident = s.Keep(s.To(rows, t.device, cgo.Uint8))
		return nil
	})
	for k := range count {
		batch := &data.Batch{N: size, C: info.C, H: info.H, W: info.W, Bits: 8, Staged: b.images}
		for i := range size {
			batch.Index = append(batch.Index, k*size+i)
		}
		b.x = append(b.x, batch)
	}
	b.x, b.y = b.x[:count-1], b.x[count-1]
	if err == nil {
		err = b.listen()
	}
	if err != nil {
		b.Close()
	}
	return b, err
}

// listen notes what a run would say of kernels and CUDA graphs.
func (b *benchRun) listen() error {
	note := func(format string, args ...any) { b.notes = append(b.notes, fmt.Sprintf(format, args...)) }
	b.tell(note)
	if err := b.prepare(b.config.Train.Batch); err != nil {
		return err
	}
	b.captures.say = note
	return nil
}

// Close frees the trainer and the images.
func (b *benchRun) Close() {
	cgo.Free(b.images.resident)
	b.Trainer.Close()
}

// iterate is one iteration of Algorithm 1 without a history; after, if any, is called behind each step with the name of its loss.
func (b *benchRun) iterate(after func(loss string) error) error {
	for k, x := range b.x {
		step, loss := func() error { return b.refinerStep(x, true) }, "L_R"
		if k >= b.config.Train.KG {
			step, loss = func() error { return b.discriminatorStep(x, b.y) }, "L_D"
		}
		if err := step(); err != nil {
			return err
		}
		if after != nil {
			if err := after(loss); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *benchRun) measure(iterations, warmUp int) (result Timing, err error) {
	c := b.config.Train
	stepR, stepD := models.StepFLOPs(b.R.Work(b.info.H, b.info.W), b.D.Work(b.info.H, b.info.W))
	result.FLOPs = float64(c.Batch) * (float64(c.KG)*stepR + float64(c.KD)*stepD)
	iterate := func() error { return b.iterate(nil) }
	for range warmUp {
		if err := iterate(); err != nil {
			return result, err
		}
	}
	if err := cgo.ResetPeak(b.device); err != nil {
		return result, err
	}
	var errs [3]error
	result.StepR, errs[0] = b.median(iterations, func() error { return b.refinerStep(b.x[0], true) })
	result.StepD, errs[1] = b.median(iterations, func() error { return b.discriminatorStep(b.x[c.KG], b.y) })
	if b.device == cgo.CPU {
		result.Iteration, errs[2] = b.median(iterations, iterate)
	} else {
		result.From, result.To, result.Iteration, errs[2] = b.sustain(iterate)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return result, err
	}
	result.ImagesPerSecond = float64(c.Batch*(c.KG+c.KD)) / result.Iteration
	result.Notes = b.notes
	_, result.PeakBytes, err = cgo.Memory(b.device)
	return result, err
}

// median is the median time of work, in seconds, which has ended on the device before the clock stops.
func (b *benchRun) median(times int, work func() error) (float64, error) {
	var seconds []float64
	for range times {
		if err := cgo.Synchronize(b.device); err != nil {
			return 0, err
		}
		start := time.Now()
		if err := errors.Join(work(), cgo.Synchronize(b.device)); err != nil {
			return 0, err
		}
		seconds = append(seconds, time.Since(start).Seconds())
	}
	return Median(seconds), nil
}

// sustain runs work back to back: from when to when, in Unix seconds, and the mean time of one.
func (b *benchRun) sustain(work func() error) (from, to, mean float64, err error) {
	if err := cgo.Synchronize(b.device); err != nil {
		return 0, 0, 0, err
	}
	start, n := time.Now(), 0
	for ; time.Since(start) < sustained; n++ {
		if err := work(); err != nil {
			return 0, 0, 0, err
		}
		if n%20 == 19 { // the host would run minutes ahead
			if err := cgo.Synchronize(b.device); err != nil {
				return 0, 0, 0, err
			}
		}
	}
	err = cgo.Synchronize(b.device)
	unix := func(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }
	end := time.Now()
	return unix(start), unix(end), end.Sub(start).Seconds() / float64(n), err
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

// formula sets weights to 0.05 sin(0.37 i + t) and biases to 0.01 cos(0.53 i + t): flat index i, tensor number t.
func formula(params []models.Param) error {
	for t, p := range params {
		err := cgo.Within(func(s *cgo.Scope) error {
			shape := s.Shape(p.Tensor)
			values := make([]float32, cgo.TensorInfo{Shape: shape}.Numel())
			for i := range values {
				if strings.HasSuffix(p.Name, "bias") {
					values[i] = float32(0.01 * math.Cos(0.53*float64(i)+float64(t)))
				} else {
					values[i] = float32(0.05 * math.Sin(0.37*float64(i)+float64(t)))
				}
			}
			return cgo.Copy(p.Tensor, s.From(values, cgo.CPU, shape...))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// noiseLevels are n levels of 8 bits that look random: the upper byte of 2654435761 i mod 2^32 (Knuth's multiplicative hash).
func noiseLevels(n int) []byte {
	levels := make([]byte, n)
	for i := range levels {
		levels[i] = byte(uint32(i) * 2654435761 >> 24)
	}
	return levels
}

// Median is the middle of the values, or the mean of both middles.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[len(sorted)/2] + sorted[(len(sorted)-1)/2]) / 2
}
