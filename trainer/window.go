package trainer

import (
	"errors"
	"fmt"
	"math"
	"time"

	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// endWindow ends a log window: it writes the window's averages and has the guards judge them.
func (r *run) endWindow() error {
	m, c := r.model, r.config.Train
	window, bad := m.ReadWindow()
	if bad != nil && !errors.Is(bad, simgan.ErrNotFinite) {
		return bad
	}
	record := rundir.NewRecord(m.Phase, m.Step)
	record["time"] = time.Now().Format(time.RFC3339)
	scalars := map[string]float64{}
	for name, v := range window {
		if math.IsNaN(v) || math.IsInf(v, 0) { // JSON has no such numbers
			record[name] = fmt.Sprint(v)
			continue
		}
		record[name] = v
		scalars[string(m.Phase)+"/"+name] = v
	}
	rate, wait, join := r.progress.window(r.synthetic.Waited()+r.real.Waited(), r.group.Waited())
	record["images_per_second"], record["loader_wait_share"] = rate, wait
	if r.group.Size() > 1 {
		record["processes_wait_share"] = join
	}
	record["lr_refiner"], record["lr_discriminator"] = m.Rate(c.LRRefiner), m.Rate(c.LRDiscriminator)
	r.progress.clear()
	r.folder.Logf("%s", windowLine(m, window, rate))
	if err := r.folder.AppendMetrics(record, m.Step, scalars); err != nil || bad != nil {
		return errors.Join(err, bad)
	}
	return r.judge(window)
}
