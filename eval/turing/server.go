package turing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"simgan/internal/exit"
)

// How long the page waits for the person.
const (
	defaultPause = 300 * time.Millisecond // a second input so soon is the other half of a double click
	defaultIdle  = time.Hour              // without any request: the person has gone
	defaultRest  = 10 * time.Second       // the result can be loaded again so long after its last request
)

// errIdle is the error of a test that nobody answers any more.
var errIdle = errors.New("nobody answered for an hour: the test ended; its answers are kept, the same command " +
	"continues it")

// listen opens a port that only this machine can reach.
func listen(port int) (net.Listener, error) {
	if port < 0 || port > 65535 {
		return nil, exit.Usagef("--port is %d; use 1 to 65535, or 0 for any free one", port)
	}
	l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, exit.Usagef("--port %d is in use by another program: give another one, or leave --port out", port)
	case errors.Is(err, syscall.EACCES):
		return nil, exit.Usagef("--port %d needs more rights: give one from 1024 on, or leave --port out", port)
	}
	return l, err
}

// serve shows the test until the result was seen. The address holds a random token, so that no other user of this
// machine can guess it.
func (v *view) serve(ctx context.Context, l net.Listener, out io.Writer, open func(address string) error) error {
	v.token = rand.Text()
	address := fmt.Sprintf("http://%s/%s/", l.Addr(), v.token)
	requests := make(chan struct{}, 1)
	handler := v.routes()
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handler.ServeHTTP(w, r)
			if !strings.HasPrefix(r.URL.Path, "/"+v.token+"/") {
				return // somebody else's request keeps no test open
			}
			select {
			case requests <- struct{}{}:
			default:
			}
		}),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	defer func() {
		last, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(last) != nil {
			server.Close()
		}
	}()
	fmt.Fprintf(out, "open %s in a browser on this machine; Ctrl-C stops, and the same command continues\n", address)
	if open != nil {
		if err := open(address); err != nil {
			fmt.Fprintf(out, "warning: no browser was opened: %v\n", err)
		}
	}
	return v.wait(ctx, requests, failed, out)
}

// wait returns when the result was seen, when nobody answers any more, or when ctx is cancelled.
func (v *view) wait(ctx context.Context, requests chan struct{}, failed chan error, out io.Writer) error {
	told, most := false, v.idle
	for {
		select {
		case <-ctx.Done():
			if told {
				return nil
			}
			return context.Cause(ctx)
		case err := <-failed:
			return err
		case <-requests:
			if result, done := v.result(); done && !told {
				told, most = true, v.rest
				fmt.Fprintf(out, "%v\nevery answer is in %s\n", result, v.File)
			}
		case <-time.After(most):
			if told {
				return nil
			}
			return errIdle
		}
	}
}
