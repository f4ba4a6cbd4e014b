package parallel

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// Guard calls end once if this process makes no call for the timeout, and a little more, so that calls can time out
// first. That happens on a GPU: a process that waits for a sum which another one never joins makes no more calls. The
// error names the other one. The caller calls stop at the end.
func (g *Group) Guard(timeout time.Duration, end func(error)) (stop func()) {
	if g == nil {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		limit, calls, since := timeout+2*deadAfter, g.calls.Load(), time.Now()
		heard := make([]heartbeat, g.place.Size)
		for {
			select {
			case <-done:
				return
			case <-time.After(beatPeriod):
			}
			switch now := g.calls.Load(); {
			case now != calls:
				calls, since = now, time.Now()
			case time.Since(since) > limit:
				end(lostError{g.culprit(heard)})
				return
			case time.Since(since) > limit/2:
				_ = g.lost(heard) // the beats until the end tell who died
			}
		}
	}()
	return func() { close(done) }
}

// culprit returns the error of a process that is lost, else of the one that made the fewest calls.
func (g *Group) culprit(heard []heartbeat) error {
	if err := g.lost(heard); err != nil {
		return err
	}
	least, behind := g.calls.Load(), g.place.Rank
	for rank := range heard {
		beat, err := g.peers.Get(g.key(keyBeat, rank))
		if err != nil {
			return g.silent([]int{0}, err)
		}
		_, text, _ := bytes.Cut(beat, []byte(" "))
		if calls, err := strconv.ParseInt(string(text), 10, 64); err == nil && calls < least {
			least, behind = calls, rank
		}
	}
	return fmt.Errorf("%s of %d is busy or hangs, and did not take part within train.timeout", processes([]int{behind}),
		g.place.Size)
}
