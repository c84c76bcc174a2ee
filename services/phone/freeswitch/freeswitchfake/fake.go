// Package freeswitchfake is a FreeSWITCH exchange with mod_json_cdr, for tests
// and the simulation: it posts a record of each leg with its password, percent-
// encodes the values as the module does by default, and tries again what was not
// taken.
package freeswitchfake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
	"github.com/tributary-inbox/tributary/services/phone/freeswitch"
)

// The cred parameter of the module.
const (
	User     = "tributary"
	Password = "fake-json-cdr-password"
)

// Fake is the exchange. Nothing can be asked of it.
type Fake struct{ fake.Server }

// New makes an exchange.
func New() *Fake {
	f := &Fake{}
	f.Take = func(w http.ResponseWriter, _ *http.Request, _ []byte) *fake.Sent {
		w.WriteHeader(http.StatusNotFound)
		return nil
	}
	return f
}

// Kind is "freeswitch".
func (*Fake) Kind() string { return freeswitch.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox that the exchange posts to.
func (*Fake) Settings(string, string) (json.RawMessage, map[string]string) {
	return json.RawMessage(fmt.Sprintf(`{"settle":"20ms","user":%q,"own_numbers":[%q]}`, User, callfake.Own)), map[string]string{freeswitch.SecretPassword: Password}
}

// Say tells of a customer's n-th call, which nobody took; the network shows text
// as the caller's name.
func (f *Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	return Legs(callfake.Call{ID: fmt.Sprintf("%s-%d", customer, n), Direction: events.In, Customer: "+" + fake.Number(customer), Name: text, Start: at.Add(-20 * time.Second), Ring: 20 * time.Second})[0]
}

// Tell posts the legs, the last to end first.
func (*Fake) Tell(ctx context.Context, c callfake.Call, post func(context.Context, fake.Request) error) error {
	for _, r := range Legs(c) {
		if err := post(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// CallID is the uuid of the leg that began the call.
func (*Fake) CallID(c callfake.Call) string { return c.ID }

// Legs are the posts of a call: that of the far telephone, where one was rung,
// and that of the caller's own leg.
func Legs(c callfake.Call) []fake.Request {
	from, to := c.Ends(callfake.National(callfake.Own))
	if from == "" {
		from = "anonymous"
	}
	answer, cause, app, peer := time.Time{}, "ORIGINATOR_CANCEL", "bridge", ""
	end := c.End()
	switch {
	case c.Answered():
		answer, cause, peer = c.Answer(), "NORMAL_CLEARING", c.ID+"-b"
	case c.Voicemail != "":
		answer, cause, app, end = c.Answer(), "NORMAL_CLEARING", "voicemail", end.Add(10*time.Second)
	}
	own := map[string]string{
		"uuid": c.ID, "call_uuid": c.ID, "direction": "inbound", "caller_id_name": c.Name, "caller_id_number": from, "destination_number": to,
		"start_uepoch": micro(c.Start), "answer_uepoch": micro(answer), "end_uepoch": micro(end), "hangup_cause": cause, "last_app": app, "bridge_uuid": peer,
	}
	if peer == "" {
		return []fake.Request{post(own)}
	}
	rung := callfake.Extension
	if c.Direction == events.Out {
		rung = to
	}
	return []fake.Request{post(map[string]string{
		"uuid": peer, "call_uuid": c.ID, "direction": "outbound", "caller_id_name": c.Name, "caller_id_number": from, "destination_number": rung,
		"start_uepoch": micro(c.Start), "answer_uepoch": micro(answer), "end_uepoch": micro(end), "hangup_cause": cause, "bridge_uuid": c.ID,
	}), post(own)}
}

// micro is how the module writes times; one that never was is 0.
func micro(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMicro(), 10)
}

func post(variables map[string]string) fake.Request {
	for name, value := range variables {
		variables[name] = strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	}
	body, _ := json.Marshal(map[string]any{"core-uuid": "fake", "switchname": "fake", "variables": variables}) // plain values always encode
	h := http.Header{"Content-Type": {"application/json"}}
	(&http.Request{Header: h}).SetBasicAuth(User, Password)
	return fake.Request{Query: "uuid=" + variables["uuid"], Header: h, Body: body}
}
