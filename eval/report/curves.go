package report

import "simgan/trainer/config"

// curvesShown is what curves.html shows.
type curvesShown struct {
	Note   string
	Charts []chart
}

// showCurves draws the losses of all phases, the speed and the learning rates.
func showCurves(r *run) (any, error) {
	of := func(title string, phase config.Phase, names ...string) plot {
		return plot{title: title, series: seriesOf(r.records, phase, names...)}
	}
	return curvesShown{r.note, charts(
		of("Pretraining of R: l_reg", config.PhaseRefiner, "l_reg"),
		of("Pretraining of D: L_D", config.PhaseDiscriminator, "L_D"),
		of("L_R, equation (4): the sum of R's terms", config.PhaseTrain, "L_R"),
		of("l_real: R against D, equation (3)", config.PhaseTrain, "l_real"),
		of("l_reg: distance of refined and rendered", config.PhaseTrain, "l_reg"),
		of("l_label: labels seen in refined and rendered", config.PhaseTrain, "l_label"),
		of("l_div: versions of an image that differ", config.PhaseTrain, "l_div"),
		of("L_D, equation (2)", config.PhaseTrain, "L_D"),
		of("Learning rates", config.PhaseTrain, "lr_refiner", "lr_discriminator"),
		of("Images per second", config.PhaseTrain, "images_per_second"),
	)}, nil
}
