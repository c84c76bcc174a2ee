package vouch

import (
	"context"
	"net"
	"strings"
)

// table answers every name alike, by what it looks like.
type table map[string]string

func (d table) LookupTXT(_ context.Context, name string) ([]string, error) {
	switch {
	case strings.Contains(name, "_domainkey"):
		return []string{d["key"]}, nil
	case strings.HasPrefix(name, "_dmarc"):
		return []string{d["policy"]}, nil
	}
	return []string{d["spf"]}, nil
}

func (d table) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	return []*net.MX{{Host: "mx." + name}}, nil
}

func (d table) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) {
	return []net.IPAddr{{IP: net.IPv4(8, 8, 8, 8)}}, nil
}

func (d table) LookupAddr(context.Context, string) ([]string, error) {
	return []string{"mx.example.org."}, nil
}
