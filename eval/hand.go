package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// HandFigures are the errors, on the test images, of hand estimators trained on one kind of images. Pixels are those of
// the images, whose side of 224 (or 64) pixels is 300 mm. An error in mm is the distance in space, depth included.
type HandFigures struct {
	PCK5       float64            `json:"pck_5px"`   // share of joints within 5 pixels, mean over the seeds
	MeanPx     float64            `json:"mean_px"`   // mean over joints and images, then over the seeds
	CI95       [2]float64         `json:"ci95"`      // of mean_px, over the seeds (Student's t)
	MeanMM     float64            `json:"mean_mm"`   // as mean_px, in space
	PCKCI95    [2]float64         `json:"pck_ci95"`  // of pck_5px
	MMCI95     [2]float64         `json:"mm_ci95"`   // of mean_mm
	PCKCurve   [pckPixels]float64 `json:"pck_curve"` // share of joints within 1, 2, ... pixels
	PerSeed    []float64          `json:"per_seed"`  // mean_px
	PerSeedMM  []float64          `json:"per_seed_mm"`
	PerSeedPCK []float64          `json:"per_seed_pck"`
}

// pckPixels is the last point of the PCK curve.
const pckPixels = 20

// handStacks is the number of hourglasses [SimGAN].
const handStacks = 2

// HandResult holds the JSON of `eval hand`. Its gap is that of mean_px.
type HandResult = Result[HandFigures]

// Hand trains the stacked hourglass on each kind of images and tests it on held-out real ones.
func Hand(ctx context.Context, o Options) (*HandResult, error) {
	t := task{
		name: "hand", metric: "mean_px", quantity: meanError, unit: "pixels", labels: fixed{data.HandLabels, false},
	}
	return compare(ctx, o, t, exam[jointError, HandFigures]{
		errors: handErrors,
		blank:  func() *HandFigures { return &HandFigures{} },
		add: func(f *HandFigures, errs []jointError, _ set, estimators int) (string, bool) {
			px, mm, pck := f.add(errs, estimators)
			return fmt.Sprintf("%.2f px, %.1f mm, %.1f %% within 5 px", px, mm, 100*pck), finite(px, mm)
		},
		finish: (*HandFigures).finish,
		costs:  func(f *HandFigures) []float64 { return f.PerSeed },
	})
}

// finish computes means and intervals.
func (f *HandFigures) finish(seeds int) {
	f.MeanPx, f.CI95 = interval(f.PerSeed, seeds)
	f.MeanMM, f.MMCI95 = interval(f.PerSeedMM, seeds)
	f.PCK5, f.PCKCI95 = interval(f.PerSeedPCK, seeds)
}

// jointError is one joint's error.
type jointError struct{ PX, MM float64 }

// add counts the errors of one of several seeds and returns its means.
func (f *HandFigures) add(errs []jointError, seeds int) (px, mm, pck float64) {
	n := float64(len(errs))
	for _, e := range errs {
		px, mm = px+e.PX/n, mm+e.MM/n
		if e.PX <= 5 {
			pck += 1 / n
		}
		for p := range f.PCKCurve {
			if e.PX <= float64(p+1) {
				f.PCKCurve[p] += 1 / n / float64(seeds)
			}
		}
	}
	f.PerSeed = append(f.PerSeed, px)
	f.PerSeedMM, f.PerSeedPCK = append(f.PerSeedMM, mm), append(f.PerSeedPCK, pck)
	return px, mm, pck
}

// handErrors trains an estimator on d and returns its errors at every joint of the test images.
func handErrors(ctx context.Context, d, test set, c EstimatorConfig, seed uint64) ([]jointError, error) {
	e, err := learnHand(ctx, d, c, seed)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	errs, err := testHand(e, test, c.Device)
	if err != nil {
		return nil, fmt.Errorf("test: %w", err)
	}
	return errs, nil
}

