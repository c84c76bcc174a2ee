package chatchannel

import (
	"context"
	"net/url"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/ws"
)

const (
	// maxGap is the most lines that a resume replays; a longer gap begins anew.
	maxGap = 500
	// pageLines is a page of the past.
	pageLines = 50
	joinWait  = 5 * time.Second
)

// greet learns who the visitor is and brings them up to date.
func (s *socket) greet(f *ClientFrame) error {
	if s.greeted {
		return s.malformed("hello-twice", "hello was said already; open another socket to be somebody else")
	}
	if f.UserID != "" || f.HMAC != "" {
		if err := proveUser(s.inbox, f.UserID, f.HMAC); err != nil {
			// Never silently anonymous: the page believes its visitor is signed in.
			s.fail(Failure{Code: "bad-identity", Detail: "hmac does not prove user_id: it must be the hex HMAC-SHA256 of user_id under the inbox's identity_secret"})
			return &ws.Closed{Code: live.CloseSignIn, Reason: "the identity does not hold"}
		}
	}
	s.hello.Stop()
	s.greeted = true
	s.identify(f)
	at := s.svc.hub.join(s)
	w, err := s.past(f.After, at)
	if err != nil {
		s.svc.deps.Log.Warn().Err(err).Str("inbox", string(s.inbox.ID)).Msg("chat history not read")
		return &ws.Closed{Code: live.CloseUnavailable, Reason: "the chat is not available: resume later"}
	}
	w.Visitor, w.Fresh, w.SignedIn = s.token.text(s.inbox, f.UserID), s.token.fresh, f.UserID != ""
	w.Title, w.Greeting, w.Color, w.MaxText = s.settings.Title, s.settings.Greeting, s.settings.Color, s.settings.MaxText
	s.open(w)
	return nil
}

// identify makes the sender. A proved user id comes first: it is where answers
// go, so they reach the customer on every browser they are signed in on.
func (s *socket) identify(f *ClientFrame) {
	s.token = readToken(s.inbox, f.Visitor, f.UserID)
	s.prefix = providerPrefix(s.token, s.inbox.ID)
	s.sender = events.Sender{Name: shortLine(f.Name, 200), Attributes: attributes(f)}
	if f.UserID != "" {
		s.sender.Points = append(s.sender.Points, events.Point{Kind: kindExternal, Value: f.UserID, Scope: s.settings.ExternalScope, Trust: events.Proved})
	}
	s.sender.Points = append(s.sender.Points, s.token.point(s.inbox.ID))
	for _, p := range s.sender.Points {
		s.keys = append(s.keys, keyOf(s.inbox.ID, p))
	}
	if p, ok := typedEmail(f.Email); ok {
		s.sender.Points = append(s.sender.Points, p)
	}
}

// attributes are what the page tells beside the talk. Of its address only the
// place is kept: queries carry tokens.
func attributes(f *ClientFrame) map[string]string {
	out := map[string]string{}
	if lang := shortLine(f.Lang, 35); lang != "" {
		out["language"] = lang
	}
	if u, err := url.Parse(f.Page); err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
		out["page"] = shortLine(u.Scheme+"://"+u.Host+u.EscapedPath(), 512)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// past reads what the visitor missed. The hub holds back lines from decision at
// on, and the file is read once it has all before; between them nothing is lost.
func (s *socket) past(after, at uint64) (*Welcome, error) {
	ctx, cancel := context.WithTimeout(s.svc.running, joinWait)
	defer cancel()
	if err := s.svc.store.WaitFor(ctx, at); err != nil {
		return nil, err
	}
	w := &Welcome{Type: "welcome"}
	if after > 0 && !s.token.fresh && after <= lastPlace(s.svc.store.Checkpoint()) {
		p, fits, err := s.svc.store.since(s.keys, after, maxGap)
		if err != nil {
			return nil, err
		}
		if fits {
			return s.with(w, p), nil
		}
	}
	p, err := s.svc.store.newest(s.keys, ^uint64(0), pageLines)
	if err != nil {
		return nil, err
	}
	w.Reset = after > 0
	w.More = p.more
	return s.with(w, p), nil
}

func (s *socket) with(w *Welcome, p page) *Welcome {
	w.Lines, w.Cursor = s.own(p.lines), p.upTo
	s.svc.hub.followTalk(s, p.talk)
	return w
}

// open sends the welcome, then what came while the past was being read.
func (s *socket) open(w *Welcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send(w)
	s.last, s.ready = w.Cursor, true
	for _, l := range s.held {
		if l.Seq > s.last {
			s.last = l.Seq
			s.send(s.show(l))
		}
	}
	s.held = nil
}
