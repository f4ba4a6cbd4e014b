package trainer

import (
	"simgan/data"
	"simgan/data/picture"
	"simgan/internal/exit"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
	"simgan/trainer/twosample"
)

// realism measures, without labels, how far refined images are from real ones. The images and the noise are the same at
// every step, and measuring changes nothing of the run.
type realism struct {
	x         []*data.Pixels // synthetic images in batches
	bits      int
	real      *twosample.Reference
	synthetic float64 // the distance of x as it is
	step      int     // of Algorithm 1, of the newest measurement
	distance  float64 // the newest measurement
}

// Bounds of the images that a measurement takes of each set.
const (
	mostMeasured       = 256
	mostMeasuredValues = 8_000_000 // pixels, all images and channels together
	measuredBatch      = 32
)

func (m *realism) close() {
	if m != nil {
		m.real.Close()
	}
}

// loadRealism loads the images that measurements take, in process 0, unless eval.every is 0.
func (r *run) loadRealism() error {
	if r.config.Eval.Every == 0 || r.group.Rank() > 0 {
		return nil
	}
	info, skip := r.synthetic.Set.Info(), r.config.Data.SkipBad
	n := min(mostMeasured, max(measuredBatch, mostMeasuredValues/(info.C*info.H*info.W)))
	real, err := loadScattered(r.real.Set, min(n, r.real.Set.Len()), skip)
	if err != nil {
		return exit.Usagef("config: data.real: %w", err)
	}
	x, err := loadScattered(r.synthetic.Set, min(n, r.synthetic.Set.Len()), skip)
	if err != nil {
		return exit.Usagef("config: data.synthetic: %w", err)
	}
	m := &realism{bits: info.Bits}
	r.realism = m // so that close frees it
	if m.real, err = twosample.NewReference(real.Images(r.real.Set.Info().Bits), r.model.Device()); err != nil {
		return err
	}
	if m.synthetic, err = m.real.Distance(x.Images(m.bits)); err != nil {
		return err
	}
	for from := 0; from < x.N; from += measuredBatch {
		m.x = append(m.x, x.Part(from, min(from+measuredBatch, x.N)))
	}
	return nil
}

// measures reports whether a log window that ends at the step of Algorithm 1 measures: the first one at or after each
// multiple of eval.every, and the last.
func (r *run) measures(step int) bool {
	if r.realism == nil || r.model.Phase != config.PhaseTrain {
		return false
	}
	before := 0 // where the window before ended
	if r.config.Log.Every > 0 {
		before = (step - 1) / r.config.Log.Every * r.config.Log.Every
	}
	return step == r.config.Train.Steps || step/r.config.Eval.Every > before/r.config.Eval.Every
}

// measure returns the distance of the present refiner's images from the real ones.
func (r *run) measure() (float64, error) {
	var refined []picture.Image
	for _, x := range r.realism.x {
		part, err := Refine(r.model.Best(), x, r.config.Seed, x.Names, 0)
		if err != nil {
			return 0, err
		}
		refined = append(refined, part.Images(r.realism.bits)...)
	}
	distance, err := r.realism.real.Distance(refined)
	if err == nil {
		r.realism.step, r.realism.distance = r.model.Step, distance
	}
	return distance, err
}

// realismOf returns the measurement that belongs in a checkpoint of the state: nil if there is none. It measures unless
// that was done at this step.
func (r *run) realismOf(st simgan.State) (*rundir.Realism, error) {
	if r.realism == nil || st.Phase != config.PhaseTrain || st.Step == 0 {
		return nil, nil
	}
	distance := r.realism.distance
	if r.realism.step != st.Step || st.Made > 0 {
		var err error
		if distance, err = r.measure(); err != nil {
			return nil, err
		}
	}
	return &rundir.Realism{Distance: distance, Synthetic: r.realism.synthetic}, nil
}
