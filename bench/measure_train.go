package bench

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
	"simgan/trainer/config"
	"simgan/trainer/simgan"
)

// Timing holds the time that parts of Algorithm 1 take on images that are on the device: medians, in seconds.
type Timing struct {
	// K_g steps of R and K_d of D; on a GPU the mean of those between From and To
	Iteration       float64 `json:"seconds_iteration"`
	StepR           float64 `json:"seconds_r_step"`
	StepD           float64 `json:"seconds_d_step"`
	ImagesPerSecond float64 `json:"images_per_second"` // b (K_g + K_d) synthetic images an iteration
	FLOPs           float64 `json:"flops_iteration"`   // models.StepFLOPs of the batch
	// from cgo.Memory; on a GPU since the warm-up, the graphs' pool included
	PeakBytes int64     `json:"peak_memory_bytes"`
	Losses    []float64 `json:"losses"`         // of the first steps from weights and images given by formulas
	From      float64   `json:"from,omitempty"` // on a GPU: Unix seconds in which iterations ran back to back
	To        float64   `json:"to,omitempty"`
	// on a GPU: which steps ran in another way than asked for, and why
	Notes []string `json:"notes,omitempty"`
}

// sustained is how long iterations run back to back on a GPU, without the host looking on.
const sustained = 5 * time.Second

// checkedIterations is the number of iterations whose losses measureTraining reports.
const checkedIterations = 2

// measureTraining times iterations of the config's Algorithm 1 on such images, after some that warm up.
// If checked, it also returns the losses of a training's first steps. They and the images are those of
// scripts/parity.py.
func measureTraining(c config.Config, image data.Info, iterations, warmUp int, checked bool) (Timing, error) {
	if _, err := cgo.Start(c.Threads); err != nil {
		return Timing{}, err
	}
	var losses []float64
	if checked {
		var err error
		if losses, err = firstLosses(c, image); err != nil {
			return Timing{}, err
		}
	}
	t, err := newTraining(c, image, nil)
	if err != nil {
		return Timing{}, err
	}
	defer t.Close()
	result, err := t.measure(iterations, warmUp)
	result.Losses = losses
	return result, err
}

