package vouch

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
)

// held is a DNS whose every answer waits until it is let go.
type held struct{ asked, free chan struct{} }

func (h held) wait(ctx context.Context) error {
	h.asked <- struct{}{}
	select {
	case <-h.free:
	case <-ctx.Done():
	}
	return &net.DNSError{Err: "no such name", IsNotFound: true}
}

func (h held) LookupTXT(ctx context.Context, _ string) ([]string, error)  { return nil, h.wait(ctx) }
func (h held) LookupMX(ctx context.Context, _ string) ([]*net.MX, error)  { return nil, h.wait(ctx) }
func (h held) LookupAddr(ctx context.Context, _ string) ([]string, error) { return nil, h.wait(ctx) }
func (h held) LookupIPAddr(ctx context.Context, _ string) ([]net.IPAddr, error) {
	return nil, h.wait(ctx)
}

// Who has as many checks hang as they can keeps nobody else's mail from being
// checked.
func TestOnePeerDoesNotTakeAllChecks(t *testing.T) {
	dns := held{asked: make(chan struct{}, 1000), free: make(chan struct{})}
	c := New(dns)
	from := func(peer string) Finding {
		return c.Check(context.WithoutCancel(t.Context()), Mail{Raw: []byte(letter), From: "example.org", Peer: netip.MustParseAddr(peer), Sender: "jane@example.org"})
	}
	var hanging sync.WaitGroup
	for n := range maxOfOnePeer {
		peer := []string{"2001:4860:4860::1", "2001:4860:4860::2"}[n%2] // one network
		hanging.Go(func() { from(peer) })
	}
	for range maxOfOnePeer {
		<-dns.asked
	}
	if got := from("2001:4860:4860::3"); got.DMARC != TempError || got.SPF != "" || len(dns.asked) != 0 {
		t.Errorf("one more of the same network: %+v", got)
	}
	hanging.Go(func() { from("8.8.4.4") })
	<-dns.asked // another peer is asked about
	close(dns.free)
	hanging.Wait()
	if len(c.peers) != 0 || len(c.slots) != 0 {
		t.Errorf("%d peers and %d checks are still counted", len(c.peers), len(c.slots))
	}
}
