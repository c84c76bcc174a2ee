// Package callfake is what the fakes of telephone exchanges have in common: a
// call as it happened, and the interface by which the simulation and tests have
// any of them tell of it. A fake stands beside its source and behaves as that
// exchange does: some post, some are listened to, some leave files.
//
// It is no part of the road itself: nothing that serves customers imports it.
package callfake

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// Call is a call that is over. ID names it, for ever and within one fake; it is
// made of letters, digits and hyphens. Customer is their number in E.164, empty
// where they withheld it. Start counts in whole seconds, as exchanges do.
type Call struct {
	ID        string
	Direction events.Direction
	Customer  string
	Name      string // what the network shows of an inbound caller
	Start     time.Time
	Ring      time.Duration
	// Talk is nought where no person took the call.
	Talk time.Duration
	// Voicemail is what the caller said into the box; empty where they did not.
	// Fakes of exchanges that write nothing down leave it out.
	Voicemail string
}

// Answered reports whether a person took the call.
func (c Call) Answered() bool { return c.Talk > 0 }

// Answer is when it was taken, End when it was over.
func (c Call) Answer() time.Time { return c.Start.Add(c.Ring) }

// End is when the call was over.
func (c Call) End() time.Time { return c.Start.Add(c.Ring + c.Talk) }

// The numbers of the house: what customers call, and the telephone that rings.
const (
	Own       = "+82215881234"
	Extension = "101"
)

// National is a Korean number as it is dialled within the country.
func National(number string) string {
	if rest, ok := strings.CutPrefix(number, "+82"); ok {
		return "0" + rest
	}
	return number
}

// Ends are who called whom, as an exchange in Korea writes it: our side is own
// where a customer called and the extension where we did.
func (c Call) Ends(own string) (from, to string) {
	if c.Direction == events.Out {
		return Extension, National(c.Customer)
	}
	return National(c.Customer), own
}

// Exchange is a fake of a telephone exchange. One that is asked over HTTP or
// serves recordings is an http.Handler, too, and one that is connected to is an
// [Opener].
type Exchange interface {
	// Kind is that of the channel.
	Kind() string
	// Settings are those of an inbox that reads the fake at api, a URL without a
	// slash at the end, and whose hook answers at hook.
	Settings(api, hook string) (settings json.RawMessage, secrets map[string]string)
	// Tell says all there is to say of a call. Post brings a request to the
	// inbox's hook and fails where it is not taken; a fake that is listened to
	// waits until somebody does. Told again, it says the same.
	Tell(ctx context.Context, c Call, post func(context.Context, fake.Request) error) error
	// CallID is what the inbox knows the call by.
	CallID(c Call) string
}

// Opener is a fake with a socket of its own, at which nobody answers before Open.
// Close ends every connection.
type Opener interface {
	Open() error
	Close() error
}
