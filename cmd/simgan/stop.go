package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"simgan/internal/bar"
	"simgan/internal/exit"
)

// defaultGrace is how long a command may take to stop: a little less than the 120 s that our Slurm and Kubernetes jobs
// have.
const defaultGrace = 100 * time.Second

// stopper turns signals into the cancellation of a command's context, and ends the process if the command does not stop
// in time: a read of a file system that does not answer can block for ever.
type stopper struct {
	problems io.Writer
	cancel   context.CancelCauseFunc
	grace    atomic.Int64 // nanoseconds
	signals  chan os.Signal
	exit     func(code int) // ends the process; tests replace it
	ending   atomic.Pointer[time.Timer]
}

// stopSignals ask a command to save and stop: SIGHUP comes when a terminal closes, SIGUSR1 from batch systems before a
// time limit.
var stopSignals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1}

// newStopper listens to signals until close.
func newStopper(problems io.Writer) (context.Context, *stopper) {
	ctx, cancel := context.WithCancelCause(context.Background())
	s := &stopper{problems: problems, cancel: cancel, signals: make(chan os.Signal, 4), exit: os.Exit}
	s.grace.Store(int64(defaultGrace))
	for _, number := range stopSignals {
		if !signal.Ignored(number) { // nohup ignores SIGHUP for what it starts
			signal.Notify(s.signals, number)
		}
	}
	// A write to a pipe without a reader is an error, which screen sees, instead of the end of the process.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go s.listen(ctx)
	return context.WithValue(ctx, stopperKey{}, s), s
}

type stopperKey struct{}

// setGrace sets how long the command of the context may take to stop.
func setGrace(ctx context.Context, grace time.Duration) {
	if s, ok := ctx.Value(stopperKey{}).(*stopper); ok {
		s.grace.Store(int64(grace))
	}
}

func (s *stopper) listen(ctx context.Context) {
	var asked time.Time
	for received := range s.signals {
		number := received.(syscall.Signal)
		if ctx.Err() == nil {
			asked = time.Now()
			s.stop(number, "; a second signal stops at once")
			continue
		}
		// Within a second it is the same request: a scheduler signals all processes of a job, and simgan sweep passes
		// signals on. Later, only SIGINT and SIGTERM are impatient.
		if time.Since(asked) > time.Second && (number == syscall.SIGINT || number == syscall.SIGTERM) {
			s.exit(128 + int(number))
		}
	}
}

// stop asks the command to stop, and ends the process after the time of grace.
func (s *stopper) stop(number syscall.Signal, hint string) {
	grace := time.Duration(s.grace.Load())
	if bar.IsTerminal(s.problems) {
		fmt.Fprintln(s.problems) // the terminal shows ^C at the end of a bar's line
	}
	fmt.Fprintf(s.problems, "stopping, within %s%s\n", grace, hint)
	s.ending.Store(time.AfterFunc(grace, func() {
		fmt.Fprintf(s.problems, "simgan: not stopped within --grace %s, perhaps because a read or write blocks: "+
			"ended without saving again\n", grace)
		s.exit(128 + int(number))
	}))
	s.cancel(exit.Stopped{Signal: number})
}

// close ends listening, and the time of grace: the command has stopped. The context stays as it is.
func (s *stopper) close() {
	signal.Stop(s.signals)
	if ending := s.ending.Load(); ending != nil {
		ending.Stop()
	}
}
