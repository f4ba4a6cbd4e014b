package cgo

// Gradients runs f in a scope of its own, under Autocast if bfloat is set, and backpropagates from the scalar that f
// returns: it adds to the gradients of all leaves that require one. The backward pass runs outside of Autocast. After
// an error of f or of the scope nothing is backpropagated.
func Gradients(bfloat bool, device Device, f func(s *Scope) Tensor) error {
	return Within(func(s *Scope) error {
		var loss Tensor
		err := AutocastIf(bfloat, device, func() error {
			loss = f(s)
			return s.Err()
		})
		if err != nil {
			return err
		}
		return s.Backward(loss)
	})
}
