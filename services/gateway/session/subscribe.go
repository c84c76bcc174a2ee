package session

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/ws"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
	"github.com/tributary-inbox/tributary/services/gateway/hub"
)

// spec is what a client asked for.
type spec struct {
	id     string
	view   string
	filter live.Filter
	limit  int
	resume bool
	after  uint64 // where to resume from
}

// open is a subscription of this socket, beginning or begun. sub, or screen for
// the board, is set before done is closed.
type open struct {
	spec   spec
	cancel context.CancelFunc
	done   chan struct{}
	sub    *hub.Subscription
	screen *screen
}

func (se *session) subscribe(f frame) error {
	s := spec{id: f.ID, view: f.View, limit: f.Limit}
	var err error
	if s.filter, err = decodeFilter(f.Filter); err != nil {
		p, _ := ask.AsProblem(err)
		se.fail(f.ID, p.Code, p.Detail)
		return nil
	}
	switch {
	case f.ID == "":
		return se.garbage("", "bad_id", "a subscription needs an id")
	case f.View == live.ViewBoard:
		if s.filter != (live.Filter{}) {
			se.fail(f.ID, "bad_filter", "the view board takes no filter")
			return nil
		}
		se.begin(s) // from its beginning, whatever cursor the client has
		return nil
	case f.View != live.ViewAll && f.View != live.ViewMine && f.View != live.ViewUnassigned && f.View != live.ViewConversation:
		se.fail(f.ID, "bad_view", "view is all, mine, unassigned, conversation or board")
		return nil
	case f.View == live.ViewConversation && s.filter.Conversation == "":
		se.fail(f.ID, "bad_filter", "the view conversation needs filter.conversation")
		return nil
	case f.Limit < 0 || f.Limit > 200:
		se.fail(f.ID, "bad_limit", "limit is 1 to 200")
		return nil
	}
	if f.Cursor != "" {
		if s.after, err = hub.ParseCursor(f.Cursor); err != nil {
			se.fail(f.ID, "bad_cursor", "this cursor is not one of ours: subscribe without one")
			return nil
		}
		s.resume = true
	}
	if s.limit == 0 {
		s.limit = 50
	}
	se.begin(s)
	return nil
}

// begin starts a subscription in place of the one with the same id.
func (se *session) begin(s spec) {
	se.mu.Lock()
	defer se.mu.Unlock()
	if se.ended {
		return
	}
	former := se.open[s.id]
	if former == nil && len(se.open) >= maxSubscriptions {
		se.fail(s.id, "too_many", "a socket has at most 16 subscriptions")
		return
	}
	ctx, cancel := context.WithCancel(context.Background()) // ended by end, unsubscribe or a successor
	o := &open{spec: s, cancel: cancel, done: make(chan struct{})}
	if se.open == nil {
		se.open = map[string]*open{}
	}
	se.open[s.id] = o
	se.helpers.Add(1)
	go func() {
		defer se.helpers.Done()
		defer close(o.done)
		if former != nil {
			former.cancel()
			<-former.done
			se.server.leave(former)
		}
		se.run(ctx, o)
	}()
}

func (s *Server) leave(o *open) {
	if o.sub != nil {
		s.Hub.Leave(o.sub)
	}
	if o.screen != nil {
		s.boards.leave(o.screen)
	}
}

func (se *session) run(ctx context.Context, o *open) {
	var err error
	if o.spec.view == live.ViewBoard {
		if err = se.showBoard(ctx, o); err == nil {
			se.greet()
		}
	} else {
		err = se.follow(ctx, o)
	}
	if err == nil || ctx.Err() != nil || over(err) {
		return
	}
	p, known := ask.AsProblem(err)
	if !known {
		se.server.Log.Error().Err(err).Msg("subscription failed")
	}
	if !known || p.Status >= http.StatusInternalServerError {
		se.conn.Close(live.CloseUnavailable, "resume in a moment")
		return
	}
	se.fail(o.spec.id, p.Code, p.Detail)
	se.forget(o)
}

// follow shows a view of conversations from where it starts, and then what comes.
func (se *session) follow(ctx context.Context, o *open) error {
	o.sub = hub.NewSubscription(o.spec.id, o.spec.view, o.spec.filter, se.sees(), se.conn)
	after, err := se.start(ctx, o)
	if err != nil {
		return err
	}
	se.greet()
	return se.server.Hub.Follow(ctx, o.sub, after, se.room)
}

// greet tells a socket once, with its first subscription, who is there.
func (se *session) greet() {
	if first := !se.subscribed.Swap(true); first {
		for _, p := range se.server.Board.Roster(maxRoster) {
			se.send(p)
		}
	}
}

func (se *session) forget(o *open) {
	se.mu.Lock()
	defer se.mu.Unlock()
	if se.open[o.spec.id] == o {
		delete(se.open, o.spec.id)
	}
}

func (se *session) unsubscribe(id string) {
	se.mu.Lock()
	o := se.open[id]
	delete(se.open, id)
	se.mu.Unlock()
	if o == nil {
		se.fail(id, "not_subscribed", "there is no subscription with this id")
		return
	}
	o.cancel()
	<-o.done // it waits for nothing but its context
	se.server.leave(o)
}

