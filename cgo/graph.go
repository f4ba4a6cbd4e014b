package cgo

// #include "libsimgan/graph.h"
import "C"

import (
	"errors"
	"fmt"
)

// Graph is work for a GPU that was recorded once and is launched whole.
type Graph struct{ g C.sg_graph }

// SideStream sends the work of this thread to the device from now on, on a stream on which it can be recorded. On the CPU
// there is nothing to do.
func SideStream(device Device) error {
	if device == CPU {
		return nil
	}
	return check("stream", C.sg_side_stream(C.int32_t(device)))
}

// Record makes a graph of what f asks of the device, which is not done but recorded, at fixed addresses: f must read nothing
// from the device, copy nothing to it, and leave neither tensors nor gradients that are used later. What it draws from noise
// is drawn anew at each launch. Memory comes from the pool of the graph shares, if any: one pool does for graphs that are
// launched one after the other. After an error, f's or the device's, nothing has been done and the device is ready for other
// work, but graphs that were recorded before must not be launched any more: noise is another's now.
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

// Launch has the device do what was recorded; it does not wait for it.
func (g *Graph) Launch() error { return check("launch", C.sg_graph_launch(g.g)) }

// Close frees the graph when the device is done with it.
func (g *Graph) Close() error {
	err := check("free graph", C.sg_graph_free(g.g))
	g.g = nil
	return err
}
