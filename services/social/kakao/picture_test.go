package kakao_test

import (
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/kakao/kakaofake"
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
)

// Pictures stand behind the text in one answer of three parts at most; what Kakao
// has no message for does not cost the customer's callback.
func TestPicturesInAnAnswer(t *testing.T) {
	const at = "https://inbox.example.com/files/t/a.jpg"
	picture := events.Attachment{ID: "1", Name: "a.jpg", Type: "image/jpeg", Size: 1000, URL: at}
	large, film, bare := picture, picture, picture
	large.Size, film.Type, bare.URL = 5<<20+1, "video/mp4", ""
	f, a := kakaofake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	r := f.Say("user-1", 1, "사진 있나요?", time.Now())
	if _, _, err := a.Receive(inbox, wiretest.Request(r.Body, r.Header, "", time.Now())); err != nil {
		t.Fatal(err)
	}
	for n, c := range []struct {
		text  string
		files []events.Attachment
		want  events.SendOutcome
		code  string
	}{
		{"보세요", []events.Attachment{large}, events.Rejected, events.CodeBadMedia},
		{"보세요", []events.Attachment{picture, film}, events.Rejected, events.CodeBadMedia},
		{"보세요", []events.Attachment{bare}, events.Rejected, events.CodeBadMedia},
		{"보세요", []events.Attachment{picture, picture, picture}, events.Rejected, events.CodeTooLong},
		{" ", nil, events.Rejected, ""},
		{"보세요", []events.Attachment{picture, picture}, events.Sent, ""},
	} {
		req := wiretest.Answer(inbox, customer, n+1, c.text)
		req.Message.Attachments = c.files
		if got, err := a.Send(t.Context(), inbox, req); err != nil || got.Outcome != c.want || got.Code != c.code {
			t.Errorf("case %d: %+v, %v", n, got, err)
		}
	}
	sent := f.State().Sent()
	if len(sent) != 1 || sent[0].Text != "보세요" || !slices.Equal(sent[0].Files, []string{at, at}) {
		t.Errorf("the provider has %+v", sent)
	}
}
