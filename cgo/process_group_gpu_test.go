package cgo

import (
	"slices"
	"testing"
	"time"
)

// A group of one process sums through NCCL what it has, by itself and as part of a CUDA graph. If the CPU takes the
// GPU's place, the sum goes through Gloo.
func TestGPUProcessGroupOfOne(t *testing.T) {
	gpu := needGPU(t)
	if err := SideStream(gpu); err != nil {
		t.Fatal(err)
	}
	g, _ := groupOfOne(t)
	if err := g.Connect(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if err := g.UseDevice(gpu); err != nil {
		t.Fatal(err)
	}
	err := Within(func(s *Scope) error {
		values := s.From([]float32{1, 2, 3}, gpu, 3)
		sum := func() error { return g.Average([]Tensor{values}) }
		for range 3 {
			if err := sum(); err != nil {
				return err
			}
		}
		if gpu != CPU {
			if err := launchRecorded(gpu, sum); err != nil {
				return err
			}
		}
		got, err := Read(values)
		if err == nil && !slices.Equal(got, []float32{1, 2, 3}) {
			t.Errorf("the averages of one process are %v", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// launchRecorded records a step and launches it twice.
func launchRecorded(gpu Device, step func() error) error {
	noise, err := NewGenerator(gpu, 1)
	if err != nil {
		return err
	}
	defer noise.Close()
	graph, err := Record(gpu, noise, nil, step)
	if err != nil {
		return err
	}
	for range 2 {
		if err == nil {
			err = graph.Launch()
		}
	}
	if err != nil {
		return err
	}
	return graph.Close()
}
