package simulate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/line/linefake"
	"github.com/tributary-inbox/tributary/services/social/telegram/telegramfake"
	"github.com/tributary-inbox/tributary/services/social/whatsapp/whatsappfake"
	"github.com/tributary-inbox/tributary/services/tributary/fakes"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// A short simulation of the whole program: mail, webhook and chat, agents at
// work, and books that balance.
func TestSimulationBalances(t *testing.T) {
	h := run(t)
	o := Options{
		URL: "http://" + h.HTTPAddr(), SMTP: h.SMTPAddr(), Email: "admin@tributary.example", Password: "a long enough password",
		Providers: []fake.Provider{telegramfake.New(), linefake.New(), whatsappfake.New()},
		Mail:      fakes.Mail(),
		Customers: 40, Agents: 2, Rate: 50, Duration: 3 * time.Second, Seed: 7,
	}
	var out bytes.Buffer
	for {
		out.Reset()
		if err := Run(t.Context(), o, &out); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		// On a slow machine two agents may get to no answer in so short a time.
		if strings.Contains(out.String(), "answer") || o.Duration > 30*time.Second {
			break
		}
		o.Duration *= 2
	}
	for _, want := range []string{"webhook", "email", "webchat", "answer", "telegram", "line", "whatsapp", "imap", "sendgrid", "mailgun", "postmark", "ses", "0 messages missing, 0 more than once"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not speak of %q:\n%s", want, out.String())
		}
	}
}

// A second run takes over the accounts at providers that the first one used: an account
// is one inbox's at a time.
func TestASimulationAfterAnother(t *testing.T) {
	h := run(t)
	o := Options{
		URL: "http://" + h.HTTPAddr(), SMTP: h.SMTPAddr(), Email: "admin@tributary.example", Password: "a long enough password",
		Customers: 5, Agents: 1, Rate: 20, Duration: time.Second, Seed: 1,
	}
	for range 2 {
		o.Providers, o.Mail = []fake.Provider{telegramfake.New(), whatsappfake.New()}, fakes.Mail()
		var out bytes.Buffer
		if err := Run(t.Context(), o, &out); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
	}
}

func run(t *testing.T) *house.House {
	t.Helper()
	s := house.Settings{
		Data: t.TempDir(), Listen: "127.0.0.1:0", SMTPListen: "127.0.0.1:0", SMTPRelayTLS: "none", SMTPHostname: "localhost", SMTPMaxBytes: 1 << 20, MailDNS: "off",
		Replicas: 1, LogFormat: "json", LogLevel: "error", KeepInbound: time.Hour, AdminEmail: "admin@tributary.example", AdminPassword: "a long enough password",
	}
	h, err := house.Build(t.Context(), s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- h.Run(ctx, io.Discard) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ran, h.Close()); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-h.Ready():
	case <-time.After(time.Minute):
		t.Fatal("not ready within a minute")
	}
	return h
}

// What is missing and what stands twice is found; a message that nobody
// acknowledged may be there or not.
func TestBooksFindWhatIsWrong(t *testing.T) {
	w := &world{books: newBooks(), say: func(string, ...any) {}}
	for _, m := range []string{"[r-1]", "[r-2]", "[r-3]", "[r-4]"} {
		w.books.send(m, "webhook")
	}
	w.books.ack("[r-1]")
	w.books.ack("[r-2]")
	w.books.ack("[r-3]")
	missing, doubled := w.compare(map[string]int{"[r-1]": 1, "[r-3]": 2})
	if missing != 1 || doubled != 1 {
		t.Errorf("%d missing and %d doubled, want one of each", missing, doubled)
	}
}

func TestMarks(t *testing.T) {
	m := mark("run", 7)
	if got := findMark("Hello "+m+" and\n> "+mark("run", 3), "run"); got != m {
		t.Errorf("found %q, want the author's own %q", got, m)
	}
	for _, text := range []string{"", "no mark", "[run-", "[other-1]"} {
		if got := findMark(text, "run"); got != "" {
			t.Errorf("found %q in %q", got, text)
		}
	}
}

// The tide keeps the rate on the whole, and is neither flat nor endless.
func TestTideKeepsTheRate(t *testing.T) {
	const rate, length = 200.0, time.Minute
	var total int
	for seed := range uint64(20) {
		tide, last := newTide(rate, length, rand.New(rand.NewPCG(seed, 0))), time.Duration(0)
		for {
			at, ok := tide.next()
			if !ok {
				break
			}
			if at < last || at >= length {
				t.Fatalf("moment %v after %v", at, last)
			}
			last = at
			total++
		}
	}
	if want := 20 * rate * length.Seconds(); math.Abs(float64(total)-want) > want/5 {
		t.Errorf("%d messages, want about %.0f", total, want)
	}
}
