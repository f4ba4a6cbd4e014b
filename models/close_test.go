package models

import "testing"

// Callers close networks that they may not have built.
func TestCloseDoesNothingOnNil(*testing.T) {
	(*Refiner)(nil).Close()
	(*Discriminator)(nil).Close()
	(*GazeEstimator)(nil).Close()
	(*HandEstimator)(nil).Close()
}
