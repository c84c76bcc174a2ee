// Package mailgun reads what Mailgun posts: routes that forward a mail whole
// (body-mime, when the destination ends in "mime") or in pieces, notices of
// stored mail, and the event webhooks that tell what became of mails which left
// through Mailgun.
//
// The signature covers a timestamp and a token but not the body. So a token is
// remembered with what came under it: the same again is a repetition, other
// content under it is a forgery and is refused for good (406, which Mailgun does
// not repeat). The memory is of this process; a token counts for twelve hours,
// since Mailgun repeats a request for about eight.
//
// Sources: Mailgun's pages Receive, Forward & Store and Securing Webhooks.
package mailgun

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/arrival"
)

// maxAge is how long a signature counts.
const maxAge = 12 * time.Hour

// Door verifies and reads requests. Use New; it may be called from many
// goroutines.
type Door struct{ tokens tokens }

// New makes a door that has seen nothing.
func New() *Door { return &Door{tokens{seen: map[string]use{}}} }

// Read verifies a request under the signing key and reads it. An error is a
// *channel.Refusal; a request that is signed and no mail is kept.
func (d *Door) Read(key string, req *channel.Request) ([]arrival.Arrival, error) {
	if isJSON(req) {
		return d.event(key, req)
	}
	form, err := arrival.ReadForm(req.Header.Get("Content-Type"), req.Body)
	if err != nil {
		// Nothing of it is proved, so nothing is kept; a transfer that broke
		// comes again.
		return nil, channel.Refuse(http.StatusBadRequest, "unreadable", "the form cannot be read")
	}
	proof := proof{form.Text("timestamp"), form.Text("token"), form.Text("signature")}
	if err := proof.verify(key, req.At); err != nil {
		return nil, err
	}
	if err := d.tokens.use(proof.token, digest(form), req.At); err != nil {
		return nil, err
	}
	return []arrival.Arrival{read(form, proof, req)}, nil
}

type proof struct{ timestamp, token, signature string }

func (p proof) verify(key string, now time.Time) error {
	if key == "" {
		return channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "this inbox has no signing key")
	}
	given, err := hex.DecodeString(p.signature)
	if err != nil || len(given) == 0 || p.timestamp == "" || p.token == "" || len(p.token) > 200 {
		return channel.Refuse(http.StatusUnauthorized, "bad-signature", "the request is not signed")
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(p.timestamp + p.token))
	if !hmac.Equal(given, mac.Sum(nil)) {
		return channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not fit")
	}
	at, ok := seconds(p.timestamp)
	if !ok {
		return channel.Refuse(http.StatusUnauthorized, "bad-signature", "the timestamp is no number")
	}
	if age := now.Sub(at); age > maxAge || age < -time.Hour {
		return channel.Refuse(http.StatusNotAcceptable, "stale", "the request is too old or from the future")
	}
	return nil
}

func seconds(s string) (time.Time, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(n, 0).UTC(), err == nil
}

// digest covers everything but the proof, independent of the form's boundary
// and order, which a repetition may change.
func digest(form *arrival.Form) [sha256.Size]byte {
	h := sha256.New()
	put := func(b []byte) {
		sum := sha256.Sum256(b)
		h.Write(sum[:])
	}
	var names []string
	for name := range form.Values {
		if name != "timestamp" && name != "token" && name != "signature" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		put([]byte(name))
		put(form.Values[name])
	}
	for _, f := range form.Files {
		put([]byte(f.Field + "\x00" + f.Name))
		put(f.Data)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func read(form *arrival.Form, p proof, req *channel.Request) arrival.Arrival {
	m := &arrival.Mail{Via: "mailgun", ID: "mailgun:" + p.token, From: strings.Trim(form.Text("sender"), "<> ")}
	_, told := form.Values["sender"]
	m.NullSender = told && m.From == ""
	m.At, _ = seconds(p.timestamp)
	if to := form.Text("recipient"); to != "" {
		for address := range strings.SplitSeq(to, ",") {
			m.To = append(m.To, strings.TrimSpace(address))
		}
	}
	switch raw, whole := form.Values["body-mime"]; {
	case whole && len(raw) > 0:
		m.Raw = raw
	case len(form.Values["message-headers"])+len(form.Values["body-plain"])+len(form.Values["body-html"]) == 0 && form.Text("from") == "" && form.Text("subject") == "":
		return keep(p.token, "no-mail", req)
	default:
		m.Raw = arrival.Build(pieces(form))
		m.Files = stored(form.Values["attachments"])
	}
	return arrival.Arrival{Mail: m}
}

func keep(id, why string, req *channel.Request) arrival.Arrival {
	return arrival.Arrival{Kept: &arrival.Kept{ID: "mailgun:" + id, Why: why, Raw: req.Body, Type: req.Header.Get("Content-Type"), At: req.At}}
}

// pieces are the fields of a mail that was taken apart; all is UTF-8.
func pieces(form *arrival.Form) arrival.Pieces {
	p := arrival.Pieces{Text: arrival.Body{Data: form.Values["body-plain"]}, HTML: arrival.Body{Data: form.Values["body-html"]}}
	var header [][]string
	_ = json.Unmarshal(form.Values["message-headers"], &header) // the fields of the form stand in
	for _, f := range header {
		if len(f) == 2 {
			p.Header = append(p.Header, arrival.Field{Name: f[0], Value: f[1]})
		}
	}
	for _, name := range []string{"From", "To", "Cc", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Reply-To"} {
		value := form.Text(name)
		if value == "" {
			value = form.Text(strings.ToLower(name))
		}
		p.Header = arrival.Missing(p.Header, name, value)
	}
	ids := map[string]string{} // Content-ID to field name
	_ = json.Unmarshal(form.Values["content-id-map"], &ids)
	for _, f := range form.Files {
		file := arrival.File{Name: f.Name, Type: f.Type, Data: f.Data}
		var found []string
		for id, field := range ids {
			if field == f.Field {
				found = append(found, id)
			}
		}
		if sort.Strings(found); len(found) > 0 {
			file.ContentID = found[0]
		}
		p.Files = append(p.Files, file)
	}
	return p
}

// stored reads the attachments of a notice of stored mail: their bytes stay at
// Mailgun for three days.
func stored(list []byte) []events.Attachment {
	var files []struct {
		URL  string `json:"url"`
		Name string `json:"name"`
		Type string `json:"content-type"`
		Size int64  `json:"size"`
	}
	if json.Unmarshal(list, &files) != nil {
		return nil
	}
	var out []events.Attachment
	for i, f := range files {
		if i < 100 && strings.HasPrefix(f.URL, "https://") {
			out = append(out, events.Attachment{ID: "s" + strconv.Itoa(i+1), Name: f.Name, Type: f.Type, Size: f.Size, URL: f.URL})
		}
	}
	return out
}
