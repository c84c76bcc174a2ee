// Package threecxfake is a 3CX exchange whose passive socket gives records to
// whoever connects, for tests and the simulation. The same records can be had as
// lines of the file that it writes beside it.
package threecxfake

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
	"github.com/tributary-inbox/tributary/services/phone/threecx"
)

// Fake is the exchange. Open it before anybody can connect.
type Fake struct{ callfake.Socket }

// New makes an exchange.
func New() *Fake { return &Fake{} }

// Kind is "threecx".
func (*Fake) Kind() string { return threecx.Kind }

// Settings are those of an inbox that connects to the exchange's socket.
func (f *Fake) Settings(string, string) (json.RawMessage, map[string]string) {
	return json.RawMessage(fmt.Sprintf(`{"zone":"Asia/Seoul","settle":"20ms","own_numbers":[%q],"connect":%q,"allow_private":true}`, callfake.Own, f.Address())), nil
}

// Tell writes the call's record to the socket.
func (f *Fake) Tell(ctx context.Context, c callfake.Call, _ func(context.Context, fake.Request) error) error {
	return f.Say(ctx, Line(c))
}

// CallID is the callid.
func (*Fake) CallID(c callfake.Call) string { return c.ID }

var seoul = time.FixedZone("KST", 9*60*60)

// Line is the call's record, with all documented fields and a line break.
func Line(c callfake.Call) string {
	at := func(t time.Time) string { return t.In(seoul).Format("2006/01/02 15:04:05") }
	from, to := callfake.National(c.Customer), "Ext."+callfake.Extension
	if from == "" {
		from = "anonymous"
	}
	fromDN, toDN, dial := "10000", callfake.Extension, ""
	fromType, toType, finalType, agent := "ExternalLine", "Extension", "Extension", callfake.Extension
	if c.Direction == events.Out {
		from, to, fromDN, toDN, dial = to, from, toDN, fromDN, from
		fromType, toType, finalType, agent = "Extension", "ExternalLine", "ExternalLine", ""
	}
	answered, talk, reason := "", time.Duration(0), "NoAnswer"
	switch {
	case c.Answered():
		answered, talk, reason = at(c.Answer()), c.Talk, "TerminatedBySrc"
	case c.Voicemail != "":
		answered, talk, reason, finalType, agent = at(c.Answer()), 10*time.Second, "TerminatedBySrc", "VoiceMail", "999"
	}
	end := c.Answer().Add(talk)
	length := fmt.Sprintf("%02d:%02d:%02d", int(talk.Hours()), int(talk.Minutes())%60, int(talk.Seconds())%60)
	fields := []string{
		"Call " + c.ID, c.ID, length, at(c.Start), answered, at(end), reason, from, to, fromDN, toDN, dial, "", agent, agent, "", "", "", "",
		"Chain: " + from + ";" + to, fromType, toType, finalType, strings.ReplaceAll(c.Name, ",", " "), "", "", "",
	}
	return strings.Join(fields, ",") + "\r\n"
}
