package mailchannel

import (
	"context"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/arrival"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
	"github.com/tributary-inbox/tributary/services/email/vouch"
)

// flagKept stands on what came by a mail service and is no mail, beside the
// reason.
const flagKept = "kept"

// mailboxHops is how many Received a mailbox's own servers put above their
// Authentication-Results: Google has two, Microsoft up to three.
const mailboxHops = 3

// intake makes statements of what came by any way but our own port, with the
// same reading as there.
type intake struct {
	blobs   blob.Store
	inboxes channel.Inboxes
	checker *vouch.Checker // nil: signatures are not looked up
	now     time.Time
}

// statements stores attachments and large raw bytes; an error means that they
// could not be stored.
func (i *intake) statements(ctx context.Context, inbox config.Inbox, s Settings, came []arrival.Arrival) ([]*events.Inbound, error) {
	out := make([]*events.Inbound, 0, len(came))
	for _, a := range came {
		switch {
		case a.Mail != nil:
			in, err := i.mail(ctx, inbox, s, a.Mail)
			if err != nil {
				return nil, err
			}
			out = append(out, in)
		case a.Report != nil:
			out = append(out, i.report(inbox, a.Report))
		case a.Kept != nil:
			out = append(out, i.kept(inbox, a.Kept))
		}
	}
	return out, nil
}

func (i *intake) mail(ctx context.Context, inbox config.Inbox, s Settings, a *arrival.Mail) (*events.Inbound, error) {
	m := mailparse.Parse(a.Raw, mailparse.Options{Limits: limits, NullSender: a.NullSender})
	n := &normaliser{blobs: i.blobs, inboxes: i.inboxes, now: i.now, taken: a.At}
	n.verdict = judge(ctx, a.Raw, m, witness{authserv: s.AuthservID, hops: mailboxHops, vouched: a.Vouched, checker: i.checker})
	env := Envelope{From: a.From, To: a.To, Helo: a.Helo, Peer: a.Peer, TLS: a.TLS}
	r := recipient{inbox: inbox, settings: s, address: s.Address}
	list, err := n.statements(ctx, m, a.Raw, env, []recipient{r})
	if err != nil {
		return nil, err
	}
	in := list[0]
	if m.MessageID == "" && a.ID != "" {
		in.ProviderID = a.ID
	}
	in.Flags = append(in.Flags, a.Flags...)
	if in.Message != nil && len(a.Files) > 0 {
		in.Message.Attachments = append(slices.Clip(in.Message.Attachments), a.Files...)
	}
	return in, nil
}

// report states what a service says of a mail that may be ours; the router
// knows whether it is.
func (i *intake) report(inbox config.Inbox, r *arrival.Report) *events.Inbound {
	in := i.base(inbox, events.DeliveryReported, r.ID, r.At)
	in.Delivery = &events.Delivery{Message: r.Message, ProviderIDs: r.MessageIDs, Status: r.Status, Detail: cut(r.Detail, 300), Attempt: r.Attempt}
	for _, id := range r.MessageIDs {
		if in.Delivery.Message != "" {
			break
		}
		in.Delivery.Message = ourMessage(id)
	}
	if to := normal(r.Address); to != "" {
		in.Sender.Points = []events.Point{{Kind: "email", Value: to, Trust: events.Stated}}
	}
	in.Raw = &events.Raw{Type: r.Type, Bytes: r.Raw, Size: int64(len(r.Raw))}
	return in
}

func (i *intake) kept(inbox config.Inbox, k *arrival.Kept) *events.Inbound {
	in := i.base(inbox, events.Unknown, k.ID, k.At)
	in.Flags = []string{flagKept, k.Why}
	in.Raw = &events.Raw{Type: k.Type, Bytes: k.Raw, Size: int64(len(k.Raw))}
	return in
}

func (i *intake) base(inbox config.Inbox, kind events.InboundType, id string, at time.Time) *events.Inbound {
	if at.IsZero() || at.After(i.now.Add(time.Hour)) {
		at = i.now
	}
	return &events.Inbound{Type: kind, Channel: Kind, Inbox: inbox.ID, ProviderID: id, OccurredAt: at.UTC(), ReceivedAt: i.now}
}
