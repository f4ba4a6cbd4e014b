package trainer

import (
	"simgan/data"
	"simgan/data/adapt"
	"simgan/data/picture"
)

// Grey levels differ much from farApart on, a share of the most they could. Renders of SynthesEyes beside MPIIGaze have
// 0.7, equalised ones 0.01.
const (
	farApart   = 0.2
	toneImages = 100 // read of each data set for the comparison
)

// warnOfTones warns where equalising the renders would do most of what a refiner can show for itself.
func (r *run) warnOfTones() {
	info := r.synthetic.Set.Info()
	if info.C != 1 || info.Bits != 8 {
		return // equalize=true is for grey images of 8 bits
	}
	rendered, real := toneSample(r.synthetic.Set), toneSample(r.real.Set)
	if rendered == nil || real == nil {
		return
	}
	asIs, equalized := adapt.ToneGap(rendered, real)
	if asIs > farApart && equalized < asIs/2 {
		r.log("warning: grey levels of synthetic and real images differ (distance %.2f of 1; %.2f after equalisation). "+
			"Equalising, which needs no refiner, does most of the work: set data.synthetic=%s,equalize=true",
			asIs, equalized, r.config.Data.Synthetic)
	}
}

// toneSample returns images spread over the data set, nil if too many cannot be read: training will report them.
func toneSample(set data.Dataset) []picture.Image {
	n := min(toneImages, set.Len())
	p, err := loadScattered(set, n, n)
	if err != nil {
		return nil
	}
	return p.Images(set.Info().Bits)
}
