package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// Bounds of one step with the server.
const (
	connectWithin = 45 * time.Second
	askWithin     = time.Minute
	fetchWithin   = 10 * time.Minute // one mail
)

// errSignIn says that the server refused the credentials.
var errSignIn = errors.New("the mailbox refuses the credentials")

// session is one connection, signed in. Close ends it at any time.
type session struct {
	*imapclient.Client
	news chan struct{} // filled when the server told of a change
}

// connect opens a session. Nothing of it outlives ctx.
func (w *Watcher) connect(ctx context.Context) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	conn, err := w.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("the mailbox's server was not reached: %w", err)
	}
	news := make(chan struct{}, 1)
	tell := func() {
		select {
		case news <- struct{}{}:
		default:
		}
	}
	options := &imapclient.Options{TLSConfig: w.tls(), UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				tell()
			}
		},
	}}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	var c *imapclient.Client
	if w.account.Settings.TLS == "starttls" {
		if c, err = imapclient.NewStartTLS(conn, options); err != nil {
			return nil, fmt.Errorf("the mailbox's server does not start TLS: %w", err)
		}
	} else {
		c = imapclient.New(conn, options)
	}
	s := &session{Client: c, news: news}
	if err := w.signIn(ctx, s); err != nil {
		_ = c.Close()
		return nil, err
	}
	return s, nil
}

func (w *Watcher) dial(ctx context.Context) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 20 * time.Second}
	if !w.account.Settings.AllowPrivate {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			target, err := netip.ParseAddrPort(address)
			if err != nil || !provider.Public(target.Addr()) {
				return provider.ErrPrivate
			}
			return nil
		}
	}
	address := w.account.Settings.address()
	if kind := w.account.Settings.TLS; kind == "starttls" || kind == "none" {
		return dialer.DialContext(ctx, "tcp", address)
	}
	secure := &tls.Dialer{NetDialer: dialer, Config: w.tls()}
	return secure.DialContext(ctx, "tcp", address)
}

func (w *Watcher) tls() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if w.opt.TLS != nil {
		config = w.opt.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = w.account.Settings.Host
	}
	return config
}

func (w *Watcher) signIn(ctx context.Context, s *session) error {
	if err := s.WaitGreeting(); err != nil {
		return fmt.Errorf("the mailbox's server does not greet: %w", err)
	}
	var err error
	if w.account.Settings.Auth == "xoauth2" {
		var token string
		if token, err = w.tokens.get(ctx, w.opt.Clock.Now()); err != nil {
			return err
		}
		if err = s.Authenticate(xoauth2{w.account.Settings.Username, token}); err != nil {
			w.tokens.forget()
		}
	} else {
		err = s.Login(w.account.Settings.Username, w.account.Secrets.Password).Wait()
	}
	var refused *goimap.Error
	switch {
	case errors.As(err, &refused) && !passing[refused.Code]:
		return errSignIn // what the server said may hold the name
	case err != nil:
		return fmt.Errorf("signing in broke off: %w", err)
	}
	return nil
}

// passing are the reasons for a refusal that have nothing to do with the
// credentials (RFC 5530).
var passing = map[goimap.ResponseCode]bool{
	goimap.ResponseCodeUnavailable: true, goimap.ResponseCodeInUse: true, goimap.ResponseCodeLimit: true, goimap.ResponseCodeServerBug: true,
}

// within closes the session when a step takes too long or ctx ends; the step
// then fails. done must be called after it.
func (s *session) within(ctx context.Context, d time.Duration) (done func()) {
	ctx, cancel := context.WithTimeout(ctx, d)
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	return func() { stop(); cancel() }
}
