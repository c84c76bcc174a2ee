package sending

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
)

// pump copies requests to send from the facts into OUTBOUND.
type pump struct {
	facts    *feed.Feed[*events.Decision]
	outbound *eventlog.Log
	places   *places
	copied   place // durable
	log      zerolog.Logger
}

// start is the place in the facts after which nothing has been copied yet: the
// one that the last message of OUTBOUND names, or the one that was saved where that
// is later. A stream that was emptied begins at the log's start; the workers find
// those messages settled.
func (p *pump) start(ctx context.Context) (uint64, error) {
	_, last, err := p.outbound.Bounds(ctx)
	if err != nil {
		return 0, fmt.Errorf("find the pump's place: %w", err)
	}
	p.copied.Outbound = last
	if kept := p.places.load(); kept.Fact > 0 && kept.Outbound <= last {
		p.copied.Fact = kept.Fact
	}
	said, err := p.said(ctx, last)
	if err != nil {
		return 0, err
	}
	return max(said, p.copied.Fact), nil
}

// said is the place that OUTBOUND's last message names.
func (p *pump) said(ctx context.Context, last uint64) (uint64, error) {
	if last == 0 {
		return 0, nil
	}
	record, err := p.outbound.Get(ctx, last)
	if errors.Is(err, eventlog.ErrNotFound) { // aged out
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find the pump's place: %w", err)
	}
	seq, err := strconv.ParseUint(record.Header.Get(events.HeaderFactSeq), 10, 64)
	if err != nil || seq == 0 {
		return 0, nil // put there by other hands: the start is always right
	}
	return seq - 1, nil // the decision may hold several requests
}

func (p *pump) run(ctx context.Context, ready func()) error {
	from, err := p.start(ctx)
	if err != nil {
		return err
	}
	cursor := p.facts.From(min(from, p.facts.Head()))
	ready()
	for {
		batch, err := cursor.Next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				p.save(true)
				return nil
			}
			return fmt.Errorf("pump reads the facts: %w", err)
		}
		var waits []*eventlog.Pending
		for _, entry := range batch {
			if entry.Err != nil {
				continue
			}
			copied, err := p.copy(entry.Value)
			if err != nil {
				return err
			}
			waits = append(waits, copied...)
		}
		for _, w := range waits {
			seq, err := w.Durable(ctx)
			if err != nil && ctx.Err() == nil {
				return fmt.Errorf("pump stores requests: %w", err)
			}
			if err != nil {
				p.save(true) // what is not known to be stored is copied again
				return nil
			}
			p.copied.Outbound = max(p.copied.Outbound, seq)
		}
		p.copied.Fact = batch[len(batch)-1].Seq
		p.save(false)
	}
}

// save writes the place down. Where it cannot, the next start reads more.
func (p *pump) save(must bool) {
	if err := p.places.save(p.copied, must); err != nil {
		p.log.Warn().Err(err).Msg("the place in the facts is not saved")
	}
}

func (p *pump) copy(d *events.Decision) ([]*eventlog.Pending, error) {
	var out []*eventlog.Pending
	for _, f := range d.Facts {
		asked, ok := f.Body.(*events.SendRequested)
		if !ok {
			continue
		}
		req := whole(d, asked.Request)
		data, err := json.Marshal(req)
		if err != nil {
			return nil, fmt.Errorf("encode request to send: %w", err)
		}
		out = append(out, p.outbound.AppendAsync(eventlog.Message{
			Subject: events.OutboundSubject(req.Message.Channel), Data: data,
			MsgID: string(req.Message.ID) + "/" + d.ID,
			Header: nats.Header{
				events.HeaderConversation: []string{string(req.Conversation)},
				events.HeaderFactSeq:      []string{strconv.FormatUint(d.Seq, 10)},
			},
		}))
	}
	return out, nil
}

// whole completes a request with the message that stands beside it.
func whole(d *events.Decision, req events.SendRequest) events.SendRequest {
	for _, f := range d.Facts {
		if added, ok := f.Body.(*events.MessageAdded); ok && added.Message.ID == req.Message.ID {
			req.Message = added.Message
		}
	}
	return req
}
