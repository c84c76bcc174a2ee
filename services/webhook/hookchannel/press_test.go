package hookchannel

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// The receiver of an answer sees what may be pressed and tells of the press in the
// plain form.
func TestQuickReplies(t *testing.T) {
	var told Answer
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told = Answer{}
		if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer receiver.Close()
	inbox := checked(t, map[string]any{"reply_url": receiver.URL, "allow_private": true})
	a := NewAdapter()
	defer a.Close()
	replies := []events.QuickReply{{Label: "Good", Value: "sv1:1"}, {Label: "Bad", Value: "sv1:0"}}
	for name, c := range map[string]struct {
		offered, want []events.QuickReply
	}{
		"two":              {replies, replies},
		"none":             {nil, nil},
		"too many":         {slices.Repeat(replies, 7), nil},
		"too long a label": {[]events.QuickReply{{Label: strings.Repeat("가", events.MaxQuickLabel+1), Value: "v"}}, nil},
	} {
		req := out()
		req.Message.QuickReplies = c.offered
		got, err := a.Send(t.Context(), inbox, req)
		if err != nil || got.Outcome != events.Sent || told.Data.Text != req.Message.Text || !slices.Equal(told.Data.QuickReplies, c.want) {
			t.Errorf("%s: %+v, %v, told %+v", name, got, err, told.Data)
		}
	}
	body := fmt.Appendf(nil, `{"id":"m-2","contact":{"id":"c-1"},"text":%q,"pressed":%q}`, replies[0].Label, replies[0].Value)
	in, _, err := a.Receive(inbox, &channel.Request{Method: http.MethodPost, URL: &url.URL{Path: "/hooks/webhook/tok"}, Header: http.Header{}, Body: body, At: time.Now()})
	if err != nil || len(in) != 1 || in[0].Message.Pressed != "sv1:1" || in[0].Message.Text != "Good" || in[0].Sender.Points[0].Value != "c-1" {
		t.Errorf("%+v, %v", in, err)
	}
}
