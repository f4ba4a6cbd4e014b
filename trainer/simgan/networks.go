package simgan

import (
	"errors"
	"fmt"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models"
	"simgan/trainer/config"
)

// networks are R, its moving average and D on the training device, with their optimizers.
type networks struct {
	R       *models.Refiner
	Average *models.Refiner // nil if train.ema is 0
	D       *models.Discriminator

	device cgo.Device
	bfloat bool // convolutions in bfloat16
	optR   cgo.Optimizer
	optD   cgo.Optimizer
	noise  *cgo.Generator
	notes  []string // which kernels the layers use, and on a GPU why not the fused ones
}

// newNetworks builds the networks of the config for images like image, initialised from its seed. They are the same in
// all processes, their noise is not. It refuses a batch that the device cannot hold.
func newNetworks(c config.Config, image data.Info, rank int) (n *networks, err error) {
	n = &networks{bfloat: c.Train.Precision == config.BFloat16}
	defer func() {
		if err != nil {
			n.Close()
		}
	}()
	if err = n.openDevice(c, image); err != nil {
		return n, err
	}
	if err = n.build(c, image); err != nil {
		return n, err
	}
	if h, w := n.D.Map(image.H, image.W); h < 1 || w < 1 {
		return n, exit.Usagef("config: images of %dx%d are too small for discriminator.layers %s",
			image.H, image.W, c.Discriminator.Layers)
	}
	if n.optR, err = newOptimizer(c.Train, n.R.Params()); err != nil {
		return n, err
	}
	if n.optD, err = newOptimizer(c.Train, n.D.Params()); err != nil {
		return n, err
	}
	if n.noise, err = cgo.NewGenerator(n.device, c.Seed+noiseStream+ofRank(rank)); err != nil {
		return n, err
	}
	n.chooseKernels(c, image)
	return n, nil
}

// openDevice prepares the device and checks that it can hold a batch.
func (n *networks) openDevice(c config.Config, image data.Info) (err error) {
	if n.device, err = cgo.ParseDevice(c.Device); err != nil {
		return err
	}
	if err = cgo.SideStream(n.device); err != nil {
		return err
	}
	return checkFits(c, image, n.device)
}

// build makes the networks on the CPU from the seed, so that they are the same for every device, and moves them.
func (n *networks) build(c config.Config, image data.Info) (err error) {
	if err = cgo.Seed(c.Seed); err != nil {
		return err
	}
	if n.R, err = models.NewRefiner(c.Refiner, image.C); err != nil {
		return err
	}
	if n.D, err = models.NewDiscriminator(c.Discriminator, image.C); err != nil {
		return err
	}
	if c.Train.EMA > 0 {
		if n.Average, err = models.NewRefiner(c.Refiner, image.C); err != nil {
			return err
		}
		err = errors.Join(copyParams(n.Average.Params(), n.R.Params()), n.Average.To(n.device), n.Average.Freeze(true))
	}
	return errors.Join(err, n.R.To(n.device), n.D.To(n.device))
}

// chooseKernels lets R and D, each on its own, train through faster kernels if they are correct and pay on this device.
func (n *networks) chooseKernels(c config.Config, image data.Info) {
	if n.device == cgo.CPU {
		n.notes = append(n.notes, n.chooseCPUKernels(c.Train)...)
		return
	}
	if err := cgo.LoadDeviceKernels(n.device); err != nil {
		n.notes = append(n.notes, fmt.Sprintf("our kernels off, libtorch's run instead: %v", err))
	}
	speedup, err := n.R.UseGPUKernels(n.device, n.bfloat, c.Train.Batch, image.H, image.W)
	n.notes = append(n.notes, kernelNote("refiner", speedup, err)+inSlices(n.R.Kernels.Used()))
	// D's steps have b refined and b real images.
	speedup, err = n.D.UseGPUKernels(n.device, n.bfloat, 2*c.Train.Batch, image.H, image.W)
	n.notes = append(n.notes, kernelNote("discriminator", speedup, err))
}

