package e2e

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// parcel is what one provider posts to one inbox. Account is the page, number or
// the like whose inbox it is for; form the Content-Type; topic what stands in a
// header beside the body; query what follows the hook's address. Unwrapped says that the body was inside an answer of
// the provider's API, which is where a webhook of that topic has it bare.
type parcel struct {
	source, name, kind, account, form, topic, query string
	body                                            []byte
	unwrapped, quiet                                bool
}

// document is a JSON object by its first names.
type document map[string]json.RawMessage

func (d document) has(names ...string) bool {
	for _, name := range names {
		if d[name] == nil {
			return false
		}
	}
	return true
}

func (d document) text(name string) (out string) {
	_ = json.Unmarshal(d[name], &out) // anything else is no text
	return out
}

// sortOut finds by the content alone what a file holds: what a provider posts,
// once or several times, or else why it is nothing of that kind. Both empty means
// that no rule knows it.
func sortOut(data []byte) (found []parcel, why string) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var doc document
	var list []document
	switch {
	case json.Unmarshal(data, &doc) == nil:
		return sortObject(data, doc)
	case json.Unmarshal(data, &list) == nil:
		if len(list) > 0 && list[0].has("event", "sg_event_id") {
			return []parcel{{kind: "sendgrid", form: "application/json", body: data}}, ""
		}
		return nil, "a list that an API answers"
	}
	return sortText(data)
}

func sortText(data []byte) ([]parcel, string) {
	head := data[:min(len(data), 4096)]
	switch line, _, _ := bytes.Cut(data, []byte("\n")); {
	case bytes.HasPrefix(data, []byte("payload=")):
		return []parcel{{kind: "slack", form: formEncoded, body: bytes.TrimSpace(data)}}, ""
	case bytes.Contains(head, []byte("SmsMessageSid=")):
		return []parcel{{kind: "twilio", form: formEncoded, body: bytes.TrimSpace(data)}}, ""
	case bytes.HasPrefix(line, []byte("--")) && bytes.Contains(head, []byte("Content-Disposition: form-data;")):
		boundary := strings.TrimSpace(string(line[2:]))
		return []parcel{{kind: "sendgrid", form: "multipart/form-data; boundary=" + boundary, body: data}}, ""
	case bytes.Contains(head, []byte(".mailgun.net with SMTP mgrt")):
		return []parcel{{kind: "mailgun", form: formEncoded, body: data}}, ""
	case bytes.HasPrefix(data, []byte("{")):
		return nil, "broken JSON"
	}
	return nil, "a text or a file, no request"
}

// graphKinds are the channels by the object that Meta's envelope names. A post
// about a user comes to the app of a page.
var graphKinds = map[string]string{"page": "messenger", "user": "messenger", "instagram": "instagram", "whatsapp_business_account": "whatsapp"}

func sortObject(data []byte, doc document) ([]parcel, string) {
	one := func(kind string) []parcel {
		return []parcel{{kind: kind, form: "application/json", body: data, account: accountIn(kind, data)}}
	}
	graph := graphKinds[doc.text("object")]
	switch {
	case graph != "" && doc.has("entry"):
		return one(graph), ""
	case doc.has("update_id"):
		return one("telegram"), ""
	case doc.has("events") && lineEvents(doc["events"]):
		return one("line"), ""
	case doc.has("token", "team_id", "event"), doc.text("type") == "event_callback", doc.text("type") == "url_verification":
		return one("slack"), ""
	case doc.has("event", "message_token"):
		return one("viber"), ""
	case doc.has("SmsMessageSid"):
		return []parcel{{kind: "twilio", form: formEncoded, body: formOf(doc)}}, ""
	case doc.has("channel", "message_uuid", "message_type"), doc.has("channel", "message_uuid", "status"):
		return one("vonage"), ""
	case doc.has("FromFull", "ToFull", "MessageID"), doc.has("RecordType", "MessageID"):
		return one("postmark"), ""
	case doc.has("Records"):
		return sesRecords(doc["Records"])
	case doc.has("html_body", "text_body"):
		return nil, "what another parser makes of a mail"
	}
	if found := sortMany(doc); found != nil {
		return found, ""
	}
	if p, ok := resource(doc); ok {
		return []parcel{p}, ""
	}
	return nil, answerOf(doc)
}

func lineEvents(raw json.RawMessage) bool {
	var list []document
	return json.Unmarshal(raw, &list) == nil && !slices.ContainsFunc(list, func(e document) bool { return !e.has("type", "timestamp") })
}

