package conversation

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// A provider's receipt can overtake the answer to the sending it speaks of: it
// then names an id that nobody has heard of. It is held, as a fact, until the id
// becomes known, and counts then.

// Bounds of what is held: ids of one receipt, receipts of one id, bytes, and how
// long a receipt can overtake what it speaks of. How many ids are held in all is
// bounded by whoever keeps the state.
const (
	heldFor       = 14 * 24 * time.Hour
	maxHeldIDs    = 8
	maxHeld       = 8
	maxHeldID     = 998
	maxHeldDetail = 512
)

// Receipt is what a provider said of a message by an id that was not known yet.
type Receipt struct {
	Status events.Status `json:"s"`
	Detail string        `json:"d,omitempty"`
	At     time.Time     `json:"t"`
}

// Scope is where a provider's ids are unique: the world for e-mail, one inbox
// for everything else.
func Scope(channel string, inbox events.InboxID) string {
	if channel == "email" {
		return "email"
	}
	return string(inbox)
}

// ProviderKey names what a provider's id names, within its scope.
func ProviderKey(channel string, inbox events.InboxID, id string) string {
	return Scope(channel, inbox) + "\x00" + id
}

// Hold keeps a receipt whose message is not known yet, and reports false when it
// says nothing that could ever count.
func (d *Draft) Hold(channel string, inbox events.InboxID, report events.Delivery) bool {
	if !events.StatusQueued.Before(report.Status) {
		return false
	}
	held := &events.MessageReceiptHeld{Inbox: inbox, Channel: channel, Status: report.Status, Detail: cut(report.Detail, maxHeldDetail)}
	for _, id := range report.ProviderIDs {
		if id != "" && len(id) <= maxHeldID && len(held.ProviderIDs) < maxHeldIDs && !slices.Contains(held.ProviderIDs, id) {
			held.ProviderIDs = append(held.ProviderIDs, id)
		}
	}
	if len(held.ProviderIDs) == 0 {
		return false
	}
	d.add(held)
	return true
}

// named tells what was held for the ids that a message is now known by. It must
// be asked before the fact that makes them known.
func (d *Draft) named(ref MessageRef, ids []string) []Receipt {
	var out []Receipt
	for _, id := range ids {
		for _, r := range d.World().Held(ProviderKey(ref.Channel, ref.Inbox, id)) {
			if d.At().Sub(r.At) <= heldFor && !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// catchUp moves a message by the receipts that were held for it.
func (d *Draft) catchUp(s *State, id events.MessageID, held []Receipt) {
	for _, r := range held {
		if ref, ok := d.World().Message(id); ok && ref.Status.Before(r.Status) {
			d.add(&events.MessageStatusChanged{Conversation: s.ID, Message: id, Status: r.Status, Detail: r.Detail})
		}
	}
}

func applyHeld(w *Work, d *events.Decision, held *events.MessageReceiptHeld) {
	for _, id := range held.ProviderIDs {
		key := ProviderKey(held.Channel, held.Inbox, id)
		list := append(slices.Clone(w.Held(key)), Receipt{held.Status, held.Detail, d.At})
		w.Receipts[key] = list[max(0, len(list)-maxHeld):]
		w.NewlyHeld = append(w.NewlyHeld, key)
	}
}

// forget drops what was held for ids that are known now.
func forget(w *Work, channel string, inbox events.InboxID, ids []string) {
	for _, id := range ids {
		if key := ProviderKey(channel, inbox, id); len(w.Held(key)) > 0 {
			w.Receipts[key] = nil
		}
	}
}

func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// Report moves a message of ours along its road; old news adds nothing. It
// reports whether anything changed.
func (d *Draft) Report(id events.MessageID, report events.Delivery) (bool, *commands.Problem) {
	ref, s, problem := d.locate(id)
	if problem != nil {
		return false, problem
	}
	if ref.Direction != events.Out || ref.Kind != events.KindMessage {
		return false, refuse(commands.Invalid, "names no message of ours")
	}
	fresh := ref.Status.Before(report.Status)
	known := !slices.ContainsFunc(report.ProviderIDs, func(pid string) bool { return !slices.Contains(ref.ThreadIDs, pid) })
	if !fresh && known {
		return false, nil
	}
	status := report.Status
	if !fresh {
		status = ref.Status
	}
	held := d.named(ref, report.ProviderIDs)
	d.add(&events.MessageStatusChanged{Conversation: s.ID, Message: id, Status: status, Detail: report.Detail, ThreadIDs: report.ProviderIDs})
	d.catchUp(s, id, held)
	return true, nil
}
