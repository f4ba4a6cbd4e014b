// Package parallel lets several processes train as one, on PyTorch's c10d: Gloo between hosts, NCCL between GPUs. A nil
// Group is that of a process that trains alone; its methods cost nothing.
package parallel

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"time"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/internal/ranks"
)

// Group is this process's membership of the processes that train as one. All of them call the same methods in the same
// order. After the first error of a method, which names the process at fault, all methods return it.
type Group struct {
	place  ranks.Place
	peers  *cgo.ProcessGroup
	wait   time.Duration // of a roll call
	waited time.Duration // in calls
	failed error
	beats  chan struct{} // closed to end them
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
	peers, err := cgo.JoinGroup(meeting, timeout/3) // it tries again and again
	if err != nil {
		return nil, fmt.Errorf("%v: %w; is process 0 running, and are %s and %s its machine's?", place, err,
			ranks.Address, ranks.Port)
	}
	g := &Group{place: place, peers: peers, wait: mostWait, beats: make(chan struct{})}
	go g.beat()
	if err = g.await(ctx, timeout); err == nil {
		err = g.connect(timeout)
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

// UseDevice lets Average and AverageGradients take tensors on the device.
func (g *Group) UseDevice(device cgo.Device) error {
	if g == nil {
		return nil
	}
	return g.call(func() error { return g.peers.UseDevice(device) })
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

// Share returns a number of each process, of at most 24 bits, by rank.
func (g *Group) Share(n int) ([]int, error) {
	all := make([]float32, g.Size())
	all[g.Rank()] = float32(n)
	if g != nil {
		err := cgo.Within(func(s *cgo.Scope) (err error) {
			sum := s.From(all, cgo.CPU, int64(len(all)))
			if s.Err() != nil {
				return s.Err()
			}
			if err = g.call(func() error { return g.peers.Sum(sum) }); err == nil {
				all, err = cgo.Read(sum)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]int, len(all))
	for i, v := range all {
		out[i] = int(v)
	}
	return out, nil
}

// Decide returns process 0's answer in all processes.
func (g *Group) Decide(yes bool) (bool, error) {
	n := 0
	if yes {
		n = 1
	}
	all, err := g.Share(n)
	return err == nil && all[0] == 1, err
}

// Stopped returns the cause of ctx if it is cancelled, in any process. All processes return at the same call.
func (g *Group) Stopped(ctx context.Context) error {
	var own error
	if ctx.Err() != nil {
		own = context.Cause(ctx)
	}
	if g == nil {
		return own
	}
	all, err := g.Share(signalOf(own))
	if err != nil || own != nil {
		return errors.Join(err, own)
	}
	for rank, number := range all {
		if number != 0 {
			return fmt.Errorf("%s: %w", ranks.Name(rank, g.Size()), exit.Stopped{Signal: syscall.Signal(number)})
		}
	}
	return nil
}

// signalOf returns the number of the signal that stopped a process, 0 for none. Every other request counts as SIGTERM.
func signalOf(cause error) int {
	var stopped exit.Stopped
	switch {
	case cause == nil:
		return 0
	case errors.As(cause, &stopped):
		return int(stopped.Signal)
	}
	return int(syscall.SIGTERM)
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

// BroadcastBytes returns process 0's bytes in all processes.
func (g *Group) BroadcastBytes(b []byte) ([]byte, error) {
	if g == nil {
		return b, nil
	}
	b, err := g.exchange(lengthOf(b), func(t cgo.Tensor) error { return g.peers.Broadcast(t, 0) }, b)
	return b, err
}

// Gather returns the bytes of all processes by rank, in process 0; nil in the others.
func (g *Group) Gather(b []byte) (all [][]byte, err error) {
	if g.Rank() > 0 {
		send := func(t cgo.Tensor) error { return g.peers.Send(t, 0) }
		_, err = g.exchange(lengthOf(b), send, b)
		return nil, err
	}
	all = [][]byte{b}
	for from := 1; from < g.Size(); from++ {
		receive := func(t cgo.Tensor) error { return g.peers.Receive(t, from) }
		got, err := g.exchange(make([]byte, 8), receive, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, got)
	}
	return all, nil
}

// exchange passes first the length and then as many bytes through move. It returns what they are afterwards.
func (g *Group) exchange(length []byte, move func(cgo.Tensor) error, b []byte) ([]byte, error) {
	length, err := g.moveBytes(length, move)
	if err != nil {
		return nil, err
	}
	if n := binary.LittleEndian.Uint64(length); uint64(len(b)) != n {
		b = make([]byte, n)
	}
	return g.moveBytes(b, move)
}

func (g *Group) moveBytes(b []byte, move func(cgo.Tensor) error) (out []byte, err error) {
	err = cgo.Within(func(s *cgo.Scope) error {
		t := s.FromBytes(b)
		if s.Err() != nil {
			return s.Err()
		}
		if err := g.call(func() error { return move(t) }); err != nil {
			return err
		}
		out, err = cgo.ReadBytes(t)
		return err
	})
	return out, err
}

func lengthOf(b []byte) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(len(b))) }
