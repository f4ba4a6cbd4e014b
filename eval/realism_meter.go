package eval

import (
	"context"
	"fmt"
	"math/rand/v2"

	"simgan/cgo"
	"simgan/data/adapt"
	"simgan/models"
	"simgan/trainer/twosample"
)

// realismMeter measures sets of images against the real ones.
type realismMeter struct {
	compared  set
	reference *twosample.Reference // of compared
	features  *models.ImageEncoder
	scale     float64     // brings features of real images to a mean square of 1
	want      [][]float64 // features of compared
	learned   float64
}

// newRealismMeter trains the network of KID's features on the other half of the real images.
func newRealismMeter(ctx context.Context, s *realismSources, o Options) (*realismMeter, error) {
	m := &realismMeter{compared: s.compared}
	degraded, err := s.other.degraded(ctx, degradedVersions, o.wayOut())
	if err != nil {
		return nil, err
	}
	if m.features, err = learnDegradations(ctx, degraded, o.Estimator); err != nil {
		return nil, err
	}
	if err = m.describeReal(ctx, s.other, o); err == nil {
		m.reference, err = twosample.NewReference(m.compared.pictures(mostExamples), o.Estimator.Device)
	}
	if err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (m *realismMeter) close() {
	m.features.Close()
	m.reference.Close()
}

// describeReal computes the features of the real images, and tests their network on the half that it has not seen.
func (m *realismMeter) describeReal(ctx context.Context, other set, o Options) error {
	device := o.Estimator.Device
	own, err := encode(m.features, other, device)
	if err != nil {
		return err
	}
	m.scale = 1 / rootMeanSquare(own)
	want, err := encode(m.features, m.compared, device)
	if err != nil {
		return err
	}
	m.want = scaled(want, m.scale)
	unseen, err := m.compared.degraded(ctx, 1, o.wayOut())
	if err != nil {
		return err
	}
	if m.learned, err = explained(m.features, unseen, device); err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "features of real images: their network explains %.0f %% of the variance of what was done to "+
		"unseen ones\n", 100*m.learned)
	return nil
}

// measure measures the sets of a row.
func (m *realismMeter) measure(ctx context.Context, k kind, o Options) (*RealismFigures, error) {
	f := &RealismFigures{}
	var accuracies, kids, distances []float64
	var exact, kidInterval [2]float64
	var profiles []*adapt.Profile
	for _, source := range k.sets {
		d, err := source.load(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.name, err)
		}
		right, n, err := twoSample(ctx, d, m.compared, o.estimator(source.name, seedOne[0]))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.name, err)
		}
		got, err := encode(m.features, d, o.Estimator.Device)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.name, err)
		}
		var distance float64
		distance, kidInterval = kid(scaled(got, m.scale), m.want)
		if !finite(distance) {
			return nil, fmt.Errorf("%s: %w", source.name, errDiverged)
		}
		exact = exactInterval(right, n)
		accuracies, kids = append(accuracies, float64(right)/float64(n)), append(kids, distance)
		examples := d.pictures(mostExamples)
		told, err := m.reference.Distance(examples)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source.name, err)
		}
		distances = append(distances, told)
		f.TwoSample.Images = n
		profiles = append(profiles, adapt.NewProfile(examples))
		fmt.Fprintf(o.Out, "%-15s  told apart from real images: %d of %d\n", source.name, right, n)
	}
	f.TwoSample.Measured, f.Profile = measuredOver(accuracies, &exact), adapt.MeanProfile(profiles)
	f.KID, f.Distance = measuredOver(kids, &kidInterval), measuredOver(distances, nil)
	return f, nil
}

// twoSample trains a network to tell images from real ones on half of each, and returns how many of n images of the
// other halves it gets right. All steps are made: a network may learn nothing for a while, and would seem to find
// nothing if it stopped then.
func twoSample(ctx context.Context, d, reals set, c EstimatorConfig) (right, n int, err error) {
	order := rand.New(rand.NewPCG(seedOne[0], 2)).Perm(d.N)
	half := d.N / 2
	learned := beside(d.choose(order[:half]), reals.choose(order[:half]))
	e, err := train(ctx, learned, c, seedOne[0], look(learned, c, "two-sample"))
	if err != nil {
		return 0, 0, err
	}
	defer e.Close()
	held := beside(d.choose(order[half:]), reals.choose(order[half:]))
	err = estimate(held,
		func(s *cgo.Scope, index []int) cgo.Tensor { return e.Forward(s, held.images(s, index, c.Device)) },
		func(index []int, v []float32) {
			for k, i := range index {
				if v[k]*held.Labels[i] > 0 {
					right++
				}
			}
		})
	return right, held.N, err
}

// beside returns the images of both sets, labelled -1 for d and 1 for reals.
func beside(d, reals set) set {
	out := joined(d, reals)
	out.scenes, out.Labels = out.N, make([]float32, out.N)
	for i := range out.Labels {
		out.Labels[i] = 1
		if i < d.N {
			out.Labels[i] = -1
		}
	}
	return out
}
