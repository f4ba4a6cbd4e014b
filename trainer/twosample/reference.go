// Package twosample measures, without labels, how well images can be told from real ones: cheaply enough to do it often
// during training, and with the same result for the same images.
package twosample

import (
	"errors"

	"simgan/cgo"
	"simgan/data/picture"
	"simgan/models"
)

// Reference holds what is known of real images, to measure other images against. A classifier two-sample test
// (Lopez-Paz & Oquab 2017) is made cheap: images are described by features of a network with random weights, and a
// linear classifier learns to tell the features of two sets apart.
type Reference struct {
	encoder *models.ImageEncoder // untrained
	device  cgo.Device
	want    [][]float64 // features of the real images
}

// encoderSeed seeds the encoder's weights. It is the same everywhere, so that distances of several runs compare.
const encoderSeed = 1

// NewReference describes the real images, all of one size. It seeds libtorch's default generator. The caller closes the
// reference.
func NewReference(real []picture.Image, device cgo.Device) (*Reference, error) {
	if err := cgo.Seed(encoderSeed); err != nil {
		return nil, err
	}
	encoder, err := models.NewImageEncoder(real[0].C, real[0].H, real[0].W, 1)
	if err != nil {
		return nil, err
	}
	r := &Reference{encoder: encoder, device: device}
	if err = errors.Join(encoder.To(device), encoder.Freeze(true)); err == nil {
		r.want, err = r.describe(real)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close frees the encoder. It does nothing on nil.
func (r *Reference) Close() {
	if r != nil {
		r.encoder.Close()
	}
}

// Distance returns how well the images can be told from the real ones: the share of the variance of "is it real?" that
// a linear classifier explains on images that it did not learn from. 0 means that it explains nothing (chance makes
// the figure slightly negative), 1 that it is sure and right about each image. The images must have the real ones' size
// and depth. Of the larger set as many images count as the smaller one has.
func (r *Reference) Distance(images []picture.Image) (float64, error) {
	got, err := r.describe(images)
	if err != nil {
		return 0, err
	}
	n := min(len(got), len(r.want))
	return explained(got[:n], r.want[:n]), nil
}

// describedBatch is the number of images that are described at once.
const describedBatch = 64

// describe returns the encoder's features of each image.
func (r *Reference) describe(images []picture.Image) (features [][]float64, err error) {
	size := len(images[0].Pix)
	for from := 0; from < len(images); from += describedBatch {
		part := images[from:min(from+describedBatch, len(images))]
		pixels := make([]float32, len(part)*size)
		for k, m := range part {
			picture.ToUnit(m, pixels[k*size:(k+1)*size])
		}
		err := cgo.Within(func(s *cgo.Scope) error {
			return cgo.NoGrad(func() error {
				m := part[0]
				x := s.From(pixels, r.device, int64(len(part)), int64(m.C), int64(m.H), int64(m.W))
				out := r.encoder.Features(s, x)
				if s.Err() != nil {
					return s.Err()
				}
				values, err := cgo.Read(out)
				features = append(features, models.FeatureRows(values, len(part))...)
				return err
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return features, nil
}
