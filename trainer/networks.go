package trainer

import (
	"fmt"

	"simgan/cgo"
	"simgan/data"
	"simgan/models"
)

// networks are R, its moving average and D on the run's device, with their optimizers.
type networks struct {
	device  cgo.Device
	bfloat  bool
	R       *models.Refiner
	Average *models.Refiner // nil where train.ema is 0
	D       *models.Discriminator
	optR    *optimizer
	optD    *optimizer
	noise   *cgo.Generator
}

// newNetworks builds the networks of the config for images like info, initialised from its seed.
func newNetworks(c Config, info data.Info) (n *networks, err error) {
	n = &networks{bfloat: c.Train.Precision == "bfloat16"}
	defer func() {
		if err != nil {
			n.Close()
		}
	}()
	if n.device, err = cgo.ParseDevice(c.Device); err != nil {
		return n, err
	}
	if err = cgo.Seed(c.Seed); err != nil {
		return n, err
	}
	if n.R, err = models.NewRefiner(c.Refiner, info.C); err != nil {
		return n, err
	}
	if n.D, err = models.NewDiscriminator(c.Discriminator, info.C); err != nil {
		return n, err
	}
	if c.Train.EMA > 0 {
		if n.Average, err = models.NewRefiner(c.Refiner, info.C); err != nil {
			return n, err
		}
		if err = copyParams(n.Average.Params(), n.R.Params()); err != nil {
			return n, err
		}
	}
	if err = n.toDevice(); err != nil {
		return n, err
	}
	if h, w := n.D.Map(info.H, info.W); h < 1 || w < 1 {
		return n, fmt.Errorf("%w: images of %dx%d are too small for discriminator.layers %s", ErrConfig, info.H, info.W, c.Discriminator.Layers)
	}
	if n.optR, err = newOptimizer(c.Train, models.Tensors(n.R.Params())); err != nil {
		return n, err
	}
	if n.optD, err = newOptimizer(c.Train, models.Tensors(n.D.Params())); err != nil {
		return n, err
	}
	n.noise, err = cgo.NewGenerator(n.device, c.Seed+noiseStream)
	return n, err
}

// Streams keep what is drawn for one purpose independent of every other.
const (
	syntheticStream = 1 << 32
	realStream      = 2 << 32
	noiseStream     = 3 << 32
	historyStream   = 4 << 32
	sampleStream    = 5 << 32
)

func (n *networks) toDevice() error {
	if err := n.R.To(n.device); err != nil {
		return err
	}
	if n.Average != nil {
		if err := n.Average.To(n.device); err != nil {
			return err
		}
		if err := n.Average.Freeze(true); err != nil {
			return err
		}
	}
	return n.D.To(n.device)
}

// Close frees all that the device holds for the networks.
func (n *networks) Close() {
	if n.R != nil {
		n.R.Close()
	}
	if n.Average != nil {
		n.Average.Close()
	}
	if n.D != nil {
		n.D.Close()
	}
	if n.optR != nil {
		n.optR.Close()
	}
	if n.optD != nil {
		n.optD.Close()
	}
	if n.noise != nil {
		n.noise.Close()
	}
}

// best is the refiner to refine with: the moving average where there is one.
func (n *networks) best() *models.Refiner {
	if n.Average != nil {
		return n.Average
	}
	return n.R
}

func copyParams(dst, src []models.Param) error {
	for i, p := range dst {
		if err := cgo.Copy(p.Tensor, src[i].Tensor); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

// optimizer updates parameters from their gradients; its state is saved with a checkpoint.
type optimizer struct {
	adam         bool
	beta1, beta2 float64
	params       []cgo.Tensor
	m, v, counts []cgo.Tensor
}

// adamEpsilon is what PyTorch adds to the root of the second moment.
const adamEpsilon = 1e-8

func newOptimizer(c TrainConfig, params []cgo.Tensor) (*optimizer, error) {
	o := &optimizer{adam: c.Optimizer == "adam", beta1: c.Beta1, beta2: c.Beta2, params: params}
	if !o.adam {
		return o, nil
	}
	return o, cgo.Within(func(s *cgo.Scope) error {
		for _, p := range params {
			info, err := cgo.Info(p)
			if err != nil {
				return err
			}
			o.m = append(o.m, s.Keep(s.ZerosLike(p)))
			o.v = append(o.v, s.Keep(s.ZerosLike(p)))
			o.counts = append(o.counts, s.Keep(s.Zeros(cgo.Float32, info.Device, 1)))
		}
		return nil
	})
}

// step makes one update with the learning rate and drops the gradients.
func (o *optimizer) step(lr float64) error {
	update := func() error { return cgo.SGDStep(o.params, lr) }
	if o.adam {
		update = func() error {
			return cgo.AdamStep(o.params, o.m, o.v, o.counts, lr, o.beta1, o.beta2, adamEpsilon)
		}
	}
	if err := update(); err != nil {
		return err
	}
	return cgo.DropGrads(o.params)
}

// Close frees the optimizer's state.
func (o *optimizer) Close() {
	cgo.Free(o.m...)
	cgo.Free(o.v...)
	cgo.Free(o.counts...)
}
