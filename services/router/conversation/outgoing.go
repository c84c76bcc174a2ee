package conversation

import (
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// What is on its way to an address is remembered by the road it takes, because
// that is how providers speak of it: a watermark says that everything up to a
// time has been read, and an echo repeats what left, often before the answer to
// the sending has told us its id.

// Bounds of what is remembered: messages of one road, and bytes of a text that
// an echo is compared with.
const (
	maxOutgoing = 200
	maxCompared = 8 << 10
)

// RoadKey names the way from an inbox to an address.
func RoadKey(inbox events.InboxID, address string) string { return string(inbox) + "\x00" + address }

// Watermark moves what was sent to the sender through this inbox up to a time,
// the newest 200 of each address. What is not known to have left stays as it is:
// to have read everything says nothing of what never arrived. Only messages of
// the draft's contact move; it returns how many.
func (d *Draft) Watermark(inbox events.InboxID, points []events.Point, until time.Time, status events.Status) int {
	moved := 0
	for _, p := range points {
		for _, o := range d.World().Outgoing(RoadKey(inbox, p.Key())) {
			ref, s, problem := d.locate(o.ID)
			if problem != nil || o.At.After(until) || ref.Status == events.StatusFailed ||
				ref.Status.Before(events.StatusSent) || !ref.Status.Before(status) || !d.mine(s) {
				continue
			}
			d.add(&events.MessageStatusChanged{Conversation: s.ID, Message: o.ID, Status: status})
			moved++
		}
	}
	return moved
}

func (d *Draft) mine(s *State) bool {
	c, ok := FollowContact(d.World(), s.Contact.ID)
	return ok && c.ID == d.Subject()
}

// Echoed finds the message of ours that an echo repeats: one to the same address
// through the same inbox, with the same text, whose sending has begun and whose
// end is not known. whole is false where the echo is one of several parts that a
// long text was sent in. An echo without text names nothing: pictures look alike.
func Echoed(w World, inbox events.InboxID, points []events.Point, text string) (id events.MessageID, whole, ok bool) {
	said := compared(text)
	if said == "" {
		return "", false, false
	}
	for _, p := range points {
		for _, o := range w.Outgoing(RoadKey(inbox, p.Key())) {
			ref, known := w.Message(o.ID)
			if !known || !o.Tried || o.Text == "" || ref.Status == events.StatusFailed || !ref.Status.Before(events.StatusSent) {
				continue
			}
			if o.Text == said {
				return o.ID, true, true
			}
			if id == "" && strings.Contains(o.Text, said) {
				id, ok = o.ID, true
			}
		}
	}
	return id, false, ok
}

// Confirm takes an echo as what it is: the provider's word that our message
// left, and under which ids.
func (d *Draft) Confirm(id events.MessageID, ids []string, whole bool) {
	ref, s, problem := d.locate(id)
	if problem != nil {
		return
	}
	status := ref.Status
	if whole {
		status = events.StatusSent
	}
	held := d.named(ref, ids)
	d.add(&events.MessageStatusChanged{Conversation: s.ID, Message: id, Status: status, ThreadIDs: ids})
	d.catchUp(s, id, held)
}

// compared is a text as echoes are compared: providers trim and fold spaces.
func compared(text string) string {
	return cut(strings.Join(strings.Fields(text), " "), maxCompared)
}

// watched says whether anybody will ever speak of a message by its road: mail
// has neither watermarks nor echoes.
func watched(channel string) bool { return channel != "email" }

// applySending puts a new message of ours on its road. What came in as an echo
// has arrived already.
func applySending(w *Work, m *events.Message) {
	if m.Kind != events.KindMessage || m.From == nil {
		return
	}
	ref := w.Messages[m.ID]
	ref.To = m.From.Key()
	w.Messages[m.ID] = ref
	if !watched(m.Channel) {
		return
	}
	o := Outgoing{ID: m.ID, At: m.OccurredAt}
	if m.Status == events.StatusQueued {
		o.Text = compared(m.Text)
	}
	putOutgoing(w, RoadKey(m.InboxID, ref.To), o)
}

func putOutgoing(w *Work, key string, o Outgoing) {
	list := append(slices.Clone(w.Outgoing(key)), o)
	w.Roads[key] = list[max(0, len(list)-maxOutgoing):]
}

// applyOutgoing follows a message of ours along its road.
func applyOutgoing(w *Work, d *events.Decision, id events.MessageID, ref MessageRef) {
	if ref.To == "" || !watched(ref.Channel) {
		return
	}
	key := RoadKey(ref.Inbox, ref.To)
	list := w.Outgoing(key)
	at := slices.IndexFunc(list, func(o Outgoing) bool { return o.ID == id })
	switch {
	case ref.Status == events.StatusRead || ref.Status == events.StatusFailed:
		if at >= 0 {
			w.Roads[key] = slices.Delete(slices.Clone(list), at, at+1)
		}
		return
	case at < 0 && ref.Status == events.StatusQueued: // a person has it sent again
		putOutgoing(w, key, Outgoing{ID: id, At: d.At})
		return
	case at < 0:
		return
	}
	o := list[at]
	switch {
	case ref.Status == events.StatusSending:
		o.At, o.Tried = d.At, true
	case !ref.Status.Before(events.StatusSent):
		o.Text = ""
	}
	if o != list[at] {
		list = slices.Clone(list)
		list[at] = o
		w.Roads[key] = list
	}
}

// applyRequest remembers which attempt is the newest.
func applyRequest(w *Work, req *events.SendRequest) {
	if ref, ok := w.Message(req.Message.ID); ok {
		ref.Attempt = req.Attempt
		w.Messages[req.Message.ID] = ref
	}
}
