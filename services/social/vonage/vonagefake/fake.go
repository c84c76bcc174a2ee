// Package vonagefake is a Vonage application that takes messages, for tests and
// the simulation. It checks the application's token, knows a number that nobody
// has, and answers with the errors that Vonage documents.
package vonagefake

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/social/graph/graphfake"
)

// The fake's application, account, number, and what it signs with.
const (
	Application = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
	Account     = "a1b2c3d4"
	Number      = "447700900001"
	Secret      = "fake-vonage-signature-secret"
)

// Nobody is a number that a message is refused to.
const Nobody = "821000000002"

var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // there is no randomness
	}
	return k
})

// Fake is the application.
type Fake struct {
	fake.Server
	// NoCustom refuses custom messages. Set it before the first request.
	NoCustom bool

	mu  sync.Mutex // guards all below
	n   int
	app map[string]any
}

// New makes an application that works.
func New() *Fake {
	f := &Fake{}
	f.Take, f.Refuse = f.take, refuse
	return f
}

// Kind is "vonage".
func (*Fake) Kind() string { return "vonage" }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox that talks to the fake at api.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key())})
	return json.RawMessage(fmt.Sprintf(`{"application_id":%q,"api_key":%q,"from":%q,"api_url":%q,"allow_private":true}`, Application, Account, Number, api)),
		map[string]string{"signature_secret": Secret, "private_key": string(block)}
}

// Say tells of a customer's n-th text message.
func (*Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	return Sign(map[string]any{
		"channel": "sms", "message_uuid": uuid(customer, n), "from": fake.Number(customer), "to": Number, "timestamp": at.UTC().Format(time.RFC3339Nano),
		"message_type": "text", "text": text, "sms": map[string]any{"num_messages": "1"},
	}, at)
}

// Press tells of a customer who presses a reply under a message on WhatsApp.
func (*Fake) Press(m fake.Sent, n int, button events.QuickReply, at time.Time) fake.Request {
	return Sign(map[string]any{
		"channel": "whatsapp", "message_uuid": uuid(m.To, n), "from": m.To, "to": Number, "timestamp": at.UTC().Format(time.RFC3339Nano),
		"message_type": "reply", "reply": map[string]any{"id": button.Value, "title": button.Label}, "context": map[string]any{"message_uuid": m.ID},
	}, at)
}

// Sign is a post of anything, signed at a moment.
func Sign(value any, at time.Time) fake.Request {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // plain values
	}
	return SignBytes(body, at)
}

// SignBytes is Sign for a body as it stands.
func SignBytes(body []byte, at time.Time) fake.Request {
	sum := sha256.Sum256(body)
	claims := signature.VonageClaims{IssuedAt: json.Number(strconv.FormatInt(at.Unix(), 10)), ID: hex.EncodeToString(sum[:8]), Issuer: "Vonage", Account: Account, Application: Application}
	return fake.Request{Body: body, Header: http.Header{"Content-Type": {"application/json"}, "Authorization": {signature.SignVonage(Secret, claims, body)}}}
}

// Receipt tells how far a message has come.
func (*Fake) Receipt(s fake.Sent, status string, at time.Time) fake.Request {
	return Sign(map[string]any{
		"message_uuid": s.ID, "to": s.To, "from": Number, "timestamp": at.UTC().Format(time.RFC3339Nano), "status": status, "channel": "sms", "client_ref": s.Template,
	}, at)
}

func uuid(customer string, n int) string {
	sum := sha256.Sum256([]byte(customer + "\x00" + strconv.Itoa(n)))
	h := hex.EncodeToString(sum[:16])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	var m struct {
		Network   string `json:"channel"`
		To        string `json:"to"`
		From      string `json:"from"`
		Type      string `json:"message_type"`
		Text      string `json:"text"`
		Reference string `json:"client_ref"`
		Image     file   `json:"image"`
		Audio     file   `json:"audio"`
		Video     file   `json:"video"`
		File      file   `json:"file"`
		Custom    struct {
			Type        string          `json:"type"`
			Interactive json.RawMessage `json:"interactive"`
		} `json:"custom"`
	}
	var buttons []events.QuickReply
	readable := json.Unmarshal(body, &m) == nil
	if m.Type == "custom" { // which Vonage hands to WhatsApp as it is
		m.Text, buttons, readable = graphfake.ReadInteractive(m.Custom.Interactive)
		readable = readable && !f.NoCustom && m.Network == "whatsapp" && m.Custom.Type == "interactive"
	}
	if strings.HasPrefix(r.URL.Path, "/v2/applications/") {
		f.manage(w, r, body)
		return nil
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	parsed, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return key().Public(), nil }, jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired())
	switch {
	case err != nil || parsed.Claims.(jwt.MapClaims)["application_id"] != Application:
		refuse(w, fake.Dead)
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v3/media/"):
		if strings.HasSuffix(r.URL.Path, "/gone") {
			fail(w, http.StatusNotFound, "not-found")
			return nil
		}
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write([]byte("a picture"))
	case r.Method != http.MethodPost || r.URL.Path != "/v1/messages":
		fail(w, http.StatusNotFound, "not-found")
	case !readable || m.To == "" || m.From == "" || m.Network == "" || m.Type == "text" && m.Text == "":
		fail(w, http.StatusUnprocessableEntity, "1150")
	case m.To == Nobody:
		fail(w, http.StatusUnprocessableEntity, "1300")
	default:
		f.mu.Lock()
		f.n++
		id := uuid("out", f.n)
		f.mu.Unlock()
		say(w, http.StatusAccepted, map[string]string{"message_uuid": id})
		sent := &fake.Sent{ID: id, To: m.To, Text: m.Text, Template: m.Reference, Buttons: buttons}
		for _, f := range []file{m.Image, m.Audio, m.Video, m.File} {
			if f.URL != "" {
				sent.Files = append(sent.Files, f.URL)
			}
		}
		return sent
	}
	return nil
}

// file is a file of a message, which Vonage fetches.
type file struct {
	URL string `json:"url"`
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		w.Header().Set("Retry-After", "1")
		fail(w, http.StatusTooManyRequests, "1010")
	case fake.Dead:
		fail(w, http.StatusUnauthorized, "unauthorized")
	default:
		fail(w, http.StatusInternalServerError, "1000")
	}
}

func fail(w http.ResponseWriter, status int, code string) {
	say(w, status, map[string]string{"type": "https://developer.vonage.com/api-errors/messages#" + code, "title": "Refused", "detail": "refused", "instance": "1"})
}

func say(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
