package chatchannel

import (
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// endMark tells the id of an end from that of a message: no client id holds a colon,
// so a client may use one id for both.
const endMark = "end:"

// end takes the visitor's word that they are done. It is acknowledged as a message
// is, also where nothing is left to end: what that means is the router's to decide,
// and whether there was anything shows in a line of type ended, or none.
func (s *socket) end(f *ClientFrame) error {
	if !validClientID(f.ClientID) {
		return s.malformed("bad-client-id", "client_id must be 1 to 64 of A-Z a-z 0-9 - _")
	}
	refuse := s.refusal(f.ClientID)
	if admitted, err := s.admit(refuse); !admitted {
		return err
	}
	id := providerID(s.token, s.inbox.ID, endMark+f.ClientID)
	return s.once(f.ClientID, id, "", refuse, func() error {
		if l, found, err := s.svc.store.said(s.keys, id); err == nil && found {
			s.svc.sent.place(id, l.Seq)
			return nil
		}
		now := s.svc.deps.Clock.Now()
		return s.svc.publish(&events.Inbound{
			Type: events.ChatWasEnded, Channel: Kind, Inbox: s.inbox.ID, ProviderID: id,
			OccurredAt: now, ReceivedAt: now, Sender: s.sender,
		})
	})
}

// ended is the line of a visitor who ended the chat.
func ended(m *events.Message) (change, bool) {
	if m.Channel != Kind || m.Kind != events.KindEvent || m.From == nil || !m.HasFlag(events.FlagEnded) {
		return change{}, false
	}
	return change{
		visitor: keyOf(m.InboxID, *m.From), provider: m.ProviderID, conversation: m.ConversationID, contact: m.ContactID,
		line: Line{Type: "ended", ID: m.ProviderID, From: "visitor", At: m.OccurredAt},
	}, true
}

// ended keeps the line, and by which statement it came. Nothing in it can be changed
// or taken back, so it is found by no message.
func (w writer) ended(c change) error {
	at := lineKey(c.visitor, c.line.Seq)
	if err := w.put(at, storedLine{Line: c.line}); err != nil {
		return err
	}
	return w.index.Put(providerKey(c.visitor, c.provider), at)
}

// clientID is the client's own id of what it said or ended, where it is the own
// visitor's, whose ids begin with prefix.
func (l Line) clientID(prefix string) string {
	id, own := strings.CutPrefix(l.ID, prefix)
	if !own || l.From != "visitor" {
		return ""
	}
	if l.Type == "ended" {
		id = strings.TrimPrefix(id, endMark)
	}
	return id
}
