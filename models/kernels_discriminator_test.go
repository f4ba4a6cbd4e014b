package models

import (
	"errors"
	"strings"
	"testing"
	"time"

	"simgan/cgo"
	"simgan/models/architecture"
)

func discriminator(t *testing.T, layers architecture.Layers, width float64) *Discriminator {
	t.Helper()
	d, err := NewDiscriminator(architecture.Discriminator{Layers: layers, Width: width, Normalization: "none"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// In float32, D through kernels equals D layer by layer: the logits, and the gradients of phi and of the images.
// Frozen, as in R's step, D sends the same gradient to the images, and takes none.
func TestFusedDiscriminatorIsForward(t *testing.T) {
	for layers, size := range map[architecture.Layers][2]int{"gaze": {18, 28}, "hand": {64, 50}} {
		t.Run(string(layers), func(t *testing.T) {
			start(t)
			d := discriminator(t, layers, 0.25)
			trial, err := d.newTrial(3, size[0], size[1])
			if err != nil {
				t.Fatal(err)
			}
			defer trial.network.Close()
			err = cgo.Within(func(s *cgo.Scope) error {
				if err := trial.drawTensors(s, cgo.CPU); err != nil {
					return err
				}
				want, err := trial.runPath(libtorchPath, false, 1, 1)
				if err != nil {
					return err
				}
				got, err := trial.runPath(referencePath(cgo.Float32), false, 1, 1)
				if err != nil {
					return err
				}
				if len(got.values) != 13 {
					t.Errorf("%d values: want logits, half a batch's, 10 parameters' gradients, the images'", len(got.values))
				}
				for i := range want.values {
					if far := relativeDistance(got.values[i], want.values[i]); !(far < 1e-5) {
						t.Errorf("%s: %.2g of its length off", trial.valueName(i), far)
					}
				}
				return checkFrozen(t, trial, want.values[12])
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// checkFrozen compares the gradient of the images with want while D takes no gradients.
func checkFrozen(t *testing.T, trial *trial, want []float32) error {
	d := trial.network.(*Discriminator)
	if err := errors.Join(d.Freeze(true), cgo.DropGrads(trial.leaves())); err != nil {
		return err
	}
	err := cgo.Within(func(s *cgo.Scope) error {
		if _, err := trial.onePass(s, referencePath(cgo.Float32), false); err != nil {
			return err
		}
		got, err := cgo.Read(s.Grad(trial.x))
		if err != nil {
			return err
		}
		if far := relativeDistance(got, want); !(far < 1e-5) {
			t.Errorf("frozen, the gradient of the images is %.2g of its length off", far)
		}
		return nil
	})
	if cgo.Within(func(s *cgo.Scope) error { s.Grad(d.convs[0].Weight); return nil }) == nil {
		t.Error("frozen, conv1.weight has a gradient")
	}
	return err
}

func TestTryPathRefusesWrongKernelsOfD(t *testing.T) {
	start(t)
	for want, path := range map[string]convPath{
		"gradient of the images: relative error": func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
			return fusedPath(s, n, s.Add(x, s.Scale(s.Sub(x, s.Detach(x)), 0.5)))
		},
		"gradient of conv1.weight: relative error": func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
			table, padding := n.kernelTable()
			params := Tensors(n.Params())
			params[0] = s.Add(params[0], s.Sub(params[0], s.Detach(params[0])))
			return s.FusedLayers(x, params, table, padding, cgo.ReferenceKernels, cgo.BFloat16)
		},
		"result: relative error": func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
			table, padding := n.kernelTable()
			table[1].Pool = 0 // the pool is forgotten
			return s.FusedLayers(x, Tensors(n.Params()), table, padding, cgo.ReferenceKernels, cgo.BFloat16)
		},
		"times as long as libtorch's layers": func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
			time.Sleep(100 * time.Millisecond)
			return fusedPath(s, n, x)
		},
	} {
		d := discriminator(t, "gaze", 0.25)
		_, err := d.Kernels.tryPath(trialOf(t, d), path, libtorchPath, cgo.CPU)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if d.Kernels.path != nil {
			t.Errorf("%s: the kernels are used all the same", want)
		}
	}
	d, err := NewDiscriminator(architecture.Discriminator{Layers: "gaze", Width: 0.25, Normalization: "batch"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	_, err = d.UseGPUKernels(cgo.CPU, true, 2, 9, 11)
	if err == nil || !strings.Contains(err.Error(), "discriminator.normalization batch") {
		t.Errorf("batch normalisation: %v", err)
	}
}

// D trains through its kernels. The R1 penalty needs second derivatives and uses Layers. After an error D uses
// libtorch's layers again, and R keeps its kernels.
func TestFusedDiscriminatorTrainsAndFallsBack(t *testing.T) {
	start(t)
	d, r := discriminator(t, "gaze", 0.25), smallRefiner(t, "zeros")
	r.Kernels.path = fusedPath
	slow := func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
		time.Sleep(200 * time.Millisecond)
		return libtorchPath(s, n, x)
	}
	speedup, err := d.Kernels.tryPath(trialOf(t, d), fusedPath, slow, cgo.CPU)
	if err != nil || speedup < 1 || d.Kernels.path == nil {
		t.Fatalf("%.2f times as fast, but refused: %v", speedup, err)
	}
	calls := 0
	d.Kernels.path = func(s *cgo.Scope, n convNet, x cgo.Tensor) (cgo.Tensor, error) {
		if calls++; calls > 1 {
			return cgo.Tensor{}, errors.New("a kernel failed")
		}
		return fusedPath(s, n, x)
	}
	var reported []error
	d.Kernels.OnFailure = func(err error) { reported = append(reported, err) }
	err = cgo.Within(func(s *cgo.Scope) error {
		x := s.Zeros(cgo.Float32, cgo.CPU, 2, 1, 9, 11)
		if err := cgo.RequireGrad([]cgo.Tensor{x}, true); err != nil {
			return err
		}
		d.Forward(s, x, false)
		penalty := PenaltyR1(s, d.Layers(s, x, true), x, 1, 2)
		if err := s.Backward(penalty); err != nil || calls != 0 {
			t.Errorf("the penalty used the kernels %d times: %v", calls, err)
		}
		d.Forward(s, x, true)
		if calls != 1 {
			t.Error("a training batch does not use the kernels")
		}
		for range 2 {
			if far := relativeDistance(values(t, d.Forward(s, x, true)), values(t, d.Layers(s, x, true))); far != 0 {
				t.Errorf("after the error the logits are %.2g off", far)
			}
		}
		return s.Err()
	})
	if err != nil {
		t.Error(err)
	}
	if len(reported) != 1 || d.Kernels.path != nil || r.Kernels.path == nil || calls != 2 {
		t.Errorf("reported %v, %d calls; R has kernels: %v", reported, calls, r.Kernels.path != nil)
	}
}

func values(t *testing.T, x cgo.Tensor) []float32 {
	t.Helper()
	read, err := cgo.Read(x)
	if err != nil {
		t.Fatal(err)
	}
	return read
}
