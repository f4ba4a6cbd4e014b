package cgo

import (
	"fmt"
	"net"
	"testing"
	"time"
)

// Processes of one machine meet where no other machine can connect: at 127.0.0.1 alone, not at every address.
func TestMeetingOfThisMachine(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	g, err := JoinGroup(Meeting{Size: 1, Host: "127.0.0.1", Port: port, Serve: true, Prefix: "test"}, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
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
