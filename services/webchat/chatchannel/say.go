package chatchannel

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/ws"
)

// message takes what the visitor says.
func (s *socket) message(f *ClientFrame) error {
	if !validClientID(f.ClientID) {
		return s.malformed("bad-client-id", "client_id must be 1 to 64 of A-Z a-z 0-9 - _")
	}
	refuse := s.refusal(f.ClientID)
	text, pressed := cleanText(f.Text), ""
	if label, offered := s.pressed(f); offered {
		text, pressed = label, f.Pressed
	}
	switch {
	case text == "":
		return refuse("empty", "a message needs text", 0)
	case len([]rune(text)) > s.settings.MaxText:
		return refuse("too-long", "the message is too long", 0)
	}
	if admitted, err := s.admit(refuse); !admitted {
		return err
	}
	return s.say(f.ClientID, events.ReceivedMessage{Text: text, Pressed: pressed}, refuse)
}

// refusal answers a frame that is not taken. Its error is nil: the socket goes on.
type refusal func(code, detail string, retry time.Duration) error

func (s *socket) refusal(clientID string) refusal {
	return func(code, detail string, retry time.Duration) error {
		s.fail(Failure{Code: code, Detail: detail, ClientID: clientID, RetryMS: int(retry.Milliseconds())})
		return nil
	}
}

// admit reports whether what the visitor states may be stored now. Where it may not
// they have been told, or the error closes the socket.
func (s *socket) admit(refuse refusal) (bool, error) {
	now := s.svc.deps.Clock.Now()
	if !s.svc.byToken.Allow(s.token.random, now) || !s.svc.byIP.Allow(s.ip, now) {
		return false, refuse("slow-down", "too many messages", 3*time.Second)
	}
	inbox, ok := s.svc.deps.Inboxes.ByID(s.inbox.ID)
	if !ok {
		return false, &ws.Closed{Code: live.CloseForbidden, Reason: "this chat is closed"}
	}
	if inbox.Paused {
		return false, refuse("unavailable", "the chat is paused", 30*time.Second)
	}
	return true, nil
}

// pressed is the label of a button, where the message that the frame names offered
// it to this visitor: what a page sends of its own making is words, whatever it says.
func (s *socket) pressed(f *ClientFrame) (label string, ok bool) {
	if f.Pressed == "" || len(f.Pressed) > events.MaxQuickValue || len(f.ID) > 64 {
		return "", false
	}
	l, ok := s.svc.hub.toVisitor(s, events.MessageID(f.ID))
	if !ok {
		return "", false
	}
	at := slices.IndexFunc(l.QuickReplies, func(q events.QuickReply) bool { return q.Value == f.Pressed })
	if at < 0 {
		return "", false
	}
	return l.QuickReplies[at].Label, true
}

// say publishes a message unless it has been, and acknowledges it either way.
func (s *socket) say(clientID string, said events.ReceivedMessage, refuse refusal) error {
	id := providerID(s.token, s.inbox.ID, clientID)
	return s.once(clientID, id, said.Text, refuse, func() error { return s.publishOnce(id, said) })
}

// once has what the visitor states under an id published by whoever comes first with
// it, and acknowledges it to all.
func (s *socket) once(clientID, id, words string, refuse refusal, publish func() error) error {
	m, first, same := s.svc.sent.begin(id, words)
	if !same {
		return refuse("client-id-reused", "this client_id was another message", 0)
	}
	if !first {
		<-m.done // bounded: whoever is first gives up after its own time
	} else {
		s.svc.sent.end(id, m, publish())
	}
	if errors.Is(m.err, errReused) {
		return refuse("client-id-reused", "this client_id was another message", 0)
	}
	if m.err != nil {
		s.svc.deps.Log.Warn().Err(m.err).Str("inbox", string(s.inbox.ID)).Msg("chat message not stored")
		return refuse("unavailable", "the message could not be stored; send it again", 2*time.Second)
	}
	s.svc.messages.WithLabelValues("accepted").Inc()
	s.ack(Ack{Type: "ack", ClientID: clientID, ID: id}, m)
	return nil
}

// errReused says that a client_id was another message, long ago or before this
// process began.
var errReused = errors.New("client id was another message")

// publishOnce publishes unless the file knows the message. Where the file cannot
// say any more what the message was, since it was taken back, the router can: it
// books the same words as a duplicate, and keeps others.
func (s *socket) publishOnce(id string, said events.ReceivedMessage) error {
	if l, found, err := s.svc.store.said(s.keys, id); err == nil && found && len(l.Said) > 0 {
		if !bytes.Equal(l.Said, saidSum(said.Text)) {
			return errReused
		}
		s.svc.sent.place(id, l.Seq)
		return nil
	}
	now := s.svc.deps.Clock.Now()
	said.ThreadIDs = []string{id}
	return s.svc.publish(&events.Inbound{
		Type: events.MessageReceived, Channel: Kind, Inbox: s.inbox.ID, ProviderID: id,
		OccurredAt: now, ReceivedAt: now, Sender: s.sender,
		Message: &said,
	})
}

// placeWait is how long an ack waits for the message's place in the log. The
// ack itself is due as soon as the message is durable; the place is a courtesy
// that takes the router about a millisecond.
const placeWait = 250 * time.Millisecond

func (s *socket) ack(a Ack, m *onItsWay) {
	s.svc.work.Add(1)
	go func() {
		defer s.svc.work.Done()
		timer := s.svc.deps.Clock.NewTimer(placeWait)
		defer timer.Stop()
		select {
		case <-m.placed:
		case <-timer.C():
		case <-s.conn.Done():
			return
		case <-s.svc.running.Done():
		}
		select {
		case <-m.placed:
			a.Seq = m.seq
		default:
		}
		s.send(a)
	}()
}
