package instagram

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// comments reads the changes of the account: Meta, "Instagram webhook examples".
type comments struct{ account string }

type comment struct {
	ID   graph.ID `json:"id"`
	Text string   `json:"text"`
	From *struct {
		ID       graph.ID `json:"id"`
		Username string   `json:"username"`
	} `json:"from"`
	Parent graph.ID `json:"parent_id"`
	Media  struct {
		ID graph.ID `json:"id"`
	} `json:"media"`
}

// read makes a message of a comment; nil keeps the change raw. One without its
// writer cannot be answered. A comment of the account itself names no customer:
// it confirms the reply that was sent under its id.
func (c comments) read(inbox config.Inbox, item graph.Item, received time.Time) *events.Inbound {
	if item.Field != "comments" && item.Field != "live_comments" {
		return nil
	}
	var v comment
	if json.Unmarshal(item.Value, &v) != nil || v.ID == "" || v.Text == "" {
		return nil
	}
	if v.From == nil || v.From.ID == "" {
		return nil
	}
	if string(v.From.ID) == c.account {
		in := graph.Keep(inbox, item, received)
		in.Type, in.ProviderID, in.Flags = events.DeliveryReported, "comment:"+string(v.ID), []string{"own-comment"}
		in.Delivery = &events.Delivery{ProviderIDs: []string{string(v.ID)}, Status: events.StatusSent}
		return in
	}
	in := graph.State(inbox, events.MessageReceived, string(v.ID), received)
	if !item.At.IsZero() {
		in.OccurredAt = item.At
	}
	in.Sender = events.Sender{
		Points: []events.Point{{Kind: Kind, Value: string(v.From.ID), Scope: c.account, Trust: events.Proved}},
		Name:   graph.Cut(v.From.Username, 256),
	}
	if v.From.Username != "" {
		in.Sender.Attributes = map[string]string{"username": graph.Attribute(v.From.Username)}
	}
	in.Message = &events.ReceivedMessage{Text: v.Text, Thread: string(v.Media.ID)}
	if v.Parent != "" {
		in.Message.InReplyTo = []string{string(v.Parent)}
	}
	in.Flags = []string{"comment"}
	return in
}

// commentOf is the comment that an answer goes to: the newest id of the talk that
// is a comment's, which are digits, where the talk stands under a medium. Direct
// messages have no thread.
func commentOf(t events.Thread) string {
	if t.Key == "" {
		return ""
	}
	for i := len(t.References) - 1; i >= 0; i-- {
		if id := t.References[i]; id != "" && strings.Trim(id, "0123456789") == "" {
			return id
		}
	}
	return ""
}
