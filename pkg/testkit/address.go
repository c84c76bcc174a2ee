package testkit

import (
	"fmt"
	"net"
	"os"
	"testing"
)

// Address is a host and port of loopback on which nobody listens, for what wants to
// be told where to listen, or to find nobody. Where the system has the whole of
// 127.0.0.0/8, as Linux does, the host is of this process alone: nobody else is
// given the port meanwhile.
func Address(t testing.TB) string {
	t.Helper()
	pid := os.Getpid()
	own := fmt.Sprintf("127.%d.%d.%d", 64+pid>>16&63, pid>>8&255, 1+pid&255%254)
	l, err := net.Listen("tcp", net.JoinHostPort(own, "0"))
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
