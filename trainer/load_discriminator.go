package trainer

import (
	"math"
	"path/filepath"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
	"simgan/trainer/rundir"
	"simgan/trainer/simgan"
)

// LoadDiscriminator reads the discriminator of the checkpoint that a refiner of the run was loaded from. The caller
// closes it.
func LoadDiscriminator(run string, l Loaded, device cgo.Device) (*models.Discriminator, error) {
	folder, err := rundir.FindCheckpoint(run, l.Checkpoint)
	if err != nil {
		return nil, err
	}
	if _, err := readState(folder, simgan.DiscriminatorFile); err != nil {
		return nil, err
	}
	d, err := models.NewDiscriminator(l.Config.Discriminator, l.Refiner.Channels)
	if err != nil {
		return nil, err
	}
	if err := models.Load(filepath.Join(folder, simgan.DiscriminatorFile), d.Params()); err != nil {
		d.Close()
		return nil, err
	}
	return d, d.To(device)
}

// Told returns, for each image of x, the mean probability over its patches that D gives to the image being refined.
func Told(d *models.Discriminator, x *data.Pixels, device cgo.Device) ([]float64, error) {
	told := make([]float64, x.N)
	err := cgo.Within(func(s *cgo.Scope) error {
		return cgo.NoGrad(func() error {
			images := s.From(x.Values, device, int64(x.N), int64(x.C), int64(x.H), int64(x.W))
			logits := d.Forward(s, images, false) // (n, 2, h, w)
			if s.Err() != nil {
				return s.Err()
			}
			values, err := cgo.Read(logits)
			patches := len(values) / (2 * x.N)
			for i := range told {
				one := values[2*i*patches : 2*(i+1)*patches]
				for p := range patches {
					told[i] += sigmoid(float64(one[models.Refined*patches+p]-one[models.Real*patches+p])) / float64(patches)
				}
			}
			return err
		})
	})
	return told, err
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
