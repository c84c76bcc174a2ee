package simulate

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/commerce/orderfake"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
)

// Tellers are sources that nobody answers: exchanges tell of calls, shops of
// orders, a product of what it is used for.

// line is a telephone exchange and the inbox that reads it.
type line struct {
	of   callfake.Exchange
	id   events.InboxID
	hook string // path
	stop func()
}

// till is a shop and the inbox that reads its orders.
type till struct {
	of   orderfake.Shop
	id   events.InboxID
	hook string // path
	stop func()
}

// told is what tellers have told of, by the names that the server knows it by.
type told struct {
	mu    sync.Mutex        // guards all below
	calls map[string]string // inbox and provider's id of a call -> mark
	// places are where the marks stand: the message, and whose it is.
	places map[string]place
	// said are the marks of each customer's messages. Whoever wrote in the chat
	// before they gave the address that they wrote from may be two contacts.
	said     map[int][]string
	promises []promise
	baskets  []*basket
}

type place struct {
	message events.MessageID
	contact events.ContactID
}

func callKey(inbox events.InboxID, id string) string { return string(inbox) + "\x00" + id }

func (t *told) names(inbox events.InboxID, id, mark string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls = map[string]string{}
	}
	t.calls[callKey(inbox, id)] = mark
}

func (t *told) says(customer int, mark string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.said == nil {
		t.said = map[int][]string{}
	}
	t.said[customer] = append(t.said[customer], mark)
}

func (t *told) stands(mark string, message events.MessageID, contact events.ContactID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.places == nil {
		t.places = map[string]place{}
	}
	t.places[mark] = place{message, contact}
}

// markOf is the mark in a message's text, or that of the call that it is.
func (w *world) markOf(m *events.Message) string {
	if m.Kind != events.KindCall {
		return findMark(m.Text, w.run)
	}
	w.told.mu.Lock()
	defer w.told.mu.Unlock()
	return w.told.calls[callKey(m.InboxID, m.ProviderID)]
}

func (w *world) isShop(channel string) bool {
	for _, s := range w.shops {
		if s.of.Kind() == channel {
			return true
		}
	}
	return false
}

// openTellers opens all of them and makes an inbox for each.
func (w *world) openTellers(ctx context.Context) error {
	for _, x := range w.o.Exchanges {
		l := &line{of: x}
		m, stop, err := w.openTeller(ctx, x)
		l.id, l.hook, l.stop = events.InboxID(m.ID), m.HookPath, stop
		w.lines = append(w.lines, l)
		if err != nil {
			return err
		}
	}
	for _, s := range w.o.Shops {
		l := &till{of: s}
		m, stop, err := w.openTeller(ctx, s)
		l.id, l.hook, l.stop = events.InboxID(m.ID), m.HookPath, stop
		w.shops = append(w.shops, l)
		if err != nil {
			return err
		}
	}
	if w.o.Reports == nil {
		return nil
	}
	if err := w.o.Reports.Open(); err != nil {
		return err
	}
	_, err := w.settleInbox(ctx, w.o.Reports, "")
	return err
}

func (w *world) openTeller(ctx context.Context, of settler) (m made, stop func(), err error) {
	stop, api := func() {}, ""
	if o, ok := of.(callfake.Opener); ok {
		if err := o.Open(); err != nil {
			return m, stop, err
		}
		stop = func() { _ = o.Close() }
	}
	if h, ok := of.(http.Handler); ok {
		server, at, err := serve(of.Kind(), h)
		if err != nil {
			return m, stop, err
		}
		api, stop = at, func() { _ = server.Close() }
	}
	m, err = w.settleInbox(ctx, of, api)
	return m, stop, err
}

func (w *world) closeTellers() {
	for _, l := range w.lines {
		l.stop()
	}
	for _, s := range w.shops {
		s.stop()
	}
	if w.o.Reports != nil {
		_ = w.o.Reports.Close()
	}
}

// post brings what a teller posts to its hook.
func (w *world) post(kind, hook string) func(context.Context, fake.Request) error {
	return func(ctx context.Context, r fake.Request) error { return w.deliver(ctx, kind, hook, r) }
}

// readPages reads the timelines on which promises and orders stand, and counts
// what it finds of them.
func (w *world) readPages(ctx context.Context, found map[string]int) error {
	w.told.mu.Lock()
	defer w.told.mu.Unlock()
	pages := map[events.ContactID][]queries.TimelineItem{}
	page := func(contact events.ContactID) ([]queries.TimelineItem, error) {
		if contact == "" {
			return nil, nil // missing, and counted as such
		}
		if _, ok := pages[contact]; !ok {
			var err error
			if pages[contact], err = pageThrough[queries.TimelineItem](ctx, w.admin, "/api/v1/contacts/"+string(contact)+"/timeline?limit=200"); err != nil {
				return nil, fmt.Errorf("read the timeline of a contact: %w", err)
			}
		}
		return pages[contact], nil
	}
	for i := range w.told.promises {
		p := &w.told.promises[i]
		lines, err := page(w.told.places[p.missed].contact)
		if err != nil {
			return err
		}
		found[p.mark()] = w.told.kept(p, lines)
	}
	for _, b := range w.told.baskets {
		var all []queries.TimelineItem
		read := map[events.ContactID]bool{}
		for _, mark := range w.told.said[b.owner] {
			contact := w.told.places[mark].contact
			if read[contact] {
				continue
			}
			read[contact] = true
			lines, err := page(contact)
			if err != nil {
				return err
			}
			all = append(all, lines...)
		}
		b.count(all, found)
	}
	return nil
}