func (se *session) allLive() bool {
	se.mu.Lock()
	defer se.mu.Unlock()
	following := false
	for _, o := range se.open {
		if o.spec.view == live.ViewBoard {
			continue // it has no place in the log
		}
		select {
		case <-o.done:
		default:
			return false
		}
		if !se.server.Hub.Joined(o.sub) {
			return false
		}
		following = true
	}
	return following
}

// start gives the place from which the subscription follows: that of a snapshot
// which it sends, or the client's own.
func (se *session) start(ctx context.Context, o *open) (uint64, error) {
	if o.spec.resume {
		ok, err := se.server.known(ctx, o.spec.after)
		if err != nil || ok {
			return o.spec.after, err
		}
	}
	if err := se.room(ctx); err != nil {
		return 0, err
	}
	if o.spec.filter.Conversation != "" {
		return se.snapshotOne(ctx, o)
	}
	return se.snapshotList(ctx, o)
}

// known reports whether a place can be resumed from: not too long ago, and not
// beyond the end of the log, as after a restore.
func (s *Server) known(ctx context.Context, after uint64) (bool, error) {
	head := s.Facts.Head()
	if after <= head {
		return head-after <= s.Options.MaxGap, nil
	}
	// Another gateway may have read further than this one has.
	ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	_, err := s.Facts.From(after).Next(ctx)
	switch {
	case errors.Is(err, feed.ErrBeyondEnd):
		return false, nil
	case err == nil, errors.Is(err, context.DeadlineExceeded):
		return true, nil
	}
	return false, err
}

// room waits until the socket has written most of what it has. A peer that
// reads nothing is ended by the socket's own deadline.
func (se *session) room(ctx context.Context) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		frames, bytes := se.conn.Queued()
		if bytes <= se.server.Options.QueueBytes/4 && frames <= 1024 {
			return ctx.Err()
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-se.conn.Done():
			timer.Stop()
			return ws.ErrClosed
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// snapshot is live.Snapshot with rows as the inbox encoded them.
type snapshot struct {
	Type     string            `json:"type"`
	ID       string            `json:"id"`
	Cursor   string            `json:"cursor"`
	Items    []json.RawMessage `json:"items"`
	Messages []events.Message  `json:"messages,omitempty"`
	// NextCursor goes on with the list over REST.
	NextCursor string `json:"next_cursor,omitempty"`
}

func (se *session) snapshotList(ctx context.Context, o *open) (uint64, error) {
	f := &o.spec.filter
	q := queries.ListConversations{Status: f.Status, Queue: f.Queue, Team: f.Team, Channel: f.Channel, Tag: f.Tag, Limit: o.spec.limit}
	switch o.spec.view {
	case live.ViewMine:
		q.Assignee = "me"
	case live.ViewUnassigned:
		q.Assignee = "none"
	}
	page, err := se.server.Desk.List(ctx, se.sees(), q)
	if err != nil {
		return 0, err
	}
	se.send(snapshot{
		Type: live.TypeSnapshot, ID: o.spec.id, Cursor: hub.Cursor(page.AsOf), Items: page.Items, NextCursor: page.NextCursor,
	})
	return page.AsOf, nil
}

// snapshotOne shows one conversation. Its messages are asked for first and name
// the place: a state that is newer than they are is only repeated by the events
// that follow.
func (se *session) snapshotOne(ctx context.Context, o *open) (uint64, error) {
	viewer := se.sees()
	q := queries.ListMessages{Conversation: o.spec.filter.Conversation, Limit: o.spec.limit}
	if _, err := se.server.Desk.Conversation(ctx, viewer, q.Conversation); err != nil {
		return 0, err
	}
	if _, recent := se.server.Hub.Recent(q.Conversation); recent {
		q.MinSeq = se.server.Hub.Position()
	}
	page, err := ask.Query[queries.Page[events.Message]](ctx, se.server.Desk.Ask, queries.Messages, q)
	if err != nil {
		return 0, err
	}
	c, err := se.server.Desk.Conversation(ctx, viewer, q.Conversation)
	if err != nil {
		return 0, err
	}
	row, err := json.Marshal(c)
	if err != nil {
		return 0, err
	}
	out := snapshot{
		Type: live.TypeSnapshot, ID: o.spec.id, Cursor: hub.Cursor(page.AsOf), Items: []json.RawMessage{},
		NextCursor: page.NextCursor,
	}
	if o.sub.InView(c) {
		out.Items = append(out.Items, row)
		if o.spec.view == live.ViewConversation {
			out.Messages = slim(page.Items)
		}
	}
	se.send(out)
	return page.AsOf, nil
}

// slimTo bounds the bodies in a snapshot, in bytes.
const slimTo = 256 << 10

// slim keeps whole bodies, from the newest back, until they are too much for one
// frame; the older ones lose their HTML and what they quote and carry the flag
// "partial". REST has them whole. A page stands oldest first.
func slim(messages []events.Message) []events.Message {
	total := 0
	for i := range slices.Backward(messages) {
		m := &messages[i]
		total += len(m.HTML) + len(m.Quoted) + len(m.Text)
		if total > slimTo {
			m.HTML, m.Quoted = "", ""
			m.Text = hub.Cut(m.Text, 4<<10)
			m.Flags = append(m.Flags, "partial")
		}
	}
	return messages
}
