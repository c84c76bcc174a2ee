package e2e

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance/door"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/email/imap/imapfake"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
	"github.com/tributary-inbox/tributary/services/email/vouch/dnstest"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/fakes"
)

// postbox is one mail provider at work, and the inbox that it serves.
type postbox struct {
	mailfake.Provider
	in      *rig.Server
	inbox   rig.Inbox
	address string
	opened  time.Time
}

func openPost(t *testing.T, in *rig.Server, admin *rig.Agent, p mailfake.Provider) *postbox {
	t.Helper()
	must(t, p.Open())
	t.Cleanup(func() { _ = p.Close() })
	address := p.Name() + "@help.example"
	settings, err := mailfake.Filled(p, address)
	must(t, err)
	return &postbox{p, in, admin.Inbox("email", p.Name(), settings), address, time.Now()}
}

// say has a customer write a mail.
func (p *postbox) say(t *testing.T, from string, n int, text string) {
	t.Helper()
	l := mailfake.Letter{
		From: from, To: p.address, Subject: "Question by " + p.Name(), Text: text, ID: fmt.Sprintf("%s-%d-%s", p.Name(), n, from), At: p.opened, // told twice it is the same mail
	}
	must(t, p.Tell(t.Context(), p.in.URL(p.inbox.HookPath), l))
}

