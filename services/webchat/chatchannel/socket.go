package chatchannel

import (
	"encoding/json"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/ws"
)

const (
	helloWait  = 15 * time.Second
	maxBad     = 5
	maxHeld    = 1000
	typingRest = 2 * time.Second
)

// socket is one visitor's connection. Frames are handled on the connection's
// reader goroutine, one after the other, so a visitor's messages are published
// in the order they were sent.
type socket struct {
	svc      *Service
	conn     *ws.Conn
	inbox    config.Inbox
	settings *Settings
	ip       string
	host     string // by which the visitor reaches us
	hello    *time.Timer
	pace     *rate.Limiter

	// What hello said; only the reader goroutine writes it, before hub.join.
	greeted bool
	token   visitorToken
	sender  events.Sender
	keys    []visitorKey
	prefix  string

	// Only the reader goroutine touches these.
	bad      int
	typing   bool
	typedAt  time.Time
	reported map[string]bool

	talk talk // guarded by hub.mu

	mu    sync.Mutex // guards all below, and the order of lines on the wire
	ready bool
	held  []Line // lines that came while the past was being read
	last  uint64
}

func newSocket(svc *Service, conn *ws.Conn, inbox config.Inbox, settings *Settings, ip string) *socket {
	l := svc.deps.Limits
	return &socket{
		svc: svc, conn: conn, inbox: inbox, settings: settings, ip: ip,
		pace: rate.NewLimiter(rate.Limit(l.FramesPerSecond), l.FrameBurst), reported: map[string]bool{},
	}
}

func (s *socket) start() {
	s.svc.hub.open(s)
	s.hello = time.AfterFunc(helloWait, func() { s.conn.Close(live.CloseBadFrame, "hello did not come") })
	if s.svc.running.Err() != nil {
		s.conn.Close(live.CloseGoingAway, "the server stops: resume")
	}
	s.conn.Start(s.frame, func(error) {
		s.hello.Stop()
		s.svc.hub.leave(s)
		s.svc.door.leave(s.ip)
	})
}

// send queues a frame. A connection that is closed or too slow has its own
// ending, so the error has nothing to add.
func (s *socket) send(v any) {
	data, err := json.Marshal(v)
	if err != nil {
		s.svc.deps.Log.Error().Err(err).Str("inbox", string(s.inbox.ID)).Msg("encode chat frame")
		return
	}
	_ = s.conn.Send(data)
}

func (s *socket) fail(f Failure) {
	f.Type = "error"
	s.svc.messages.WithLabelValues(f.Code).Inc()
	s.send(f)
}

// line hands on a line from the log, once and in order.
func (s *socket) line(l Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ready && l.Seq > s.last:
		s.last = l.Seq
		s.send(s.show(l))
	case s.ready:
	case len(s.held) >= maxHeld:
		s.conn.Close(live.CloseSlow, "too much at once: resume")
	default:
		s.held = append(s.held, l)
	}
}

// frame handles one frame. An error closes the socket with its code.
func (s *socket) frame(data []byte) error {
	if !s.pace.AllowN(s.svc.deps.Clock.Now(), 1) {
		s.svc.messages.WithLabelValues("too-many").Inc()
		return &ws.Closed{Code: live.CloseTooMany, Reason: "too many frames: come back later"}
	}
	f, err := DecodeFrame(data)
	if err != nil {
		return s.malformed("bad-frame", "a frame must be a JSON object with a type")
	}
	if !s.greeted && f.Type != "hello" && f.Type != "ping" {
		return s.malformed("hello-first", "say hello first")
	}
	switch f.Type {
	case "hello":
		return s.greet(f)
	case "message":
		return s.message(f)
	case "end":
		return s.end(f)
	case "typing":
		s.showTyping(f.On)
	case "seen":
		s.seen(f)
	case "older":
		return s.older(f.Before)
	case "ping":
		s.send(struct {
			Type string `json:"type"`
		}{"pong"})
	default:
		return s.malformed("unknown-frame", "this type of frame is not known")
	}
	return nil
}

// malformed answers a frame that is not of this protocol, and after a few gives
// up on the other side.
func (s *socket) malformed(code, detail string) error {
	s.fail(Failure{Code: code, Detail: detail})
	if s.bad++; s.bad >= maxBad {
		return &ws.Closed{Code: live.CloseBadFrame, Reason: "too many frames that are not of this protocol"}
	}
	return nil
}

// older sends an earlier page.
func (s *socket) older(before uint64) error {
	if before == 0 {
		return s.malformed("bad-frame", "older needs before")
	}
	p, err := s.svc.store.newest(s.keys, before, pageLines)
	if err != nil {
		return err
	}
	s.send(Older{Type: "older", Lines: s.own(p.lines), More: p.more})
	return nil
}

func (s *socket) own(lines []Line) []Line {
	out := make([]Line, 0, len(lines))
	for _, l := range lines {
		out = append(out, s.show(l))
	}
	return out
}

// showTyping tells agents that the visitor types. Repeats within a short time say
// nothing new.
func (s *socket) showTyping(on bool) {
	now := s.svc.deps.Clock.Now()
	t := s.svc.hub.talkOf(s)
	if t.Conversation == "" || (on == s.typing && now.Sub(s.typedAt) < typingRest) {
		return
	}
	s.typing, s.typedAt = on, now
	data, err := json.Marshal(live.Activity{Type: live.TypeTyping, Conversation: t.Conversation, Contact: t.Contact, Name: s.sender.Name, On: on})
	if err == nil {
		// Typing is worth nothing a moment later, so a failure is let go.
		_ = s.svc.deps.NC.Publish(events.TypingSubject(t.Conversation), data)
	}
}

// seen reports that an agent's message was delivered to, or read by, the
// visitor it was for. Each is stated once a socket; the router drops repeats.
func (s *socket) seen(f *ClientFrame) {
	status := events.StatusRead
	if f.Status == string(events.StatusDelivered) {
		status = events.StatusDelivered
	}
	id := events.MessageID(f.ID)
	once := string(status) + " " + f.ID
	if len(f.ID) > 64 || s.reported[once] || len(s.reported) >= maxHeld || !s.svc.hub.isFor(s, id) {
		return
	}
	now := s.svc.deps.Clock.Now()
	err := s.svc.publish(&events.Inbound{
		Type: events.DeliveryReported, Channel: Kind, Inbox: s.inbox.ID, ProviderID: f.ID + ":" + string(status),
		OccurredAt: now, ReceivedAt: now, Sender: events.Sender{Points: s.sender.Points[:1]},
		Delivery: &events.Delivery{Message: id, Status: status},
	})
	if err != nil {
		s.fail(Failure{Code: "unavailable", Detail: "the receipt could not be stored", RetryMS: 2000})
		return
	}
	s.reported[once] = true
}
