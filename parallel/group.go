// Package parallel lets several processes train as one, on PyTorch's c10d: Gloo between hosts, NCCL between GPUs. A nil
// Group is that of a process that trains alone; its methods cost nothing.
package parallel

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"simgan/cgo"
	"simgan/internal/ranks"
)

// Group is this process's membership of the processes that train as one. All of them call the same methods in the same
// order. After the first error of a method, which names the process at fault, all methods return it.
type Group struct {
	place    ranks.Place
	peers    *cgo.ProcessGroup
	wait     time.Duration // of a roll call
	waited   time.Duration // in calls
	calls    atomic.Int64
	failed   error
	beats    chan struct{} // closed to end them
	leave    sync.Once
	patience time.Duration // of a watch, without a beat
	met      int           // meetings so far
}

// Join meets the other processes; nil if there are none. An error names those that have not come within the timeout.
func Join(ctx context.Context, place ranks.Place, timeout time.Duration) (*Group, error) {
	if !place.Several() {
		return nil, nil
	}
	meeting := cgo.Meeting{
		Rank: place.Rank, Size: place.Size, Host: place.Host, Port: place.Port,
		Serve: place.Rank == 0 && !place.Served, Prefix: "simgan" + place.Attempt,
	}
	// The store's thread writes to sockets that others have closed. Without this the process would end, silently.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	peers, err := cgo.JoinGroup(meeting, timeout/3) // it tries again and again
	if err != nil {
		return nil, fmt.Errorf("%v: %w; is process 0 running, and are %s and %s its machine's?", place, err,
			ranks.Address, ranks.Port)
	}
	g := &Group{place: place, peers: peers, wait: mostWait, beats: make(chan struct{}), patience: patience}
	go g.beat()
	if err = g.await(ctx, timeout); err == nil {
		err = g.whileAll(func() error { return g.peers.Connect(timeout) })
	}
	if err != nil {
		g.Leave(err)
		return nil, err
	}
	return g, nil
}

// SetTimeout sets how long a call may wait for the other processes, including the time to find out which one is at
// fault.
func (g *Group) SetTimeout(timeout time.Duration) error {
	if g == nil {
		return nil
	}
	g.wait = max(leastWait, min(mostWait, timeout/4))
	return g.call(func() error { return g.peers.SetTimeout(timeout - g.wait) })
}

// UseDevice lets Average and AverageGradients take tensors on the device. NCCL waits for all processes without a limit.
func (g *Group) UseDevice(device cgo.Device) error {
	if g == nil || device == cgo.CPU {
		return nil
	}
	if err := cgo.CUDAExtras(); err != nil {
		return err
	}
	return g.whileAll(func() error { return g.peers.UseDevice(device) })
}

// Rank returns the number of this process, 0 if it is alone.
func (g *Group) Rank() int {
	if g == nil {
		return 0
	}
	return g.place.Rank
}

// Size returns the number of processes.
func (g *Group) Size() int {
	if g == nil {
		return 1
	}
	return g.place.Size
}

// call runs f unless the group has failed, and explains its error.
func (g *Group) call(f func() error) error {
	if g.failed != nil {
		return g.failed
	}
	start := time.Now()
	g.calls.Add(1)
	err := f()
	g.waited += time.Since(start)
	return g.explain(err)
}

// Waited returns how long calls have taken in all: waiting for other processes, and sending. On a GPU the sums of
// tensors are not part of it.
func (g *Group) Waited() time.Duration {
	if g == nil {
		return 0
	}
	return g.waited
}

// Average averages float tensors over all processes, in place.
func (g *Group) Average(ts []cgo.Tensor) error {
	if g == nil {
		return nil
	}
	return g.call(func() error { return g.peers.Average(ts) })
}

// AverageGradients averages the parameters' gradients over all processes, in place.
func (g *Group) AverageGradients(params []cgo.Tensor) error {
	if g == nil {
		return nil
	}
	return g.call(func() error { return g.peers.AverageGradients(params) })
}

// Failed reports whether the processes cannot go on together, because a call has failed.
func (g *Group) Failed() bool { return g != nil && g.failed != nil }

// Broadcast overwrites the tensors of all processes with those of process 0.
func (g *Group) Broadcast(ts ...cgo.Tensor) error {
	if g == nil {
		return nil
	}
	for _, t := range ts {
		if err := g.call(func() error { return g.peers.Broadcast(t, 0) }); err != nil {
			return err
		}
	}
	return nil
}

// Send sends the values of a tensor to the process to, which calls Receive.
func (g *Group) Send(t cgo.Tensor, to int) error {
	return g.call(func() error { return g.peers.Send(t, to) })
}

// Receive overwrites the values of a tensor with those that the process from sends.
func (g *Group) Receive(t cgo.Tensor, from int) error {
	return g.call(func() error { return g.peers.Receive(t, from) })
}
