// Package fakes lists the fakes of providers that stand beside the adapters, for
// the tools that need all of them: the simulation, the check of doors, and the
// tests of the whole road.
package fakes

import (
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// All makes one of each. They share nothing and serve nothing yet.
func All() []fake.Provider {
	return []fake.Provider{}
}

// signed are the channels whose provider proves the body of what it posts. The
// others prove an address or a header, or nothing.
var signed = map[string]bool{
	"messenger": true, "instagram": true, "whatsapp": true, "line": true, "slack": true, "x": true, "viber": true, "discord": true, "zalo": true,
	"twilio": true, "vonage": true, "shopify": true,
}

// Signed reports whether a channel's requests carry a proof over their body.
func Signed(kind string) bool { return signed[kind] }

// oneWay are channels that only tell: nothing is answered there.
var oneWay = map[string]bool{
	"shopify": true, "shop": true, "twiliovoice": true, "vonagevoice": true,
}

// OneWay reports whether nothing can be sent on a channel.
func OneWay(kind string) bool { return oneWay[kind] }
