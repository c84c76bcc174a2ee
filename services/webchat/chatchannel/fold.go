package chatchannel

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// visitorKey is a hash over an inbox and a contact point: what was said on this
// inbox with whoever holds this point.
type visitorKey [16]byte

func keyOf(inbox events.InboxID, p events.Point) visitorKey {
	h := sha256.New()
	for _, s := range []string{string(inbox), p.Kind, p.Scope, p.Value} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return visitorKey(sum[:16])
}

// placeBits leaves room for 256 facts of a decision. The router makes one or
// two; an erasure may take back more messages at once, whose news then share the
// last place: who is away meanwhile reads the messages themselves, without their
// words.
const placeBits = 8

func place(seq uint64, i int) uint64 { return seq<<placeBits | uint64(min(i, 1<<placeBits-1)) }

// lastPlace is the highest place of a decision.
func lastPlace(seq uint64) uint64 { return place(seq, 1<<placeBits-1) }

// change is one fact as the chat sees it. For an edit or a removal the visitor
// and the line's id are not known yet: they are those of the message.
type change struct {
	visitor      visitorKey
	line         Line
	message      events.MessageID
	provider     string
	conversation events.ConversationID
	contact      events.ContactID
}

// fold picks out of a decision what concerns the chat, in order. Messages of
// other channels, notes and event lines are not among it, but for the line of an
// end; edits and removals of any message are, and fall away where their message is
// not one of ours.
func fold(d *events.Decision) []change {
	var out []change
	for _, f := range d.Facts {
		switch b := f.Body.(type) {
		case *events.MessageAdded:
			c, ok := added(&b.Message)
			if !ok {
				c, ok = ended(&b.Message)
			}
			if ok {
				c.line.Seq = place(d.Seq, len(out))
				out = append(out, c)
			}
		case *events.MessageEdited:
			out = append(out, change{message: b.Message, line: Line{Type: "edited", Seq: place(d.Seq, len(out)), Text: b.Text, At: d.At}})
		case *events.MessageRemoved:
			out = append(out, change{message: b.Message, line: Line{Type: "removed", Seq: place(d.Seq, len(out)), At: d.At}})
		case *events.ContactErased:
			for _, message := range b.Messages {
				out = append(out, change{message: message, line: Line{Type: "removed", Seq: place(d.Seq, len(out)), At: d.At}})
			}
		}
	}
	return out
}

// limits are those of the channel.
var limits = channel.LimitsOf(Kind)

func added(m *events.Message) (change, bool) {
	if m.Channel != Kind || m.Kind != events.KindMessage || m.From == nil {
		return change{}, false
	}
	c := change{
		visitor: keyOf(m.InboxID, *m.From), message: m.ID,
		conversation: m.ConversationID, contact: m.ContactID,
		line: Line{Type: "message", ID: string(m.ID), From: "agent", Author: shownName(m.Author), Text: m.Text, At: m.OccurredAt},
	}
	for _, a := range m.Attachments {
		// The hash stays on this side; see socket.show.
		c.line.Attachments = append(c.line.Attachments, events.Attachment{Name: a.Name, Type: a.Type, Size: a.Size, Hash: a.Hash, URL: a.URL})
	}
	if m.Direction == events.Out {
		c.line.QuickReplies = limits.Offer(m)
	} else {
		c.provider = m.ProviderID
		c.line.ID, c.line.From, c.line.Author = m.ProviderID, "visitor", ""
	}
	return c, true
}

// shownName is what the visitor sees of who wrote: what the program itself says
// stands under no name, which would be that of a rule.
func shownName(a events.Author) string {
	if a.Kind == "system" {
		return ""
	}
	return a.Name
}

// providerID names a visitor's message: the visitor's token and the client's
// id, so that two visitors with one client id do not meet, and a message that
// is sent again after signing in is still the same.
func providerID(token visitorToken, inbox events.InboxID, clientID string) string {
	return providerPrefix(token, inbox) + clientID
}

func providerPrefix(token visitorToken, inbox events.InboxID) string {
	k := keyOf(inbox, token.point(inbox))
	return hex.EncodeToString(k[:8]) + "-"
}

// seenBy fills in what only the visitor's own token may see.
func (l Line) seenBy(prefix string) Line {
	l.ClientID = l.clientID(prefix)
	return l
}
