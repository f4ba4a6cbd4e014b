package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"simgan/internal/exit"
)

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Each signal cancels the command's context with its number as exit code. A command that does not end is ended after
// its time of grace.
func TestSignalsStopInTime(t *testing.T) {
	for _, number := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGINT} {
		var said buffer
		ctx, s := newStopper(&said)
		ended := make(chan int, 1)
		s.exit = func(code int) { ended <- code }
		setGrace(ctx, 30*time.Millisecond)
		if err := syscall.Kill(os.Getpid(), number); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		if err := context.Cause(ctx); exitCode(err) != 128+int(number) || !errors.Is(err, exit.ErrStopped) {
			t.Errorf("%v: the cause is %v, exit code %d", number, err, exitCode(err))
		}
		select {
		case code := <-ended:
			if code != 128+int(number) || !strings.Contains(said.String(), "not stopped within --grace 30ms") {
				t.Errorf("%v: ended with %d: %s", number, code, said.String())
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%v: not ended", number)
		}
		s.close()
		// A command that stopped in time is not ended later.
		ctx, s = newStopper(&said)
		s.exit = func(code int) { ended <- code }
		setGrace(ctx, 30*time.Millisecond)
		s.stop(number, "")
		s.close()
		time.Sleep(60 * time.Millisecond)
		if len(ended) > 0 {
			t.Errorf("%v: ended after it stopped", number)
		}
	}
}

// A second signal within a second is the same request. Later ones end the process, but only those of the impatient: a
// batch system sends SIGTERM after SIGUSR1, and closing a terminal sends SIGHUP.
func TestSecondSignal(t *testing.T) {
	ctx, s := newStopper(&buffer{})
	defer s.close()
	ended := make(chan int, 4)
	s.exit = func(code int) { ended <- code }
	send := func(number syscall.Signal) {
		if err := syscall.Kill(os.Getpid(), number); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	send(syscall.SIGUSR1)
	<-ctx.Done()
	send(syscall.SIGTERM)
	time.Sleep(time.Second)
	send(syscall.SIGHUP)
	select {
	case code := <-ended:
		t.Errorf("ended with %d", code)
	default:
	}
	send(syscall.SIGTERM)
	if code := <-ended; code != 143 {
		t.Errorf("ended with %d", code)
	}
}

// Text of files and users reaches neither the terminal nor pipes with control characters. A reader that goes away stops
// the command once.
func TestScreen(t *testing.T) {
	var out bytes.Buffer
	gone := 0
	s := newScreen(&out, func() { gone++ })
	if n, err := s.Write([]byte("a\x1b[31mb\n")); n != 8 || err != nil || out.String() != `a\x1b[31mb`+"\n" || gone != 0 {
		t.Errorf("%d, %v: %q", n, err, out.String())
	}
	read, write, err := os.Pipe()
	if err := errors.Join(err, read.Close()); err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	broken := newScreen(write, func() { gone++ })
	for range 3 {
		if _, err := broken.Write([]byte("a")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("error is %v", err)
		}
	}
	if gone != 1 {
		t.Errorf("stopped %d times", gone)
	}
}
