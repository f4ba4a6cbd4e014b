package cgo

import (
	"fmt"
	"net"
	"testing"
	"time"
)

// groupOfOne returns a group of this process alone, and the port of its store.
func groupOfOne(t *testing.T) (g *ProcessGroup, port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	g, err = JoinGroup(Meeting{Size: 1, Host: "127.0.0.1", Port: port, Serve: true, Prefix: "test"}, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g, port
}

// Processes of one machine meet where no other machine can connect: at 127.0.0.1 alone, not at every address.
func TestMeetingOfThisMachine(t *testing.T) {
	_, port := groupOfOne(t)
	for host, open := range map[string]bool{"127.0.0.1": true, "127.0.0.2": false} { // both are this machine
		c, err := net.DialTimeout("tcp", fmt.Sprintf("%s:%d", host, port), 5*time.Second)
		if (err == nil) != open {
			t.Errorf("%s: %v", host, err)
		}
		if err == nil {
			c.Close()
		}
	}
}
