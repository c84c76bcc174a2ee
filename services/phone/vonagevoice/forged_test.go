package vonagevoice_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/phone/vonagevoice"
)

// TestForgedEventsAreRefused changes what proves an event. One without a proof is
// asked for again; any other is refused.
func TestForgedEventsAreRefused(t *testing.T) {
	const header = "Authorization"
	for name, c := range map[string]struct {
		status int
		change func(*channel.Request)
	}{
		"missing":      {http.StatusServiceUnavailable, func(r *channel.Request) { r.Header.Del(header) }},
		"empty":        {http.StatusServiceUnavailable, func(r *channel.Request) { r.Header.Set(header, "") }},
		"only a word":  {http.StatusUnauthorized, func(r *channel.Request) { r.Header.Set(header, "Bearer x") }},
		"changed body": {http.StatusUnauthorized, func(r *channel.Request) { r.Body[len(r.Body)/2] ^= 1 }},
		"body cut":     {http.StatusUnauthorized, func(r *channel.Request) { r.Body = r.Body[:len(r.Body)-1] }},
		"truncated": {http.StatusUnauthorized, func(r *channel.Request) {
			r.Header.Set(header, r.Header.Get(header)[:len(r.Header.Get(header))-4])
		}},
		"too old":     {http.StatusUnauthorized, func(r *channel.Request) { r.At = r.At.Add(30 * time.Hour) }},
		"yet to come": {http.StatusUnauthorized, func(r *channel.Request) { r.At = r.At.Add(-time.Hour) }},
	} {
		req := told("l1", "inbound", "447700900001", "completed", 0, 60)
		c.change(req)
		legs, kept, _, err := vonagevoice.New(nil).ReceiveLegs(inbox(t), req)
		var refusal *channel.Refusal
		if !errors.As(err, &refusal) || refusal.Status != c.status || len(legs)+len(kept) != 0 {
			t.Errorf("%s: %v, %d legs, %d kept; want status %d", name, err, len(legs), len(kept), c.status)
		}
	}
}
