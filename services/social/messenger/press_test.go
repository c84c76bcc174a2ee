package messenger_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/messenger"
	"github.com/tributary-inbox/tributary/services/social/messenger/messengerfake"
	"github.com/tributary-inbox/tributary/services/social/proof"
)

var _ fake.Presser = (*messengerfake.Fake)(nil)

func TestQuickReplies(t *testing.T) {
	proof.Buttons(t, receiver(t), messengerfake.New(), events.Point{Kind: messenger.Kind, Value: "7001", Scope: messengerfake.Page}, "")
}

// Quick replies are gone once another message follows, so files come before them.
func TestFilesComeBeforeTheButtons(t *testing.T) {
	f, inbox := serve(t)
	picture := []events.Attachment{{ID: "1", Name: "a.png", Type: "image/png", URL: "https://files.example.com/a.png"}}
	got := send(t, inbox, events.Message{Text: "Was it this?", Attachments: picture, QuickReplies: proof.Scale(2)}, "7001")
	sent := f.State().Sent()
	if got.Outcome != events.Sent || len(sent) != 2 || len(sent[0].Files) != 1 || sent[1].Text != "Was it this?" || len(sent[1].Buttons) != 2 {
		t.Fatalf("%+v, sent %+v", got, sent)
	}
	got = send(t, inbox, events.Message{Attachments: picture, QuickReplies: proof.Scale(2)}, "7001")
	if sent = f.State().Sent(); got.Outcome != events.Sent || len(sent) != 3 || sent[2].Buttons != nil {
		t.Errorf("a file alone: %+v, sent %+v", got, sent)
	}
}

// Whatever the provider may find wrong with buttons, the text arrives.
func TestRefusedButtonsLeaveTheText(t *testing.T) {
	f, inbox := serve(t)
	got := send(t, inbox, events.Message{Text: "How was it?", QuickReplies: []events.QuickReply{{Value: "sv1:1"}}}, "7001")
	if sent := f.State().Sent(); got.Outcome != events.Sent || len(sent) != 1 || sent[0].Text != "How was it?" || sent[0].Buttons != nil {
		t.Errorf("%+v, sent %+v", got, f.State().Sent())
	}
}

// The fake stands for Meta: what Meta would refuse must not pass here.
func TestTheFakeRefusesWrongQuickReplies(t *testing.T) {
	f, inbox := serve(t)
	for name, body := range map[string]string{
		"fourteen":        fakeReplies(14, `{"content_type":"text","title":"a","payload":"b"}`),
		"a long title":    fakeReplies(1, `{"content_type":"text","title":"123456789012345678901","payload":"b"}`),
		"no payload":      fakeReplies(1, `{"content_type":"text","title":"a"}`),
		"another kind":    fakeReplies(1, `{"content_type":"user_email","title":"a","payload":"b"}`),
		"no title at all": fakeReplies(1, `{"content_type":"text","payload":"b"}`),
	} {
		if status := post(t, inbox, body); status != 400 || len(f.State().Sent()) != 0 {
			t.Errorf("%s: status %d, %d taken", name, status, len(f.State().Sent()))
		}
	}
	if status := post(t, inbox, fakeReplies(13, `{"content_type":"text","title":"a","payload":"b"}`)); status != 200 {
		t.Errorf("thirteen: status %d", status)
	}
}

// fakeReplies is a message with so many quick replies, all alike.
func fakeReplies(n int, reply string) string {
	return `{"recipient":{"id":"7001"},"messaging_type":"RESPONSE","message":{"text":"hi","quick_replies":[` + strings.Repeat(reply+",", n-1) + reply + `]}}`
}

// post calls the Send API as it is, and returns its status.
func post(t *testing.T, inbox config.Inbox, body string) int {
	t.Helper()
	var s struct {
		URL string `json:"api_url"`
	}
	if err := json.Unmarshal(inbox.Settings, &s); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v23.0/"+messengerfake.Page+"/messages", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+inbox.Secrets["access_token"])
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
