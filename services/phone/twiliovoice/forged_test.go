package twiliovoice_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/phone/twiliovoice"
)

// TestForgedCallbacksAreRefused changes what proves a callback. Twilio's proof
// has no time; it is over the address, the query and the fields.
func TestForgedCallbacksAreRefused(t *testing.T) {
	const fields = "CallSid=" + parent + "&CallStatus=completed&CallDuration=4" + ends
	empty, err := url.ParseQuery(fields)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*channel.Request){
		"changed body": func(r *channel.Request) { r.Body = append(r.Body, "&CallDuration=400"...) },
		"missing":      func(r *channel.Request) { r.Header.Del(signature.TwilioHeader) },
		"empty":        func(r *channel.Request) { r.Header.Set(signature.TwilioHeader, "") },
		"truncated": func(r *channel.Request) {
			r.Header.Set(signature.TwilioHeader, r.Header.Get(signature.TwilioHeader)[:20])
		},
		"of an empty token": func(r *channel.Request) {
			r.Header.Set(signature.TwilioHeader, signature.SignTwilio("", hook+"?step=dialled", empty))
		},
		"for another step": func(r *channel.Request) { r.URL.RawQuery = "step=recorded" },
	} {
		req := post("dialled", 4, fields)
		change(req)
		legs, kept, _, err := twiliovoice.New(nil).ReceiveLegs(inbox(t, ""), req)
		var refusal *channel.Refusal
		if !errors.As(err, &refusal) || refusal.Status != http.StatusUnauthorized || len(legs)+len(kept) != 0 {
			t.Errorf("%s: %v, %d legs, %d kept", name, err, len(legs), len(kept))
		}
	}
}
