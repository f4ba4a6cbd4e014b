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
	optR    cgo.Optimizer
	optD    cgo.Optimizer
	noise   *cgo.Generator
	found   []string // what was found of kernels: whether layers are fused, and on a GPU why not
}

// newNetworks builds the networks of the config for images like info, initialised from its seed. It refuses a batch that
// their device cannot hold.
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
	if err = cgo.SideStream(n.device); err != nil {
		return n, err
	}
	if err = fits(c, info, n.device); err != nil {
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
	if n.noise, err = cgo.NewGenerator(n.device, c.Seed+noiseStream); err != nil {
		return n, err
	}
	n.fuse(c, info)
	return n, nil
}

// fuse lets R and D train through fused kernels where they are right and pay on this device, each by itself.
func (n *networks) fuse(c Config, info data.Info) {
	if n.device == cgo.CPU {
		if n.R.FuseOnCPU(n.bfloat) {
			n.found = append(n.found, "refiner by Winograd's convolutions")
		}
		if n.Average != nil {
			n.Average.FuseOnCPU(n.bfloat)
		}
		return
	}
	if err := cgo.OwnKernels(n.device); err != nil {
		n.found = append(n.found, fmt.Sprintf("own kernels off, libtorch's in their place: %v", err))
	}
	speedup, err := n.R.Fuse(n.device, n.bfloat, c.Train.Batch, info.H, info.W)
	n.found = append(n.found, fusedNote("refiner", speedup, err))
	speedup, err = n.D.Fuse(n.device, n.bfloat, c.Train.Batch, info.H, info.W)
	n.found = append(n.found, fusedNote("discriminator", speedup, err))
}

// tell says what was found, and will say if a step gives fused kernels up.
func (n *networks) tell(say func(format string, args ...any)) {
	for _, note := range n.found {
		say("%s", note)
	}
	n.R.Unfused = func(err error) { say("%s", fusedNote("refiner", 0, err)) }
	n.D.Unfused = func(err error) { say("%s", fusedNote("discriminator", 0, err)) }
}

func fusedNote(network string, speedup float64, err error) string {
	if err != nil {
		return fmt.Sprintf("fused %s off: %v", network, err)
	}
	return fmt.Sprintf("fused %s: %.1fx faster than libtorch's layers", network, speedup)
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

// newOptimizer is the config's optimizer of the parameters.
func newOptimizer(c TrainConfig, params []cgo.Tensor) (cgo.Optimizer, error) {
	if c.Optimizer == "sgd" {
		return cgo.NewSGD(params), nil
	}
	return cgo.NewAdam(params, c.Beta1, c.Beta2, adamEpsilon)
}

// adamEpsilon is what PyTorch adds to the root of the second moment.
const adamEpsilon = 1e-8
