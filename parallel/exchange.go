package parallel

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/internal/ranks"
)

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