// sortMany takes a collection apart whose every part is a request.
func sortMany(doc document) (out []parcel) {
	for name, raw := range doc {
		var inner document
		if json.Unmarshal(raw, &inner) != nil || !inner.has("object", "entry") {
			return nil
		}
		found, _ := sortObject(raw, inner)
		for i := range found {
			found[i].name = name
		}
		out = append(out, found...)
	}
	return out
}

// topics of a shop's resources, which its API answers wrapped in their name.
var topics = map[string]string{
	"order": "orders/updated", "customer": "customers/update", "fulfillment": "fulfillments/update", "refund": "refunds/create", "draft_order": "draft_orders/update",
	"fulfillment_event": "fulfillment_events/create", "transaction": "order_transactions/create",
}

func resource(doc document) (parcel, bool) {
	for name, raw := range doc {
		var inner document
		if len(doc) != 1 || topics[name] == "" || json.Unmarshal(raw, &inner) != nil || !inner.has("id") {
			break
		}
		return parcel{kind: "shopify", form: "application/json", topic: topics[name], body: raw, unwrapped: true}, true
	}
	return parcel{}, false
}

// answerOf says what an object is that no provider posts; the rules are those of
// the interfaces that answer so. Empty means that there is no rule for it.
func answerOf(doc document) string {
	for _, rule := range []struct {
		what string
		any  [][]string
	}{
		{"an error that an API answers", [][]string{{"error"}, {"errors"}, {"error_code"}, {"type", "title", "detail"}}},
		{"an answer of an API", [][]string{
			{"ok"}, {"success"}, {"_links"}, {"message-count"}, {"message_uuid", "workflow_id"}, {"message", "uuid"}, {"messaging_product"}, {"records"}, {"sobjects"},
			{"ids"}, {"attributes"}, {"verified_name"}, {"account_mode"}, {"id", "thread_ts"}, {"message_id", "chat"},
		}},
		{"a part of an order", [][]string{{"properties"}, {"price", "title"}, {"price", "code"}}},
	} {
		if slices.ContainsFunc(rule.any, func(names []string) bool { return doc.has(names...) }) {
			return rule.what
		}
	}
	if len(doc) != 1 {
		return ""
	}
	for name, raw := range doc {
		switch {
		case name == "id":
			return "an answer of an API"
		case raw[0] == '[', raw[0] == '{':
			return "a resource that an API answers"
		}
	}
	return ""
}

// sesRecords are events of a Lambda function; the part named ses is what SNS
// carries where a topic stands in the function's place.
func sesRecords(raw json.RawMessage) (out []parcel, why string) {
	var records []struct {
		SES map[string]any `json:"ses"`
	}
	if json.Unmarshal(raw, &records) != nil {
		return nil, ""
	}
	for _, r := range records {
		if r.SES == nil {
			return nil, "an event of another service of Amazon's"
		}
		r.SES["notificationType"] = "Received"
		body, err := json.Marshal(r.SES)
		if err != nil {
			return nil, ""
		}
		out = append(out, parcel{kind: "ses", body: body, unwrapped: true})
	}
	return out, ""
}

func formOf(doc document) []byte {
	form := url.Values{}
	for name, raw := range doc {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw) // a number
		}
		if plain, err := url.QueryUnescape(text); err == nil {
			text = plain
		}
		form.Set(name, text)
	}
	return []byte(form.Encode())
}

// accountIn is whose inbox a body is for, where it says so.
func accountIn(kind string, body []byte) string {
	var e struct {
		Entry []struct {
			ID      json.RawMessage `json:"id"`
			Changes []struct {
				Value struct {
					Metadata struct {
						ID string `json:"phone_number_id"`
					} `json:"metadata"`
				} `json:"value"`
			} `json:"changes"`
		} `json:"entry"`
		Bot struct {
			ID string `json:"id"`
		} `json:"bot"`
		SenderKey string `json:"sender_key"`
		AppID     string `json:"app_id"`
		ForUser   string `json:"for_user_id"`
	}
	_ = json.Unmarshal(body, &e) // what is no such object names nobody
	switch {
	case kind == "kakao":
		return e.Bot.ID
	case kind == "kakaotalk":
		return e.SenderKey
	case kind == "zalo":
		return e.AppID
	case kind == "x":
		return e.ForUser
	case len(e.Entry) == 0:
		return ""
	case kind == "whatsapp":
		for _, c := range e.Entry[0].Changes {
			return c.Value.Metadata.ID
		}
		return ""
	}
	return strings.Trim(string(e.Entry[0].ID), `"`)
}