// taken counts the mails with a text that the provider's relay took.
func (p *postbox) taken(text string) (n int) {
	for _, m := range p.State().Sent() {
		if strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

// TestEveryMailProvider is the road of each way in for mail, and back through the
// provider's relay: once in though it is told twice, once out, threaded, and
// what the provider tells of the answer is shown on it.
func TestEveryMailProvider(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	for _, f := range fakes.Mail() {
		t.Run(f.Name(), func(t *testing.T) {
			p := openPost(t, &in.Server, admin, f)
			customer, asked := p.Name()+"@customers.example", "does "+p.Name()+" reach you?"
			p.say(t, customer, 1, asked)
			p.say(t, customer, 1, asked)
			c := find(t, admin, asked)
			n := 0
			for _, m := range admin.Messages(c.ID) {
				if strings.Contains(m.Text, asked) {
					n++
				}
			}
			if n != 1 {
				t.Errorf("said once, told twice, stands %d times", n)
			}
			text := "yes, by " + p.Name()
			answer := admin.Reply(c.ID, "email", text, "m-"+p.Name())
			rig.Eventually(t, func() error {
				if got := p.taken(text); got != 1 {
					return fmt.Errorf("the relay took the answer %d times", got)
				}
				return nil
			})
			admin.AwaitStatus(c.ID, answer.ID, events.StatusSent)
			mail := p.Taken()[0]
			if want := "In-Reply-To: <" + fmt.Sprintf("%s-1-%s", p.Name(), customer) + ">"; !strings.Contains(string(mail.Raw), want) || mail.To != customer || mail.From != p.address {
				t.Errorf("the answer went from %s to %s without %q:\n%s", mail.From, mail.To, want, mail.Raw)
			}
			if r, ok := f.(mailfake.Reporter); ok {
				must(t, mailfake.Post(t.Context(), in.URL(p.inbox.HookPath), r.Report(mailfake.Delivered, mail, time.Now()), func(int) bool { return false }))
				admin.AwaitStatus(c.ID, answer.ID, events.StatusDelivered)
				must(t, mailfake.Post(t.Context(), in.URL(p.inbox.HookPath), r.Report(mailfake.Opened, mail, time.Now()), func(int) bool { return false }))
				admin.AwaitStatus(c.ID, answer.ID, events.StatusRead)
			}
			var tried struct {
				OK     bool   `json:"ok"`
				Detail string `json:"detail"`
			}
			admin.Call(http.MethodPost, "/inboxes/"+string(p.inbox.ID)+"/test", nil, http.StatusOK, &tried)
			if !tried.OK {
				t.Errorf("credentials that work are refused: %s", tried.Detail)
			}
		})
	}
}

// TestTroubledRelays has a provider's relay misbehave in turn: an answer reaches
// the customer once it is well again, or is shown as one whose end nobody knows;
// it never leaves twice.
func TestTroubledRelays(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	p := openPost(t, &in.Server, admin, fakes.Mail()[1])
	for n, mode := range []fake.Mode{fake.Down, fake.Swallow, fake.Garbage} {
		asked := fmt.Sprintf("mail in mood %d", mode)
		p.say(t, fmt.Sprintf("mood%d@customers.example", mode), n, asked)
		c := find(t, admin, asked)
		p.State().Set(mode)
		text := "answer to " + asked
		answer := admin.Reply(c.ID, "email", text, fmt.Sprintf("r-%d", mode))
		rig.Eventually(t, func() error {
			for _, m := range admin.Messages(c.ID) {
				if m.ID != answer.ID {
					continue
				}
				got := p.taken(text)
				switch {
				case m.Status == events.StatusSent && got == 1, m.Status == events.StatusUnknown && got <= 1 && mode != fake.Down:
					return nil
				case mode == fake.Down:
					p.State().Set(fake.Works)
				}
				return fmt.Errorf("mood %d: status %s %s, taken %d times", mode, m.Status, m.StatusDetail, got)
			}
			return fmt.Errorf("mood %d: no answer", mode)
		})
		p.State().Set(fake.Works)
	}
}

// TestRefusedMailboxSuspends has the mailbox's password changed under us: the
// inbox is suspended and says why; resumed, it fetches the mail that waited.
func TestRefusedMailboxSuspends(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	box := imapfake.New()
	box.Refuse(true)
	p := openPost(t, &in.Server, admin, box)
	p.say(t, "jane@customers.example", 1, "did the password change?")
	var health struct {
		Suspended bool   `json:"suspended"`
		Reason    string `json:"reason"`
	}
	rig.Eventually(t, func() error {
		admin.Call(http.MethodGet, "/inboxes/"+string(p.inbox.ID)+"/health", nil, http.StatusOK, &health)
		if !health.Suspended || !strings.Contains(health.Reason, "refuses the credentials") {
			return fmt.Errorf("not suspended: %+v", health)
		}
		return nil
	})
	box.Refuse(false)
	admin.Call(http.MethodPost, "/inboxes/"+string(p.inbox.ID)+"/resume", nil, http.StatusOK, nil)
	find(t, admin, "did the password change?")
}

// TestMailIsProvedByItsDomain has the program ask a resolver: mail that its
// domain signed comes from a proved sender, the same mail changed on the way and
// mail of a domain that nobody answers for do not, and all of them are stored.
func TestMailIsProvedByItsDomain(t *testing.T) {
	t.Parallel() // it mostly waits
	public, private, err := ed25519.GenerateKey(nil)
	must(t, err)
	dns := dnstest.New(t, dnstest.Zone{TXT: map[string][]string{
		"s1._domainkey.customers.example": {"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)},
		"_dmarc.customers.example":        {"v=DMARC1; p=reject"},
	}})
	dns.Slow("dead.example")
	settings := rig.Settings(t.TempDir())
	settings.MailDNS = dns.Addr
	in := rig.Run(t, settings)
	admin := in.Admin(t)
	admin.Inbox("email", "help", map[string]any{"address": "help@tributary.example"})
	for n, c := range []struct {
		domain, said, arrives string
		proved                bool
		flag                  string
	}{
		{"customers.example", "signed by its domain", "signed by its domain", true, "dmarc-pass"},
		{"customers.example", "changed on the way", "changed by a thief", false, "dmarc-fail"},
		{"dead.example", "of a domain without servers", "of a domain without servers", false, "dmarc-temperror"},
	} {
		from := fmt.Sprintf("c%d@%s", n, c.domain)
		letter := rig.Letter{From: from, To: "help@tributary.example", Subject: "Hello", ID: fmt.Sprintf("p%d@%s", n, c.domain), Text: c.said}.Bytes()
		var signed bytes.Buffer
		must(t, dkim.Sign(&signed, bytes.NewReader(letter), &dkim.SignOptions{Domain: c.domain, Selector: "s1", Signer: private}))
		raw := bytes.ReplaceAll(signed.Bytes(), []byte(c.said), []byte(c.arrives))
		must(t, in.TryMail(from, "help@tributary.example", raw))
		conversation := find(t, admin, c.arrives)
		m := admin.Messages(conversation.ID)[0]
		if unverified := m.HasFlag("unverified"); unverified == c.proved || !m.HasFlag(c.flag) {
			t.Errorf("mail %q: flags %v", c.arrives, m.Flags)
		}
	}
}

// TestDoorsOfMailProviders holds the hooks of mail inboxes to what their
// providers expect, as the program's own check does from outside.
func TestDoorsOfMailProviders(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	for _, p := range fakes.MailDoors() {
		t.Run(p.Kind(), func(t *testing.T) {
			settings, err := fake.Filled(p, "", "")
			must(t, err)
			inbox := admin.Inbox(fakes.Channel(p), p.Kind(), settings)
			// They all receive for one address, which is one inbox's at a time.
			defer admin.Call(http.MethodDelete, "/inboxes/"+string(inbox.ID), nil, http.StatusNoContent, nil)
			findings := door.Check(t.Context(), door.URL(in.URL(inbox.HookPath)), door.Provider{Signed: fakes.Signed(p.Kind()), Message: func(n int) door.Call {
				return p.Say("door", n, fmt.Sprintf("knock %d", n), time.Now())
			}})
			for _, f := range findings {
				if f.Err != nil {
					t.Errorf("%s: %v", f.Check, f.Err)
				}
			}
			if len(findings) == 0 {
				t.Error("nothing was checked")
			}
		})
	}
}
