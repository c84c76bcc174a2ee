package graph

import (
	"encoding/json"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// kinds are the channels that read each kind of object. One Meta app has one
// address and one secret for all of them: Meta, "Webhooks, getting started".
var kinds = map[string]string{"page": "messenger", "instagram": "instagram", "whatsapp_business_account": "whatsapp"}

// owner is the account that an item is of, and the kind of channel that reads
// it; empty for what cannot be told. Pages and professional accounts stand in the
// entry, a WhatsApp number within the change.
func (it Item) owner() channel.Account {
	a := channel.Account{Kind: kinds[it.Object], Name: string(it.Account)}
	if it.Object != "whatsapp_business_account" {
		return a
	}
	var v struct {
		Metadata struct {
			Number ID `json:"phone_number_id"`
		} `json:"metadata"`
	}
	if json.Unmarshal(it.Value, &v) != nil {
		return channel.Account{}
	}
	a.Name = string(v.Metadata.Number)
	return a
}

// Elsewhere reports whether an item is of another account than the inbox's, and
// states it raw then, marked for the inbox that has the account.
func Elsewhere(inbox config.Inbox, it Item, account string, received time.Time) (*events.Inbound, bool) {
	owner := it.owner()
	if owner.Name == "" || owner.Kind == inbox.Channel && owner.Name == account || it.Odd != "" && it.Odd != "foreign-object" {
		return nil, false
	}
	in := Keep(inbox, it, received, channel.FlagForeign)
	channel.Meant(in, owner)
	return in, true
}
