package callchannel

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/phone/asterisk"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/threecx"
)

// The pauses between attempts to connect; a connection that held begins anew.
const (
	connectFirst = 250 * time.Millisecond
	connectMost  = time.Minute
)

// dial connects to an exchange; addresses inside our own network only where the
// inbox allows it, judged after the name was resolved.
func dial(ctx context.Context, address string, private bool) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	if !private {
		d.Control = func(_, to string, _ syscall.RawConn) error {
			target, err := netip.ParseAddrPort(to)
			if err != nil || !provider.Public(target.Addr()) {
				return provider.ErrPrivate
			}
			return nil
		}
	}
	return d.DialContext(ctx, "tcp", address)
}

// again calls connect for ever, with pauses that grow while it fails at once.
// Connect calls up when the connection works.
func again(ctx context.Context, connect func(up func()) error, failed func(error)) {
	pause := connectFirst
	for ctx.Err() == nil {
		err := connect(func() { pause = connectFirst })
		if ctx.Err() != nil {
			return
		}
		failed(err)
		// A little chance keeps many inboxes from coming back at one moment.
		rest(ctx, pause/2+rand.N(pause), nil)
		pause = min(2*pause, connectMost)
	}
}

// manager listens to an Asterisk manager interface.
type manager struct {
	s      *Service
	inbox  config.Inbox
	reader *asterisk.Reader
	nudge  chan<- struct{}
}

func (m *manager) run(ctx context.Context) {
	again(ctx, func(up func()) error { return m.listen(ctx, up) }, func(err error) {
		what := "the manager interface is not connected"
		if errors.Is(err, asterisk.ErrLogin) {
			what = "the exchange refuses the user or secret of its manager interface"
		}
		m.s.trouble(ctx, m.inbox, what, err)
	})
}

func (m *manager) listen(ctx context.Context, up func()) error {
	conn, err := dial(ctx, m.reader.AMI, m.reader.AllowPrivate)
	if err != nil {
		return err
	}
	if m.reader.AMITLS {
		host, _, _ := net.SplitHostPort(m.reader.AMI)
		conn = tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	}
	loggedIn := func() {
		up()
		m.lookNow() // what was missed stands in the file
	}
	return asterisk.Listen(ctx, conn, m.reader.AMIUser, m.inbox.Secrets[asterisk.SecretAMI], loggedIn, func(e asterisk.Event) { m.take(ctx, e) })
}

func (m *manager) take(ctx context.Context, e asterisk.Event) {
	leg, ok, err := m.reader.Event(e, m.s.deps.Now())
	switch {
	case err != nil:
		m.s.unreadable(ctx, m.inbox, encodeEvent(e), "application/json")
	case ok:
		m.s.one(ctx, m.inbox, leg)
	case e["Event"] == "Cdr":
		m.lookNow()
	}
}

func (m *manager) lookNow() {
	select {
	case m.nudge <- struct{}{}:
	default: // a look is under way to come already
	}
}

// records reads 3CX records from sockets.
type records struct {
	s      *Service
	inbox  config.Inbox
	reader *threecx.Reader

	mu   sync.Mutex // guards last
	last time.Time  // the end of the last record
}

// maxLines bounds the connections of one exchange at a time.
const maxLines = 8

// connect reads from the exchange's passive socket.
func (r *records) connect(ctx context.Context) {
	again(ctx, func(up func()) error {
		conn, err := dial(ctx, r.reader.Connect, r.reader.AllowPrivate)
		if err != nil {
			return err
		}
		return r.read(ctx, conn, up)
	}, func(err error) { r.s.trouble(ctx, r.inbox, "the exchange's socket is not connected", err) })
}

// listen waits for the exchange's active socket.
func (r *records) listen(ctx context.Context) {
	again(ctx, func(up func()) error {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", r.reader.Listen)
		if err != nil {
			return err
		}
		up()
		return r.accept(ctx, listener)
	}, func(err error) {
		r.s.trouble(ctx, r.inbox, "the port for the exchange's records cannot be listened at", err)
	})
}

func (r *records) accept(ctx context.Context, listener net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	defer func() { _ = listener.Close() }()
	var lines sync.WaitGroup
	defer lines.Wait()
	slots := make(chan struct{}, maxLines)
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		from, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err != nil || !r.reader.Allowed(from.Addr()) {
			_ = conn.Close()
			// Told without a line in the log for each: anybody can knock.
			r.s.deps.Health.Failed(ctx, r.inbox.ID, "a connection from an address that is not allowed was closed")
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			_ = conn.Close()
			continue
		}
		lines.Go(func() {
			defer func() { <-slots }()
			_ = r.read(ctx, conn, func() {}) // the exchange connects again by itself
		})
	}
}

// read takes record after record. A last one that has no line break when the
// connection ends may be half of one, and is kept raw unless it can be read.
func (r *records) read(ctx context.Context, conn net.Conn, up func()) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	scan := bufio.NewScanner(conn)
	scan.Buffer(make([]byte, 0, 4<<10), exchange.MaxRecord)
	for scan.Scan() {
		up()
		if line := bytes.TrimSpace(scan.Bytes()); len(line) > 0 {
			r.take(ctx, bytes.Clone(line))
		}
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	return errors.New("the exchange closed the connection")
}

func (r *records) take(ctx context.Context, line []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	leg, err := r.reader.Leg(line, r.last)
	if err != nil {
		r.s.unreadable(ctx, r.inbox, line, "text/csv")
		return
	}
	r.last = leg.EndedAt
	r.s.one(ctx, r.inbox, leg)
}
