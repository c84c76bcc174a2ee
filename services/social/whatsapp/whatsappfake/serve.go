package whatsappfake

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/graph/graphfake"
)

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		graphfake.Fail(w, http.StatusTooManyRequests, 130429, 0, "Rate limit hit")
	case fake.Dead:
		graphfake.Fail(w, http.StatusUnauthorized, 190, 0, "Access token has expired")
	default:
		graphfake.Fail(w, http.StatusInternalServerError, 131000, 0, "Something went wrong")
	}
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	if !graphfake.Authorized(w, r) {
		return nil
	}
	path := graphfake.Path(r)
	is := func(method, object, edge string) bool {
		return r.Method == method && path[0] == object && (edge == "" && len(path) == 1 || len(path) == 2 && path[1] == edge)
	}
	switch {
	case is(http.MethodPost, Number, "messages"):
		return f.message(w, body)
	case is(http.MethodPost, Number, "media"):
		id := fmt.Sprint(9007199254740993 + f.count.Add(1))
		f.Keep(id, r.Header.Get("Content-Type"), "", body)
		graphfake.Answer(w, http.StatusOK, map[string]any{"id": id})
	case is(http.MethodPost, Account, "subscribed_apps"):
		graphfake.Answer(w, http.StatusOK, map[string]any{"success": true})
	case is(http.MethodGet, Account, "message_templates"):
		f.list(w, r)
	case is(http.MethodPost, Number, ""):
		f.override(w, body)
	case is(http.MethodGet, Number, ""):
		graphfake.Answer(w, http.StatusOK, map[string]any{"id": Number, "display_phone_number": display})
	case r.Method == http.MethodGet && len(path) == 1:
		f.describe(w, r, path[0])
	case r.Method == http.MethodGet && len(path) == 2 && path[0] == "files":
		f.download(w, path[1])
	default:
		graphfake.Fail(w, http.StatusBadRequest, 100, 33, "Unsupported request: the object does not exist")
	}
	return nil
}

func (f *Fake) override(w http.ResponseWriter, body []byte) {
	var s struct {
		Configuration struct {
			URI   string `json:"override_callback_uri"`
			Token string `json:"verify_token"`
		} `json:"webhook_configuration"`
	}
	if json.Unmarshal(body, &s) != nil || s.Configuration.URI == "" || s.Configuration.Token != graphfake.VerifyToken {
		graphfake.Fail(w, http.StatusBadRequest, 100, 0, "Invalid parameter")
		return
	}
	f.mu.Lock()
	f.hook = s.Configuration.URI
	f.mu.Unlock()
	graphfake.Answer(w, http.StatusOK, map[string]any{"success": true})
}

// list shows one template a page, so that a client must turn pages.
func (f *Fake) list(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := 0
	_, _ = fmt.Sscanf(r.URL.Query().Get("after"), "p%d", &at)
	page := map[string]any{"data": []any{}}
	if at < len(f.templates) {
		page["data"] = f.templates[at : at+1]
	}
	if at+1 < len(f.templates) {
		page["paging"] = map[string]any{"next": "https://graph.facebook.com/next", "cursors": map[string]any{"after": fmt.Sprintf("p%d", at+1)}}
	}
	graphfake.Answer(w, http.StatusOK, page)
}

func (f *Fake) describe(w http.ResponseWriter, r *http.Request, id string) {
	f.mu.Lock()
	kept, ok := f.files[id]
	f.mu.Unlock()
	if !ok {
		graphfake.Fail(w, http.StatusBadRequest, 100, 33, "Unsupported get request: the object does not exist")
		return
	}
	graphfake.Answer(w, http.StatusOK, map[string]any{
		"url": "http://" + r.Host + "/files/" + id, "mime_type": kept.kind, "sha256": kept.hash, "file_size": len(kept.bytes), "id": id, "messaging_product": "whatsapp",
	})
}

func (f *Fake) download(w http.ResponseWriter, id string) {
	f.mu.Lock()
	kept, ok := f.files[id]
	f.mu.Unlock()
	if !ok {
		http.Error(w, "gone", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", kept.kind)
	_, _ = w.Write(kept.bytes)
}

type part struct {
	ID   string `json:"id"`
	Link string `json:"link"`
	Text string `json:"caption"`
}

func (f *Fake) message(w http.ResponseWriter, body []byte) *fake.Sent {
	var m struct {
		Product   string `json:"messaging_product"`
		To        string `json:"to"`
		Recipient string `json:"recipient"`
		Type      string `json:"type"`
		Ours      string `json:"biz_opaque_callback_data"`
		Kind      string `json:"recipient_type"`
		Text      struct {
			Body string `json:"body"`
		} `json:"text"`
		Interactive json.RawMessage `json:"interactive"`
		Template    struct {
			Name     string `json:"name"`
			Language struct {
				Code string `json:"code"`
			} `json:"language"`
		} `json:"template"`
		Image    *part `json:"image"`
		Video    *part `json:"video"`
		Audio    *part `json:"audio"`
		Document *part `json:"document"`
	}
	limits := channel.LimitsOf("whatsapp")
	unread := json.Unmarshal(body, &m) != nil
	to := m.To + m.Recipient
	sent := &fake.Sent{To: to, Key: m.Ours, Text: m.Text.Body, Template: m.Template.Name}
	for _, p := range []*part{m.Image, m.Video, m.Audio, m.Document} {
		if p != nil {
			sent.Files, sent.Text = append(sent.Files, p.ID+p.Link), p.Text
		}
	}
	readable := true
	if m.Type == "interactive" {
		sent.Text, sent.Buttons, readable = graphfake.ReadInteractive(m.Interactive)
		readable = readable && m.Kind != "group"
	}
	empty := sent.Text == "" && m.Template.Name == "" && len(sent.Files) == 0
	switch {
	case unread || m.Product != "whatsapp" || to == "" || empty || len(m.Ours) > 512:
		graphfake.Fail(w, http.StatusBadRequest, 100, 0, "Invalid parameter")
	case !readable:
		graphfake.Fail(w, http.StatusBadRequest, 131009, 0, "Parameter value is not valid")
	case to == Unreachable:
		graphfake.Fail(w, http.StatusBadRequest, 131026, 0, "Message undeliverable")
	case limits.Unit.Length(m.Text.Body) > limits.Text:
		graphfake.Fail(w, http.StatusBadRequest, 100, 0, "Param text['body'] must be at most 4096 characters long.")
	case m.Template.Name == "no_such_template" || m.Template.Name != "" && m.Template.Language.Code == "":
		graphfake.Fail(w, http.StatusNotFound, 132001, 0, "Template name does not exist in the translation")
	case m.Template.Name == "" && f.Ended(to):
		graphfake.Fail(w, http.StatusBadRequest, 131047, 0, "Re-engagement message")
	default:
		sent.ID = fmt.Sprintf("wamid.out.%d", f.count.Add(1))
		contact := map[string]any{"input": to, "wa_id": to}
		if m.Recipient != "" {
			contact = map[string]any{"input": to, "user_id": to}
		}
		graphfake.Answer(w, http.StatusOK, map[string]any{
			"messaging_product": "whatsapp", "contacts": []any{contact}, "messages": []any{map[string]any{"id": sent.ID}},
		})
		return sent
	}
	return nil
}
