package channel_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// fetching is a channel whose provider fetches files: it keeps what it was asked
// to send.
type fetching struct {
	kind string
	got  []events.SendRequest
}

func (f *fetching) Kind() string                    { return f.kind }
func (*fetching) SecretNames(config.Inbox) []string { return nil }
func (*fetching) Check(*config.Inbox) error         { return nil }
func (f *fetching) Send(_ context.Context, _ config.Inbox, req events.SendRequest) (events.SendResult, error) {
	f.got = append(f.got, req)
	return events.SendResult{Outcome: events.Sent}, nil
}

type oneInbox struct{ config.Inbox }

func (o oneInbox) ByHook(string, string) (config.Inbox, bool) { return o.Inbox, true }
func (o oneInbox) ByID(events.InboxID) (config.Inbox, bool)   { return o.Inbox, true }
func (o oneInbox) List(string) []config.Inbox                 { return []config.Inbox{o.Inbox} }

type linker struct {
	private bool
	err     error
}

func (l *linker) Link(_ context.Context, m events.MessageID, a events.Attachment, private bool) (string, error) {
	l.private = private
	return "https://inbox.example.com/" + string(m) + "/" + a.Hash, l.err
}

// Where a provider fetches files, the outbox gives each of ours an address before
// the adapter sees it; where it cannot, the customer gets nothing and the agent
// is told why.
func TestOutboxGivesFilesAddresses(t *testing.T) {
	ours := events.Attachment{ID: "1", Name: "a.jpg", Type: "image/jpeg", Hash: "abc"}
	theirs := events.Attachment{ID: "2", Name: "b.jpg", Type: "image/jpeg", URL: "https://elsewhere.example/b.jpg"}
	for name, c := range map[string]struct {
		kind, settings string
		links          *linker
		want           events.SendOutcome
		code           string
		url            string
		private        bool
	}{
		"by link":               {"line", `{}`, &linker{}, events.Sent, "", "https://inbox.example.com/ms/abc", false},
		"by private link":       {"line", `{"allow_private":true}`, &linker{}, events.Sent, "", "https://inbox.example.com/ms/abc", true},
		"nobody makes links":    {"line", `{}`, nil, events.Rejected, events.CodeBadMedia, "", false},
		"no public address":     {"line", `{}`, &linker{err: channel.ErrNoAddress}, events.Rejected, events.CodeBadMedia, "", false},
		"not now":               {"line", `{}`, &linker{err: errors.New("no key")}, events.Retry, "", "", false},
		"by upload, no address": {"telegram", `{}`, nil, events.Sent, "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := testkit.NATS(t)
			nc := s.Conn(t)
			sender := &fetching{kind: c.kind}
			inbox := config.Inbox{ID: "in", Channel: c.kind, Settings: json.RawMessage(c.settings)}
			out := &channel.Outbox{Sender: sender, Inboxes: oneInbox{inbox}, Log: zerolog.Nop()}
			if c.links != nil {
				out.Links = c.links
			}
			ctx, stop := context.WithCancel(t.Context())
			ready, ended := make(chan struct{}), make(chan error, 1)
			go func() { ended <- out.Run(ctx, nc, func() { close(ready) }) }()
			<-ready
			req, err := json.Marshal(events.SendRequest{Inbox: "in", Message: events.Message{ID: "ms", Attachments: []events.Attachment{ours, theirs}}})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := nc.RequestWithContext(t.Context(), events.SendSubject(c.kind), req)
			if err != nil {
				t.Fatal(err)
			}
			stop()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			var result events.SendResult
			if err := json.Unmarshal(answer.Data, &result); err != nil || result.Outcome != c.want || result.Code != c.code || c.want != events.Sent && result.Detail == "" {
				t.Fatalf("the result is %+v, %v", result, err)
			}
			if c.want != events.Sent {
				if len(sender.got) != 0 {
					t.Error("the adapter was asked all the same")
				}
				return
			}
			files := sender.got[0].Message.Attachments
			if files[0].URL != c.url || files[1].URL != theirs.URL || c.links != nil && c.links.private != c.private {
				t.Errorf("the adapter got %+v (private %v)", files, c.links)
			}
		})
	}
}
