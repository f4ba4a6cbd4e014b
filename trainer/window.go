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
	if bad == nil && r.measures(m.Step) {
		var err error
		if window[rundir.RealismDistance], err = r.measure(); err != nil {
			return err
		}
		record[rundir.SyntheticDistance] = r.realism.synthetic
	}
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
	measured := map[string]float64{
		"images_per_second": rate, "loader_wait_share": wait,
		"lr_refiner": m.Rate(c.LRRefiner), "lr_discriminator": m.Rate(c.LRDiscriminator),
	}
	if r.group.Size() > 1 {
		measured["processes_wait_share"] = join
	}
	for name, v := range measured {
		record[name], scalars[string(m.Phase)+"/"+name] = v, v
	}
	r.progress.clear()
	r.folder.Logf("%s", r.progress.windowLine(m, window, rate))
	if err := r.folder.AppendMetrics(record, m.Step, scalars); err != nil || bad != nil {
		return errors.Join(err, bad)
	}
	return r.judge(window)
}
