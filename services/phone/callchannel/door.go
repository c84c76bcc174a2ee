package callchannel

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

// legType marks a statement that carries a leg on its way into the store. It
// never reaches the log.
const legType = "application/vnd.tributary.leg+json"

// post makes a source of legs a channel.Receiver, so that it stands behind the
// same door as every provider: the bounds, the counting and "durable before the
// success answer" are the door's.
type post struct{ exchange.Poster }

// Receive wraps each leg into a statement for taker.
func (p post) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	legs, kept, reply, err := p.ReceiveLegs(inbox, req)
	if err != nil {
		return nil, reply, err
	}
	out := make([]*events.Inbound, 0, len(legs)+len(kept))
	for _, l := range legs {
		out = append(out, &events.Inbound{
			Type: events.CallLogged, Channel: inbox.Channel, Inbox: inbox.ID, ProviderID: l.ID, ReceivedAt: req.At,
			Raw: &events.Raw{Type: legType, Bytes: encodeLeg(l)},
		})
	}
	return append(out, kept...), reply, nil
}

func encodeLeg(l calls.Leg) []byte {
	data, _ := json.Marshal(l) // plain fields always encode
	return data
}

// taker is the door's publisher: legs go into the store, the rest to the log.
type taker struct{ s *Service }

// Publish returns once all of it is durable.
func (t taker) Publish(ctx context.Context, statements ...*events.Inbound) error {
	var legs []calls.Leg
	var kept []*events.Inbound
	for _, in := range statements {
		if in.Raw == nil || in.Raw.Type != legType {
			kept = append(kept, in)
			continue
		}
		var l calls.Leg
		if err := json.Unmarshal(in.Raw.Bytes, &l); err != nil {
			return fmt.Errorf("read leg: %w", err)
		}
		legs = append(legs, l)
	}
	if len(statements) == 0 {
		return nil
	}
	inbox, ok := t.s.deps.Inboxes.ByID(statements[0].Inbox)
	if !ok {
		inbox = config.Inbox{ID: statements[0].Inbox, Channel: statements[0].Channel}
	}
	if err := t.s.keep(ctx, inbox, kept...); err != nil {
		return err
	}
	if len(legs) == 0 {
		return nil
	}
	_, err := t.s.take(ctx, inbox, batch{legs: legs})
	return err
}
