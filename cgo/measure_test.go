package cgo

import (
	"errors"
	"testing"
)

func TestExactFloat32PutsBackWhatWas(t *testing.T) {
	lockThread(t)
	failed := errors.New("failed")
	if err := ExactFloat32(func() error { return failed }); !errors.Is(err, failed) {
		t.Errorf("f's error became %v", err)
	}
	// By default convolutions may use TF32 and products may not. Nested calls must not lose these settings.
	for range 2 {
		convolutions, products, err := allowTF32(true, false)
		if err != nil || !convolutions || products {
			t.Errorf("TF32 in convolutions %v, in products %v, %v", convolutions, products, err)
		}
		if err := ExactFloat32(func() error { return ExactFloat32(func() error { return nil }) }); err != nil {
			t.Fatal(err)
		}
	}
}

func TestProductRate(t *testing.T) {
	lockThread(t)
	if rate, err := ProductRate(CPU, Float32, 256, 4); err != nil || rate < 1e8 || rate > 1e14 {
		t.Errorf("%v operations a second, %v", rate, err)
	}
	if err := ResetPeak(CPU); err != nil {
		t.Error(err)
	}
}
