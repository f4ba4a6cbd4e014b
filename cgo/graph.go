package cgo

// #include "libsimgan/graph.h"
import "C"

import (
	"errors"
	"fmt"
)

// Graph is work for a GPU that was recorded once and is launched as a whole.
type Graph struct{ g C.sg_graph }

// SideStream sends this thread's work to the device from now on, on a stream on which it can be recorded. It does
// nothing on the CPU.
func SideStream(device Device) error {
	if device == CPU {
		return nil
	}
	return check("stream", C.sg_side_stream(C.int32_t(device)))
}

// Record records what f asks of the device, at fixed addresses, without doing it. f must not read from the device or
// copy to it, and must leave no tensors or gradients that are used later. Each launch draws f's noise again. Memory
// comes from the pool of the graph shares, if any; one pool serves graphs that are launched one after the other.
//
// If f or the device fails, nothing has been done and the device stays usable. But graphs that were recorded before
// must not be launched again: they refer to the old state of noise.
func Record(device Device, noise *Generator, shares *Graph, f func() error) (*Graph, error) {
	if device == CPU {
		return nil, errors.New("record: only the work of a GPU can be recorded")
	}
	if err := CUDAExtras(); err != nil {
		return nil, err
	}
	var g, pool C.sg_graph
	if shares != nil {
		pool = shares.g
	}
	if err := check("record", C.sg_graph_begin(C.int32_t(device), C.sg_generator(noise.g), pool, &g)); err != nil {
		return nil, err
	}
	if err := f(); err != nil {
		return nil, errors.Join(fmt.Errorf("record: %w", err), check("record", C.sg_graph_abandon(g)))
	}
	if err := check("record", C.sg_graph_end(g)); err != nil {
		return nil, err
	}
	return &Graph{g}, nil
}

// Launch launches the recorded work; it does not wait for it.
func (g *Graph) Launch() error { return check("launch", C.sg_graph_launch(g.g)) }

// Close waits for the device and frees the graph.
func (g *Graph) Close() error {
	err := check("free graph", C.sg_graph_free(g.g))
	g.g = nil
	return err
}
