package models

import "simgan/cgo"

// Work counts a network's multiplications in one forward pass of one image. Each comes with an addition. Biases,
// activations and losses are not counted, as usual.
type Work struct {
	First int64 // of the first layer, which computes no gradient for its input if the input is an image
	All   int64 // of all layers
}

// Work counts R's multiplications for an image of h x w: no layer changes the size.
func (r *Refiner) Work(h, w int) Work {
	work := Work{First: weightsOf(r.stem) * int64(h*w)}
	work.All = work.First + weightsOf(r.last)*int64(h*w)
	for _, b := range r.blocks {
		work.All += (weightsOf(b.conv1) + weightsOf(b.conv2)) * int64(h*w)
	}
	return work
}

// Work counts D's multiplications for an image of h x w.
func (d *Discriminator) Work(h, w int) (work Work) {
	next := 0
	for i, l := range d.table {
		p, k, stride := int(l.k/2), int(l.k), int(l.stride)
		h, w = (h+2*p-k)/stride+1, (w+2*p-k)/stride+1
		if l.out == 0 {
			continue
		}
		work.All += weightsOf(d.convs[next]) * int64(h*w)
		next++
		if i == 0 {
			work.First = work.All
		}
	}
	return work
}

// weightsOf returns out x in x k x k: the multiplications per pixel of the layer's output.
func weightsOf(c conv) int64 {
	info, err := cgo.Info(c.Weight)
	if err != nil {
		return 0 // closed
	}
	return info.Numel()
}

// StepFLOPs returns the floating-point operations of one step of R per image, and of one step of D per pair of a
// synthetic and a real image. A layer's gradients for its weights and for its input each cost as much as its forward
// pass.
//
//	R: R forward and its gradients except the image's; D forward and its gradient for the input only (phi is fixed)
//	D: R forward (theta is fixed); D forward on refined and real and its gradients except the images'
func StepFLOPs(r, d Work) (stepR, stepD float64) {
	stepR = 2 * float64(3*r.All-r.First+2*d.All)
	stepD = 2 * float64(r.All+2*(3*d.All-d.First))
	return stepR, stepD
}
