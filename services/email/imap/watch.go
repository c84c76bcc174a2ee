package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/services/email/arrival"
)

// ErrTooLarge is what Options.Deliver wraps for something that never can be
// taken in its size; its header is handed over then.
var ErrTooLarge = errors.New("the mail is larger than can be stored")

// Account is one mailbox.
type Account struct {
	// Inbox names the mailbox in the log and, with the folder, in the store.
	Inbox    string
	Settings Settings
	Secrets  Secrets
	// Since is when the inbox was made; older mail is left where it is unless
	// Settings.Start says otherwise. Zero takes everything.
	Since time.Time
}

// Options are what a watcher stands on. The caller owns all of them.
type Options struct {
	Store *Store
	// Deliver takes one arrival and returns once it is durable. Any error but
	// ErrTooLarge has the mail fetched again.
	Deliver func(context.Context, arrival.Arrival) error
	// Client asks OAuth servers for tokens; needed for xoauth2 only.
	Client *provider.Client
	Clock  clock.Clock // default: the system's
	Log    zerolog.Logger
	// TLS checks the server's certificate; nil trusts the system's authorities.
	TLS *tls.Config
	// MaxBytes of one mail; default 35 MiB.
	MaxBytes int64
	// Poll is how often the mailbox is asked even if it tells of nothing: IDLE
	// is renewed then, far below the 29 minutes of RFC 2177. Default 5 min, and
	// a minute where the server has no IDLE.
	Poll time.Duration
	// Soon is how soon it is asked once more after new mail came: some servers keep
	// to themselves what came in the moment before IDLE began. Default 10 s.
	Soon time.Duration
	// FirstPause and LastPause bound the pause between attempts, which doubles;
	// default 1 s and 5 min.
	FirstPause, LastPause time.Duration
	// Failed is told why an attempt failed, in words for operators; Synced that
	// the mailbox holds nothing new. Either may be nil.
	Failed func(ctx context.Context, why string)
	Synced func()
	// Refused is told that the server refused the credentials several times in a
	// row, and returns when they may be tried again: who knocks on with a wrong
	// password gets the account locked. Nil goes on after LastPause.
	Refused func(ctx context.Context, why string)
}

// Watcher fetches the mail of one mailbox. Use New.
type Watcher struct {
	account Account
	opt     Options
	tokens  *tokens
	failed  map[goimap.UID]int // fetches that broke, by mail
}

// New makes a watcher; nothing happens before Run.
func New(account Account, opt Options) *Watcher {
	if opt.Clock == nil {
		opt.Clock = clock.System{}
	}
	if opt.MaxBytes == 0 {
		opt.MaxBytes = 35 << 20
	}
	if opt.Soon == 0 {
		opt.Soon = 10 * time.Second
	}
	if opt.FirstPause == 0 {
		opt.FirstPause = time.Second
	}
	if opt.LastPause == 0 {
		opt.LastPause = 5 * time.Minute
	}
	if opt.Failed == nil {
		opt.Failed = func(context.Context, string) {}
	}
	if opt.Synced == nil {
		opt.Synced = func() {}
	}
	return &Watcher{account: account, opt: opt, failed: map[goimap.UID]int{},
		tokens: &tokens{key: account.Inbox, settings: account.Settings, secrets: account.Secrets, client: opt.Client, store: opt.Store}}
}

// refusals are so many in a row after which the credentials count as dead: some
// servers refuse good ones now and then.
const refusals = 3

// Run fetches until ctx ends. A failure is told, waited out and tried again; Run
// itself never fails.
func (w *Watcher) Run(ctx context.Context) {
	pause, refused := w.opt.FirstPause, 0
	for ctx.Err() == nil {
		synced, err := w.visit(ctx)
		if ctx.Err() != nil {
			return
		}
		if synced {
			pause = w.opt.FirstPause
		}
		why := reason(err)
		w.opt.Log.Warn().Str("inbox", w.account.Inbox).Str("why", why).Dur("pause", pause).Msg("mailbox not read")
		w.opt.Failed(ctx, why)
		if refused++; !errors.Is(err, errSignIn) && !errors.Is(err, errRevoked) {
			refused = 0
		}
		if refused == refusals {
			refused, pause = 0, w.opt.LastPause
			if w.opt.Refused != nil {
				w.opt.Refused(ctx, why)
				pause = w.opt.FirstPause
			}
		}
		timer := w.opt.Clock.NewTimer(pause/2 + rand.N(pause/2+1))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C():
		}
		pause = min(2*pause, w.opt.LastPause)
	}
}

// visit holds one connection for as long as it lasts. synced says that it was
// good for something.
func (w *Watcher) visit(ctx context.Context) (synced bool, err error) {
	s, err := w.connect(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = s.Close() }()
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	for {
		came, err := w.sync(ctx, s)
		if err != nil {
			return synced, err
		}
		synced = true
		w.opt.Synced()
		if err := w.wait(ctx, s, came); err != nil {
			return synced, err
		}
	}
}

// wait returns when the server told of something or it is time to ask, which it
// is soon when mail has just come.
func (w *Watcher) wait(ctx context.Context, s *session, came bool) error {
	poll := w.opt.Poll
	idles := s.Caps().Has(goimap.CapIdle)
	switch {
	case poll != 0:
	case idles:
		poll = 5 * time.Minute
	default:
		poll = time.Minute
	}
	if came {
		poll = min(poll, w.opt.Soon)
	}
	timer := w.opt.Clock.NewTimer(poll)
	defer timer.Stop()
	if !idles {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.news:
		case <-timer.C():
		}
		return nil
	}
	done := s.within(ctx, askWithin)
	idle, err := s.Idle()
	done()
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- idle.Wait() }()
	select {
	case err := <-ended: // the connection is gone
		if err == nil {
			err = errors.New("the server ended the wait")
		}
		return err
	case <-ctx.Done():
		_ = s.Close()
		<-ended
		return ctx.Err()
	case <-s.news:
	case <-timer.C():
	}
	done = s.within(ctx, askWithin)
	defer done()
	if err := idle.Close(); err != nil {
		_ = s.Close()
		<-ended
		return err
	}
	return <-ended
}

// reason says what failed in words that hold nothing of a mail or an address.
func reason(err error) string {
	var step *stepError
	var private *provider.Failure
	switch {
	case errors.Is(err, errSignIn), errors.Is(err, errNoToken), errors.Is(err, errRevoked):
		return err.Error()
	case errors.Is(err, provider.ErrPrivate):
		return "the mailbox's server is not at a public address"
	case errors.As(err, &private):
		return "the token server failed: " + private.Why
	case errors.As(err, &step):
		return step.doing + " failed"
	}
	return "the connection to the mailbox failed"
}

// stepError says what was being done.
type stepError struct {
	doing string
	err   error
}

func (e *stepError) Error() string { return e.doing + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

func step(doing string, err error) error {
	if err == nil {
		return nil
	}
	return &stepError{doing, err}
}
