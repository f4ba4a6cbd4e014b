package cgo

// Adam is the optimizer of Kingma & Ba 2015 over some parameters, with its state.
type Adam struct {
	beta1, beta2, epsilon float64
	params                []Tensor
	// M and V are the moments, Counts the numbers of updates (one element each), in the order of the parameters.
	M, V, Counts []Tensor
}

// NewAdam returns an Adam with moments of zero. Close frees them.
func NewAdam(params []Tensor, beta1, beta2, epsilon float64) (*Adam, error) {
	a := &Adam{beta1: beta1, beta2: beta2, epsilon: epsilon, params: params}
	return a, Within(func(s *Scope) error {
		for _, p := range params {
			info, err := Info(p)
			if err != nil {
				return err
			}
			a.M = append(a.M, s.Keep(s.ZerosLike(p)))
			a.V = append(a.V, s.Keep(s.ZerosLike(p)))
			a.Counts = append(a.Counts, s.Keep(s.Zeros(Float32, info.Device, 1)))
		}
		return s.err
	})
}

// Step makes one update with the learning rate and drops the gradients.
func (a *Adam) Step(lr float64) error {
	if err := adamStep(a.params, a.M, a.V, a.Counts, lr, a.beta1, a.beta2, a.epsilon); err != nil {
		return err
	}
	return DropGrads(a.params)
}

// StepAt is Step with the learning rate in a float32 tensor (1) on the parameters' device. The host may change it.
func (a *Adam) StepAt(lr Tensor) error {
	if err := adamStepAt(a.params, a.M, a.V, a.Counts, lr, a.beta1, a.beta2, a.epsilon); err != nil {
		return err
	}
	return DropGrads(a.params)
}

// Reset makes the optimizer a new one. Its tensors stay where they are.
func (a *Adam) Reset() error {
	for _, tensors := range a.State() {
		for _, t := range tensors {
			if err := Clear(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// State returns the optimizer's tensors by PyTorch's names.
func (a *Adam) State() map[string][]Tensor {
	return map[string][]Tensor{"exp_avg": a.M, "exp_avg_sq": a.V, "step": a.Counts}
}

// Close frees the state.
func (a *Adam) Close() {
	Free(a.M...)
	Free(a.V...)
	Free(a.Counts...)
}

// SGD is plain stochastic gradient descent over some parameters; it has no state.
type SGD struct{ params []Tensor }

// NewSGD returns an SGD over the parameters.
func NewSGD(params []Tensor) *SGD { return &SGD{params} }

// Step makes one update with the learning rate and drops the gradients.
func (o *SGD) Step(lr float64) error {
	if err := sgdStep(o.params, lr); err != nil {
		return err
	}
	return DropGrads(o.params)
}

// StepAt is Step with the learning rate in a float32 tensor (1) on the parameters' device.
func (o *SGD) StepAt(lr Tensor) error {
	if err := sgdStepAt(o.params, lr); err != nil {
		return err
	}
	return DropGrads(o.params)
}

// Reset does nothing.
func (o *SGD) Reset() error { return nil }

// State is empty.
func (o *SGD) State() map[string][]Tensor { return nil }

// Close does nothing.
func (o *SGD) Close() {}

// Optimizer updates its parameters from their gradients.
type Optimizer interface {
	Step(lr float64) error
	StepAt(lr Tensor) error
	Reset() error
	State() map[string][]Tensor
	Close()
}
