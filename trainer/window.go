package trainer

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// measure ends a log window: it writes the window's averages and has the guards judge them.
func (t *Trainer) measure() error {
	averages, bad := t.meter.read()
	if bad != nil && !errors.Is(bad, ErrNotFinite) {
		return bad
	}
	values := map[string]any{"step": t.state.Step, "phase": t.state.Phase, "time": time.Now().Format(time.RFC3339)}
	scalars := map[string]float64{}
	for name, v := range averages {
		if math.IsNaN(v) || math.IsInf(v, 0) { // JSON has no such numbers
			values[name] = fmt.Sprint(v)
			continue
		}
		values[name] = v
		scalars[t.state.Phase+"/"+name] = v
	}
	rate, wait := t.progress.window(t.synthetic.waited() + t.real.waited())
	values["images_per_second"], values["loader_wait_share"] = rate, wait
	values["lr_refiner"], values["lr_discriminator"] = t.rate(t.config.Train.LRRefiner), t.rate(t.config.Train.LRDiscriminator)
	t.progress.line(t.folder, t.state, averages, rate)
	if err := errors.Join(t.folder.measure(values), t.folder.events.Scalars(int64(t.state.Step), scalars)); err != nil || bad != nil {
		return errors.Join(err, bad)
	}
	return t.judge(averages)
}
