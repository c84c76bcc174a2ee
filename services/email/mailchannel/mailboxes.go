package mailchannel

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/services/email/arrival"
	"github.com/tributary-inbox/tributary/services/email/imap"
)

// lookEvery is how often the list of inboxes is looked at for mailboxes to
// fetch from: it is in memory.
const lookEvery = time.Second

// mailboxes runs one watcher for each inbox whose source is imap, and follows
// its settings. Several processes that do so fetch everything several times;
// the log keeps it once.
type mailboxes struct {
	deps    Deps
	clock   clock.Clock
	adapter *Adapter
	store   *imap.Store
}

// watched is one watcher at work.
type watched struct {
	of   [sha256.Size]byte // what it was started with
	stop context.CancelFunc
	done chan struct{}
}

// run watches until ctx ends and every watcher has.
func (m *mailboxes) run(ctx context.Context) error {
	store, err := imap.OpenStore(filepath.Join(m.deps.Dir, "mailboxes.db"))
	if err != nil {
		return err
	}
	m.store = store
	m.adapter.marks.Store(store)
	running := map[events.InboxID]*watched{}
	defer func() {
		var ending sync.WaitGroup
		for _, w := range running {
			w.stop()
			ending.Go(func() { <-w.done })
		}
		ending.Wait()
		m.adapter.marks.Store(nil)
		if err := store.Close(); err != nil {
			m.deps.Log.Warn().Err(err).Msg("close mailbox marks")
		}
	}()
	for {
		m.follow(ctx, running)
		timer := m.clock.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C():
		}
	}
}

// follow starts and stops watchers until they fit the inboxes.
func (m *mailboxes) follow(ctx context.Context, running map[events.InboxID]*watched) {
	wanted := map[events.InboxID]bool{}
	for _, inbox := range m.deps.Inboxes.List(Kind) {
		s, err := ParseSettings(inbox)
		if err != nil || s.source() != SourceIMAP || s.checkSource(inbox) != nil {
			continue
		}
		wanted[inbox.ID] = true
		account := accountOf(inbox, s)
		of := fingerprint(account)
		if w, ok := running[inbox.ID]; ok {
			if w.of == of {
				continue
			}
			w.stop()
			<-w.done
		}
		running[inbox.ID] = m.watch(ctx, inbox.ID, account, of)
	}
	for id, w := range running {
		if !wanted[id] {
			w.stop()
			<-w.done
			delete(running, id)
		}
	}
}

func accountOf(inbox config.Inbox, s Settings) imap.Account {
	return imap.Account{Inbox: string(inbox.ID), Settings: s.IMAP, Secrets: imapSecrets(inbox), Since: inbox.CreatedAt}
}

func fingerprint(account imap.Account) [sha256.Size]byte {
	data, _ := json.Marshal(account) // plain fields always encode
	return sha256.Sum256(data)
}

func (m *mailboxes) watch(ctx context.Context, id events.InboxID, account imap.Account, of [sha256.Size]byte) *watched {
	ctx, cancel := context.WithCancel(ctx)
	watcher := imap.New(account, imap.Options{
		Store: m.store, Client: m.adapter.opt.Client, Clock: m.clock, Log: m.deps.Log, TLS: m.deps.IMAP.TLS, Poll: m.deps.IMAP.Poll,
		MaxBytes: m.deps.Server.MaxMessageBytes, FirstPause: m.deps.IMAP.Pause,
		Deliver: func(ctx context.Context, a arrival.Arrival) error { return m.deliver(ctx, id, a) },
		Failed:  func(ctx context.Context, why string) { m.deps.Health.Failed(ctx, id, why) },
		Refused: m.refused(id),
	})
	w := &watched{of: of, stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		watcher.Run(ctx)
	}()
	return w
}

// refused suspends an inbox whose mailbox refuses the credentials, which is the
// operator's alarm, and waits until somebody has mended or resumed it. The mail
// waits in the mailbox. Without a record of health nothing can be resumed, and
// the watcher goes on by itself, slowly.
func (m *mailboxes) refused(id events.InboxID) func(context.Context, string) {
	if m.deps.Health == nil {
		return nil
	}
	return func(ctx context.Context, why string) {
		m.deps.Health.Suspend(ctx, id, why)
		for {
			timer := m.clock.NewTimer(lookEvery)
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-timer.C():
			}
			inbox, ok := m.deps.Inboxes.ByID(id)
			if !ok {
				continue // follow ends this watcher
			}
			if _, suspended := m.deps.Health.Suspended(inbox); !suspended {
				return
			}
		}
	}
}

var errInboxGone = errors.New("the inbox is gone")

// deliver states one arrival and returns once it is durable.
func (m *mailboxes) deliver(ctx context.Context, id events.InboxID, a arrival.Arrival) error {
	inbox, ok := m.deps.Inboxes.ByID(id)
	if !ok {
		return errInboxGone
	}
	s, err := ParseSettings(inbox)
	if err != nil {
		return err
	}
	within := m.deps.Server.StoreWithin
	set(&within, 30*time.Second)
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return m.state(ctx, inbox, s, a)
}

func (m *mailboxes) state(ctx context.Context, inbox config.Inbox, s Settings, a arrival.Arrival) error {
	in := &intake{blobs: m.deps.Blobs, inboxes: m.deps.Inboxes, checker: m.adapter.checker, now: m.clock.Now()}
	statements, err := in.statements(ctx, inbox, s, []arrival.Arrival{a})
	if err != nil {
		return err
	}
	err = m.deps.Publisher.Publish(ctx, statements...)
	var refusal *channel.Refusal
	if errors.As(err, &refusal) && refusal.Status == http.StatusRequestEntityTooLarge {
		return imap.ErrTooLarge
	}
	return err
}
