package whatsapp_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/graph/graphtest"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/whatsapp"
	"github.com/tributary-inbox/tributary/services/social/whatsapp/whatsappfake"
)

var _ fake.Presser = (*whatsappfake.Fake)(nil)

func TestQuickReplies(t *testing.T) {
	in := proof.Buttons(t, newAdapter(t), whatsappfake.New(), events.Point{Kind: whatsapp.Kind, Value: "821012345678", Scope: whatsappfake.Number}, "")
	if len(in.Message.InReplyTo) != 1 || !strings.HasPrefix(in.Message.InReplyTo[0], "wamid.out.") {
		t.Errorf("a press answers %q", in.Message.InReplyTo)
	}
}

// Three replies are buttons under the text, more are a list, and either comes back.
func TestButtonsAndLists(t *testing.T) {
	f, inbox := serve(t)
	for _, n := range []int{1, 3, 4, 10} {
		replies := proof.Scale(n)
		got := send(t, inbox, func(r *events.SendRequest) { r.Message.QuickReplies = replies })
		sent := f.State().Sent()
		last := sent[len(sent)-1]
		if got.Outcome != events.Sent || last.Text != "hello" || !slices.Equal(last.Buttons, replies) || last.Key == "" {
			t.Fatalf("%d replies: %+v, sent %+v", n, got, last)
		}
		press := f.Press(last, n, replies[n-1], time.Now())
		if list := strings.Contains(string(press.Body), "list_reply"); list != (n > 3) {
			t.Errorf("%d replies: a list: %v", n, list)
		}
		statements, _, err := newAdapter(t).Receive(inbox, graphtest.Request(inbox, press.Body))
		if err != nil || len(statements) != 1 || statements[0].Message.Pressed != replies[n-1].Value || statements[0].Message.InReplyTo[0] != last.ID {
			t.Errorf("%d replies: pressed %+v, %v", n, statements, err)
		}
	}
}

func TestTheTextAloneWhereButtonsDoNotFit(t *testing.T) {
	f, calls := whatsappfake.New(), 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		f.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	inbox := inboxAt(server.URL)
	for name, change := range map[string]func(*events.SendRequest){
		"a long text":  func(r *events.SendRequest) { r.Message.Text = strings.Repeat("가", 1025) },
		"called alike": func(r *events.SendRequest) { r.Message.QuickReplies[1].Label = r.Message.QuickReplies[0].Label },
		"a group":      func(r *events.SendRequest) { r.Thread.Key = "120363@g.us" },
	} {
		before := len(f.State().Sent())
		calls = 0
		got := send(t, inbox, func(r *events.SendRequest) {
			r.Message.QuickReplies = proof.Scale(3)
			change(r)
		})
		if sent := f.State().Sent()[before:]; got.Outcome != events.Sent || len(sent) != 1 || sent[0].Text == "" || sent[0].Buttons != nil || calls != 1 {
			t.Errorf("%s: %+v, sent %+v in %d calls", name, got, sent, calls)
		}
	}
}

// What stands under a file as its caption cannot have buttons, so the text is a
// message of its own there.
func TestButtonsBesideAFile(t *testing.T) {
	f, inbox := serve(t)
	got := send(t, inbox, func(r *events.SendRequest) {
		r.Message.QuickReplies = proof.Scale(2)
		r.Message.Attachments = []events.Attachment{{Name: "a.png", Type: "image/png", URL: "https://files.example.com/a.png"}}
	})
	sent := f.State().Sent()
	if got.Outcome != events.Sent || len(sent) != 2 || sent[0].Text != "hello" || len(sent[0].Buttons) != 2 || sent[1].Text != "" || len(sent[1].Files) != 1 {
		t.Errorf("%+v, sent %+v", got, sent)
	}
}

// What is refused for a reason that is known is not sent once more without its
// buttons.
func TestAClosedWindowIsNotTheButtonsFault(t *testing.T) {
	f, inbox := serve(t)
	f.End("821012345678")
	got := send(t, inbox, func(r *events.SendRequest) { r.Message.QuickReplies = proof.Scale(2) })
	if got.Outcome != events.Rejected || got.Code != events.CodeWindowClosed || len(f.State().Sent()) != 0 {
		t.Errorf("%+v, sent %+v", got, f.State().Sent())
	}
}

// What our own side sent from the phone's app is nobody's press.
func TestAnEchoIsNoPress(t *testing.T) {
	f, inbox := serve(t)
	echo := f.Change("smb_message_echoes", time.Now(), "", map[string]any{"message_echoes": []any{map[string]any{
		"id": "wamid.echo", "to": "821012345678", "timestamp": "1750000000", "type": "button", "button": map[string]any{"text": "Yes", "payload": "YES"},
	}}})
	out, _, err := newAdapter(t).Receive(inbox, graphtest.Request(inbox, echo.Body))
	if err != nil || len(out) != 1 || out[0].Direction != events.Out || out[0].Message.Pressed != "" || len(out[0].Flags) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
}