// report logs which kernels the layers use, and later if a step gives fused kernels up.
func (n *networks) report(log func(format string, args ...any)) {
	for _, note := range n.notes {
		log("%s", note)
	}
	n.R.Kernels.OnFailure = func(err error) { log("%s", kernelNote("refiner", 0, err)) }
	n.D.Kernels.OnFailure = func(err error) { log("%s", kernelNote("discriminator", 0, err)) }
}

// fused says how R and D use fused kernels on the GPU (models.Kernels.Used), by their names in the log. On a CPU it is
// nil, because train.kernels decides there.
func (n *networks) fused() map[string]int {
	if n.device == cgo.CPU {
		return nil
	}
	return map[string]int{"refiner": n.R.Kernels.Used(), "discriminator": n.D.Kernels.Used()}
}

// follow uses fused kernels as the checkpoint's run did.
func (n *networks) follow(fused map[string]int, log func(format string, args ...any)) {
	for _, network := range []struct {
		name    string
		kernels *models.Kernels
	}{{"refiner", &n.R.Kernels}, {"discriminator", &n.D.Kernels}} {
		used, known := fused[network.name]
		if known && network.kernels.Follow(used) {
			log("fused %s as before the stop: %s", network.name, inWords(used))
		}
	}
}

// unfuse ends the use of the GPU's fused kernels after an error of a step. It reports whether there were any. The CPU's
// kernels stay, because a resumed run must round as before.
func (n *networks) unfuse(err error) bool {
	if n.device == cgo.CPU {
		return false
	}
	refiner, discriminator := n.R.Kernels.GiveUp(err), n.D.Kernels.GiveUp(err)
	return refiner || discriminator
}

// inWords says how a network uses fused kernels, by what models.Kernels.Used returns.
func inWords(used int) string {
	if used == models.NoKernels {
		return "off"
	}
	return "on" + inSlices(used)
}

func inSlices(used int) string {
	if used <= 0 {
		return ""
	}
	return fmt.Sprintf(", in slices of %d images", used)
}

func kernelNote(network string, speedup float64, err error) string {
	if err != nil {
		return fmt.Sprintf("fused %s off: %v", network, err)
	}
	return fmt.Sprintf("fused %s: %.1fx faster than libtorch's layers", network, speedup)
}

// Streams of random numbers. Each is added to the seed, so that what is drawn for one purpose is independent of the
// others.
const (
	syntheticStream = 1 << 32
	realStream      = 2 << 32
	noiseStream     = 3 << 32
	historyStream   = 4 << 32
)

// ofRank is added to the seed of what differs between processes: noise, and the choice of old images. It is 0 for the
// first process, and beyond all streams for the others.
func ofRank(rank int) uint64 { return uint64(rank) << 40 }

// Best returns the refiner to refine with: the moving average if there is one.
func (n *networks) Best() *models.Refiner {
	if n.Average != nil {
		return n.Average
	}
	return n.R
}

// Close frees everything that the device holds for the networks.
func (n *networks) Close() {
	if n == nil {
		return
	}
	n.R.Close()
	n.Average.Close()
	n.D.Close()
	for _, o := range []cgo.Optimizer{n.optR, n.optD} {
		if o != nil {
			o.Close()
		}
	}
	if n.noise != nil {
		n.noise.Close()
	}
}

func copyParams(dst, src []models.Param) error {
	for i, p := range dst {
		if err := cgo.Copy(p.Tensor, src[i].Tensor); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

// newOptimizer returns the config's optimizer of the parameters.
func newOptimizer(c config.Train, params []models.Param) (cgo.Optimizer, error) {
	if c.Optimizer == config.SGD {
		return cgo.NewSGD(models.Tensors(params)), nil
	}
	return cgo.NewAdam(models.Tensors(params), c.Beta1, c.Beta2, adamEpsilon)
}

// adamEpsilon is what PyTorch adds to the root of the second moment.
const adamEpsilon = 1e-8
