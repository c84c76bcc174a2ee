// Package whatsappfake is a WhatsApp business number that takes messages, for
// tests and the simulation. It keeps templates and files, knows customers whose
// window is closed, and answers with the errors that Meta documents.
package whatsappfake

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/graph/graphfake"
)

// Ids of the fake's number and business account.
const (
	Number  = "106540000000001"
	Account = "102290000000001"
	display = "15550783881"
)

// Unreachable is a customer without WhatsApp.
const Unreachable = "10000000000"

// Fake is the number.
type Fake struct {
	fake.Server
	graphfake.Windows
	count atomic.Int64

	mu        sync.Mutex // guards all below
	hook      string
	files     map[string]file
	templates []any
}

type file struct {
	kind, hash string
	bytes      []byte
}

// New makes a number that works.
func New() *Fake {
	f := &Fake{files: map[string]file{}}
	f.Take, f.Refuse = f.take, refuse
	return f
}

// Kind is "whatsapp".
func (*Fake) Kind() string { return "whatsapp" }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox that talks to the fake at api.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	return json.RawMessage(fmt.Sprintf(`{"phone_number_id":%q,"waba_id":%q,"api_url":%q,"allow_private":true}`, Number, Account, api)), graphfake.Secrets()
}

// Say tells of a customer's n-th message. A customer is a number of digits or a
// business-scoped user id.
func (f *Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	if !strings.Contains(customer, ".") { // a business-scoped id, such as KR.13491208655302741918, stays
		customer = fake.Number(customer)
	}
	return f.Tell(at, customer, map[string]any{"messages": []any{Text(customer, n, text, at)}})
}

// Press tells of a customer who presses a reply under a message, or picks it from
// the list there.
func (f *Fake) Press(m fake.Sent, n int, button events.QuickReply, at time.Time) fake.Request {
	kind := "button_reply"
	if len(m.Buttons) > 3 {
		kind = "list_reply"
	}
	said := map[string]any{
		"id": fmt.Sprintf("wamid.%s.%d", m.To, n), "timestamp": fmt.Sprint(at.Unix()), "type": "interactive", fromField(m.To): m.To,
		"context":     map[string]any{"from": display, "id": m.ID},
		"interactive": map[string]any{"type": kind, kind: map[string]any{"id": button.Value, "title": button.Label}},
	}
	return f.Tell(at, m.To, map[string]any{"messages": []any{said}})
}

// Text is one text message as it stands in a change.
func Text(customer string, n int, text string, at time.Time) map[string]any {
	m := map[string]any{"id": fmt.Sprintf("wamid.%s.%d", customer, n), "timestamp": fmt.Sprint(at.Unix()), "type": "text", "text": map[string]any{"body": text}}
	m[fromField(customer)] = customer
	return m
}

// Tell is a signed change of the field messages.
func (f *Fake) Tell(at time.Time, customer string, said map[string]any) fake.Request {
	return f.Change("messages", at, customer, said)
}

// Change is a signed change of any field, about this number.
func (*Fake) Change(field string, at time.Time, customer string, said map[string]any) fake.Request {
	value := map[string]any{
		"messaging_product": "whatsapp", "metadata": map[string]any{"display_phone_number": display, "phone_number_id": Number},
	}
	if customer != "" {
		contact := map[string]any{"profile": map[string]any{"name": "Customer " + customer}}
		contact[map[bool]string{true: "user_id", false: "wa_id"}[scoped(customer)]] = customer
		value["contacts"] = []any{contact}
	}
	for name, v := range said {
		value[name] = v
	}
	return graphfake.Envelope("whatsapp_business_account", Account, "changes", at, map[string]any{"field": field, "value": value})
}

// Status tells how far a message has come.
func (f *Fake) Status(s fake.Sent, status string, at time.Time, errors ...any) fake.Request {
	item := map[string]any{"id": s.ID, "status": status, "timestamp": fmt.Sprint(at.Unix()), "recipient_id": s.To}
	if s.Key != "" {
		item["biz_opaque_callback_data"] = s.Key
	}
	if len(errors) > 0 {
		item["errors"] = errors
	}
	return f.Tell(at, "", map[string]any{"statuses": []any{item}})
}

// Keep stores a file that a customer sent, under an id.
func (f *Fake) Keep(id, kind, hash string, bytes []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[id] = file{kind, hash, bytes}
}

// Approve lists a template, in the form in which the API lists it.
func (f *Fake) Approve(templates ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.templates = append(f.templates, templates...)
}

// Hook is where the number reports to.
func (f *Fake) Hook() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hook
}

func scoped(customer string) bool { return len(customer) > 2 && customer[2] == '.' }

func fromField(customer string) string {
	if scoped(customer) {
		return "from_user_id"
	}
	return "from"
}
