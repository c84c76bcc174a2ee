package exchange

import (
	"encoding/json"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/phone/calls"
)

// Poster is a source whose exchange posts legs over HTTP. ReceiveLegs verifies
// and reads a request as channel.Receiver does; kept are records that could not
// be read. The reply is given once all of it is stored durably.
type Poster interface {
	channel.Adapter
	ReceiveLegs(inbox config.Inbox, req *channel.Request) (legs []calls.Leg, kept []*events.Inbound, reply channel.Reply, err error)
}

// Region is the region in an inbox's settings.
func Region(inbox config.Inbox) string {
	c := Common{}
	_ = json.Unmarshal(inbox.Settings, &c) // settings were checked when they were written
	if c.Region == "" {
		return "KR"
	}
	return c.Region
}

// Alone states each leg as a call of its own, for whoever runs a [Poster]
// without a store of legs.
func Alone(inbox config.Inbox, legs []calls.Leg, now time.Time) []*events.Inbound {
	var out []*events.Inbound
	for _, l := range legs {
		if in := Statement(inbox, Region(inbox), calls.FoldAll([]calls.Leg{l}), now); in != nil {
			out = append(out, in)
		}
	}
	return out
}
