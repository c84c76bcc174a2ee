package api

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
)

const (
	// tailShown is how many events of an inbox are listed.
	tailShown = 50
	// tailReach is how far back the list looks, over all inboxes. It is what the
	// feed of statements keeps in memory anyhow.
	tailReach = 4096
	// tailTime bounds the look where part of it is only on disk.
	tailTime = 3 * time.Second
)

type tailRequest struct {
	ID    string `path:"id" maxLength:"64"`
	After uint64 `query:"after" doc:"Only events after this seq"`
}

// happening is a statement as an operator sees it arrive. Preview is the
// beginning of what was said; Raw says that the adapter did not understand it
// and kept it as it came.
type happening struct {
	Seq        uint64             `json:"seq"`
	Type       events.InboundType `json:"type"`
	ProviderID string             `json:"provider_id"`
	OccurredAt time.Time          `json:"occurred_at"`
	ReceivedAt time.Time          `json:"received_at"`
	Direction  events.Direction   `json:"direction"`
	Sender     string             `json:"sender,omitempty"`
	Preview    string             `json:"preview,omitempty"`
	Raw        bool               `json:"raw,omitempty"`
	Flags      []string           `json:"flags,omitempty"`
}

type happenings struct {
	Items []happening `json:"items"`
	// Head is the newest statement of all inboxes that was looked at.
	Head uint64 `json:"head"`
}

// tail reads the inbox's newest statements from the feed. Nothing is kept for
// it: who looks at a new inbox looks at what the feed holds.
func (a *API) tail(ctx context.Context, in *tailRequest) (*answer[happenings], error) {
	inbox, _, err := a.inbox(in.ID)
	if err != nil {
		return nil, err
	}
	out := happenings{Items: []happening{}}
	if a.Statements == nil {
		return &answer[happenings]{out}, nil
	}
	out.Head = a.Statements.Head()
	cursor := a.Statements.From(max(in.After, out.Head-min(out.Head, tailReach)))
	ctx, cancel := context.WithTimeout(ctx, tailTime)
	defer cancel()
	for cursor.After() < out.Head {
		entries, err := cursor.Next(ctx)
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, feed.ErrBeyondEnd) {
			break // what was found until now is shown
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Err == nil && e.Value.Inbox == inbox.ID {
				out.Items = append(out.Items, shown(e.Seq, e.Value))
			}
		}
		if over := len(out.Items) - tailShown; over > 0 {
			out.Items = slices.Delete(out.Items, 0, over)
		}
	}
	slices.Reverse(out.Items)
	return &answer[happenings]{out}, nil
}

func shown(seq uint64, in *events.Inbound) happening {
	out := happening{
		Seq: seq, Type: in.Type, ProviderID: in.ProviderID, OccurredAt: in.OccurredAt, ReceivedAt: in.ReceivedAt,
		Direction: in.Direction, Sender: in.Sender.Name, Raw: in.Type == events.Unknown, Flags: in.Flags,
	}
	if out.Direction == "" {
		out.Direction = events.In
	}
	if out.Sender == "" && len(in.Sender.Points) > 0 {
		out.Sender = in.Sender.Points[0].Value
	}
	switch {
	case in.Message != nil && in.Message.Text == "" && len(in.Message.Attachments) > 0:
		out.Preview = events.Preview(in.Message.Attachments[0].Name)
	case in.Message != nil:
		out.Preview = events.Preview(in.Message.Subject + " " + in.Message.Text)
	case in.Call != nil:
		out.Preview = in.Call.Outcome
	case in.Delivery != nil:
		out.Preview = string(in.Delivery.Status)
	case in.Reaction != nil:
		out.Preview = events.Preview(in.Reaction.Emoji)
	case in.Purchase != nil:
		out.Preview = events.Preview(in.Purchase.Number + " " + in.Purchase.Total + " " + in.Purchase.Currency)
	}
	return out
}