// learnHand trains an estimator on d. The caller closes it.
func learnHand(ctx context.Context, d set, c EstimatorConfig, seed uint64) (*models.HandEstimator, error) {
	joints := len(data.HandJoints)
	return train(ctx, d, c, seed, lesson[*models.HandEstimator]{
		what: "hand",
		build: func() (*models.HandEstimator, error) {
			return models.NewHandEstimator(models.HandConfig{Width: c.Width, Stacks: handStacks, Joints: joints}, d.C)
		},
		loss: func(s *cgo.Scope, e *models.HandEstimator, d set, index []int, random *rand.Rand) cgo.Tensor {
			x, heat, depth := d.handBatch(s, index, e.Map(d.H, d.W), random, c.Device)
			return models.LossHand(s, e.Forward(s, x, true), heat, depth, int64(joints), len(index))
		},
		agree: func(s *cgo.Scope, t, e *models.HandEstimator, d set, index []int, random *rand.Rand) cgo.Tensor {
			pixels, _ := d.viewed(index, random)
			k := int64(joints)
			maps := estimated(s, func() cgo.Tensor { return lastMaps(s, t, d.tensor(s, pixels, c.Device)) })
			x := d.disturbed(s, pixels, false, random, c.Device)
			heat, depth := s.Narrow(maps, 1, 0, k), s.Narrow(maps, 1, k, k)
			return models.LossHand(s, e.Forward(s, x, true), heat, depth, k, len(index))
		},
		error: func(e *models.HandEstimator, held set) (float64, error) {
			errs, err := testHand(e, held, c.Device)
			px := make([]float64, len(errs))
			for i, joint := range errs {
				px[i] = joint.PX
			}
			return finiteMean(px), err
		},
	})
}

// testHand returns the estimator's errors at every joint of all images of d.
func testHand(e *models.HandEstimator, d set, device cgo.Device) (errs []jointError, err error) {
	err = eachHand(e, d, device, func(i int, found []joint) { errs = append(errs, d.apart(i, found, d.joints(i))...) })
	return errs, err
}

// eachHand calls got with the joints that the estimator finds in each image of d, in order.
func eachHand(e *models.HandEstimator, d set, device cgo.Device, got func(i int, found []joint)) error {
	return estimate(d,
		func(s *cgo.Scope, index []int) cgo.Tensor { return lastMaps(s, e, d.images(s, index, device)) },
		func(index []int, v []float32) {
			for k, i := range index {
				got(i, d.found(i, v[k*len(v)/len(index):(k+1)*len(v)/len(index)]))
			}
		})
}

// lastMaps returns the maps of the last hourglass, (n, 2 joints, m, m).
func lastMaps(s *cgo.Scope, e *models.HandEstimator, x cgo.Tensor) cgo.Tensor {
	maps := e.Forward(s, x, false)
	if len(maps) == 0 {
		return cgo.Tensor{} // the scope holds the error
	}
	return maps[len(maps)-1]
}

// joint is a joint's place: pixels, and mm beyond the centre of the crop.
type joint [3]float64

// found returns the joints that the maps (2k, m, m) of image i show.
func (d set) found(i int, maps []float32) []joint {
	joints := make([]joint, len(data.HandJoints))
	for j := range joints {
		joints[j] = peak(maps, j, len(joints), d.H, d.W)
		joints[j][2] *= depthUnit(d.Label(i))
	}
	return joints
}

// joints returns the joints of image i's label.
func (d set) joints(i int) []joint {
	label, joints := d.Label(i), make([]joint, len(data.HandJoints))
	for j := range joints {
		joints[j] = joint{float64(label[3*j]), float64(label[3*j+1]), float64(label[3*j+2])}
	}
	return joints
}

// apart returns the distances of joints a and b of image i.
func (d set) apart(i int, a, b []joint) []jointError {
	label, errs := d.Label(i), make([]jointError, len(a))
	for j := range errs {
		errs[j].PX = math.Hypot(a[j][0]-b[j][0], a[j][1]-b[j][1])
		p := data.HandPoint(label, d.H, d.W, a[j][0], a[j][1], a[j][2])
		q := data.HandPoint(label, d.H, d.W, b[j][0], b[j][1], b[j][2])
		errs[j].MM = math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
	}
	return errs
}
