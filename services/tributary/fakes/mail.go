package fakes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
	"github.com/tributary-inbox/tributary/services/email/mailgun/mailgunfake"
	"github.com/tributary-inbox/tributary/services/email/postmark/postmarkfake"
	"github.com/tributary-inbox/tributary/services/email/sendgrid/sendgridfake"
)

// MailDoors makes one of each mail provider that posts, as whoever checks a door
// needs it: named by the provider, and without a relay. SES is not among them:
// its inboxes ask a running provider for the certificate.
func MailDoors() []fake.Provider {
	return []fake.Provider{mailDoor{mailgunfake.New()}, mailDoor{postmarkfake.New()}, mailDoor{sendgridfake.New()}}
}

// Channel is the channel of an inbox that a fake of [All], [Telling] or
// [MailDoors] serves.
func Channel(p fake.Provider) string {
	if _, mail := p.(mailDoor); mail {
		return "email"
	}
	return p.Kind()
}

// address is that of every inbox behind a mail door.
const address = "help@conformance.example"

type mailDoor struct{ mailfake.Poster }

// Kind is the provider's name.
func (d mailDoor) Kind() string { return d.Name() }

// Settings are those of an inbox that takes mail and sends none by a relay of its
// own.
func (d mailDoor) Settings(string, string) (json.RawMessage, map[string]string) {
	plain, secrets := d.Poster.Settings(address)
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(plain, &all); err != nil {
		panic(err) // the fake has just encoded it
	}
	delete(all, "relay")
	delete(secrets, "relay_password")
	plain, err := json.Marshal(all)
	if err != nil {
		panic(err) // it was just decoded
	}
	return plain, secrets
}

// Say is the request that tells of a customer's mail.
func (d mailDoor) Say(customer string, n int, text string, at time.Time) fake.Request {
	return d.Hook(mailfake.Letter{
		From: customer + "@customers.example", To: address, Subject: "A question", Text: text, ID: fmt.Sprintf("%s-%d@customers.example", customer, n), At: at,
	}, at)
}

// ServeHTTP serves nothing: a door is all there is.
func (mailDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