// firstLosses returns the loss of every step of a fresh training, in order. On a GPU float32 is float32, not TF32. The
// model is thrown away, because it computed in that mode.
func firstLosses(c config.Config, image data.Info) (losses []float64, err error) {
	t, err := newTraining(c, image, nil)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	for _, params := range [][]models.Param{t.R.Params(), t.D.Params()} {
		if err := setByFormula(params); err != nil {
			return nil, err
		}
	}
	return losses, cgo.ExactFloat32(func() error {
		for range checkedIterations {
			err := t.iterate(func(loss string) error {
				averages, err := t.ReadWindow()
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

// training is a model without data and run folder, with its batches on the device.
type training struct {
	*simgan.Model
	config config.Config
	image  data.Info
	images *simgan.Stream // holds the images of all batches
	x      []simgan.Drawn // K_g + K_d
	y      simgan.Drawn
	notes  []string // what a run would log of kernels and CUDA graphs
}

// newTraining builds a training. record, if any, records its steps.
func newTraining(c config.Config, image data.Info, record simgan.Recorder) (t *training, err error) {
	t = &training{config: c, image: image}
	note := func(format string, args ...any) { t.notes = append(t.notes, fmt.Sprintf(format, args...)) }
	if t.Model, err = simgan.NewModel(c, image, simgan.Options{Log: note, Record: record}); err != nil {
		return nil, err
	}
	t.Phase = config.PhaseTrain
	size, count := c.Train.Batch, c.Train.KG+c.Train.KD+1
	levels := noiseLevels(count * size * image.C * image.H * image.W)
	if t.images, err = simgan.NewResident(levels, count*size, image, t.Device()); err != nil {
		t.Close()
		return nil, err
	}
	for k := range count {
		index := make([]int, size)
		for i := range index {
			index[i] = k*size + i
		}
		t.x = append(t.x, t.images.At(index))
	}
	t.x, t.y = t.x[:count-1], t.x[count-1]
	return t, nil
}

// Close frees the model and the images.
func (t *training) Close() {
	_ = t.images.Close() // it holds no file
	t.Model.Close()
}

// iterate makes one iteration of Algorithm 1 without a history. after, if any, is called after each step with the name
// of its loss.
func (t *training) iterate(after func(loss string) error) error {
	for k, x := range t.x {
		step, loss := func() error { return t.StepR(x, true) }, "L_R"
		if k >= t.config.Train.KG {
			step, loss = func() error { return t.StepD(x, t.y) }, "L_D"
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

func (t *training) measure(iterations, warmUp int) (result Timing, err error) {
	c := t.config.Train
	stepR, stepD := models.StepFLOPs(t.R.Work(t.image.H, t.image.W), t.D.Work(t.image.H, t.image.W))
	result.FLOPs = float64(c.Batch) * (float64(c.KG)*stepR + float64(c.KD)*stepD)
	iterate := func() error { return t.iterate(nil) }
	for range warmUp {
		if err := iterate(); err != nil {
			return result, err
		}
	}
	if err := cgo.ResetPeak(t.Device()); err != nil {
		return result, err
	}
	var errs [3]error
	result.StepR, errs[0] = t.median(iterations, func() error { return t.StepR(t.x[0], true) })
	result.StepD, errs[1] = t.median(iterations, func() error { return t.StepD(t.x[c.KG], t.y) })
	if t.Device() == cgo.CPU {
		result.Iteration, errs[2] = t.median(iterations, iterate)
	} else {
		result.From, result.To, result.Iteration, errs[2] = t.sustain(iterate)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return result, err
	}
	result.ImagesPerSecond = float64(c.Batch*(c.KG+c.KD)) / result.Iteration
	result.Notes = t.notes
	_, result.PeakBytes, err = cgo.Memory(t.Device())
	return result, err
}

// median returns the median time of work in seconds. The clock stops after the work has ended on the device.
func (t *training) median(times int, work func() error) (float64, error) {
	var seconds []float64
	for range times {
		if err := cgo.Synchronize(t.Device()); err != nil {
			return 0, err
		}
		start := time.Now()
		if err := errors.Join(work(), cgo.Synchronize(t.Device())); err != nil {
			return 0, err
		}
		seconds = append(seconds, time.Since(start).Seconds())
	}
	return median(seconds), nil
}

// sustain runs work back to back. It returns from when to when, in Unix seconds, and the mean time of one.
func (t *training) sustain(work func() error) (from, to, mean float64, err error) {
	if err := cgo.Synchronize(t.Device()); err != nil {
		return 0, 0, 0, err
	}
	start, n := time.Now(), 0
	for ; time.Since(start) < sustained; n++ {
		if err := work(); err != nil {
			return 0, 0, 0, err
		}
		if n%20 == 19 { // the host would run minutes ahead
			if err := cgo.Synchronize(t.Device()); err != nil {
				return 0, 0, 0, err
			}
		}
	}
	err = cgo.Synchronize(t.Device())
	unix := func(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }
	end := time.Now()
	return unix(start), unix(end), end.Sub(start).Seconds() / float64(n), err
}

// setByFormula sets weights to 0.05 sin(0.37 i + t) and biases to 0.01 cos(0.53 i + t): flat index i, tensor number t.
func setByFormula(params []models.Param) error {
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

// noiseLevels returns n 8-bit levels that look random: the upper byte of 2654435761 i mod 2^32 (Knuth's multiplicative
// hash).
func noiseLevels(n int) []byte {
	levels := make([]byte, n)
	for i := range levels {
		levels[i] = byte(uint32(i) * 2654435761 >> 24)
	}
	return levels
}

// median returns the middle of the values, or the mean of both middles.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[len(sorted)/2] + sorted[(len(sorted)-1)/2]) / 2
}
