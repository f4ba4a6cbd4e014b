package cgo

// Gradients runs f in a scope of its own, under autocast to bfloat16 if asked, and adds the gradients of the scalar that f
// returns to the parameters'.
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
