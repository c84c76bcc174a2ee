// Package vonagevoicefake is a voice application at Vonage, for tests and the
// simulation: it signs what it posts of calls with the account's secret, and
// gives recordings and lists of calls to whoever has a token of the
// application's.
package vonagevoicefake

import (
	"context"
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
	"github.com/tributary-inbox/tributary/services/phone/callfake"
	"github.com/tributary-inbox/tributary/services/phone/vonagevoice"
)

// The fake's application, its secret, its number, the telephone that rings, and
// what it keeps of a recording.
const (
	Application = "b7f7c1a0-0000-4000-8000-00000000f0f0"
	Secret      = "fake-vonage-signature-secret"
	Number      = "447700900001"
	Agent       = "+821000000009"
	File        = "ID3 the sound of a call"
)

// key is the application's, made once for a process.
var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // no source of chance
	}
	return k
})

// Fake is the application. Box makes it one that connects nobody and takes
// messages instead.
type Fake struct {
	fake.Server
	Box bool

	mu  sync.Mutex // guards all below
	api string
}

// New makes an application that works.
func New() *Fake {
	f := &Fake{api: "https://api.nexmo.com"}
	f.Take = f.take
	return f
}

// Kind is "vonagevoice".
func (*Fake) Kind() string { return vonagevoice.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox that talks to the fake at api.
func (f *Fake) Settings(api, hook string) (json.RawMessage, map[string]string) {
	f.mu.Lock()
	f.api = api
	f.mu.Unlock()
	if hook == "" {
		hook = "http://127.0.0.1/hooks/vonagevoice/t"
	}
	connect := fmt.Sprintf(`,"connect":%q`, Agent)
	if f.Box {
		connect = ""
	}
	pemKey := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key())})
	return json.RawMessage(fmt.Sprintf(`{"settle":"20ms","patience":"2s","greeting":"hello","record":true,"public_url":%q,"application_id":%q,"api_url":%q,"allow_private":true,"own_numbers":["+%s"]%s}`,
			hook, Application, api, Number, connect)),
		map[string]string{vonagevoice.SecretSignature: Secret, vonagevoice.SecretKey: string(pemKey)}
}

// Say tells that a customer's n-th call was given up. Vonage shows no names, so
// text is left out.
func (f *Fake) Say(customer string, n int, _ string, at time.Time) fake.Request {
	c := callfake.Call{ID: fmt.Sprintf("%s-%d", customer, n), Direction: events.In, Customer: "+" + fake.Number(customer), Start: at.Add(-10 * time.Second), Ring: 10 * time.Second}
	return f.event(c, "caller", "inbound", c.Customer, Number, "cancelled", c.Start, c.End())
}

// CallID is the conversation_uuid.
func (*Fake) CallID(c callfake.Call) string { return "CON-" + uuid(c.ID) }

func uuid(name string) string {
	sum := sha256.Sum256([]byte(name))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Tell makes the posts of a call in the order in which they come.
func (f *Fake) Tell(ctx context.Context, c callfake.Call, post func(context.Context, fake.Request) error) error {
	for _, r := range f.Posts(c) {
		if err := post(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// Posts are all that is posted of a call.
func (f *Fake) Posts(c callfake.Call) []fake.Request {
	ending := "unanswered"
	if c.Answered() {
		ending = "completed"
	}
	if c.Direction == events.Out {
		return []fake.Request{
			f.event(c, "far", "outbound", "+"+Number, c.Customer, "ringing", c.Start, c.Start),
			f.event(c, "far", "outbound", "+"+Number, c.Customer, ending, c.Answer(), c.End()),
		}
	}
	out := []fake.Request{f.Post(map[string]any{"uuid": uuid(c.ID + "/caller"), "conversation_uuid": f.CallID(c), "from": digits(c.Customer), "to": Number})}
	end := c.End()
	switch {
	case !f.Box:
		out = append(out, f.event(c, "agent", "outbound", c.Customer, Agent, ending, c.Answer(), c.End()))
	case c.Voicemail != "":
		end = end.Add(10 * time.Second)
	}
	out = append(out, f.event(c, "caller", "inbound", c.Customer, Number, "completed", c.Start, end))
	if c.Answered() || f.Box && c.Voicemail != "" {
		out = append(out, f.recording(c, c.Answer(), end))
	}
	return out
}

func (f *Fake) recording(c callfake.Call, from, to time.Time) fake.Request {
	f.mu.Lock()
	api := f.api
	f.mu.Unlock()
	re := uuid(c.ID + "/recording")
	return f.Post(map[string]any{
		"conversation_uuid": f.CallID(c), "recording_uuid": re, "recording_url": api + "/v1/files/" + re, "size": len(File),
		"start_time": written(from), "end_time": written(to), "timestamp": written(to),
	})
}

func (f *Fake) event(c callfake.Call, leg, way, from, to, status string, began, ended time.Time) fake.Request {
	body := map[string]any{
		"uuid": uuid(c.ID + "/" + leg), "conversation_uuid": f.CallID(c), "from": digits(from), "to": digits(to), "direction": way, "status": status, "timestamp": written(ended),
	}
	if status == "completed" {
		body["start_time"], body["end_time"], body["duration"] = written(began), written(ended), strconv.Itoa(int(ended.Sub(began)/time.Second))
		body["rate"], body["price"] = "0.0120", "0.0040"
	}
	return f.Post(body)
}

// Post is any body, signed now: signatures are too old after five minutes.
func (*Fake) Post(body map[string]any) fake.Request {
	data, _ := json.Marshal(body) // plain values always encode
	sum := sha256.Sum256(data)
	claims := signature.VonageClaims{IssuedAt: json.Number(strconv.FormatInt(time.Now().Unix(), 10)), ID: hex.EncodeToString(sum[:8]), Issuer: "Vonage", Application: Application}
	return fake.Request{Body: data, Header: http.Header{"Content-Type": {"application/json"}, "Authorization": {signature.SignVonage(Secret, claims, data)}}}
}

func digits(number string) string { return strings.TrimPrefix(number, "+") }

func written(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (f *Fake) take(w http.ResponseWriter, r *http.Request, _ []byte) *fake.Sent {
	_, err := jwt.Parse(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), func(t *jwt.Token) (any, error) {
		if claims, ok := t.Claims.(jwt.MapClaims); !ok || claims["application_id"] != Application {
			return nil, jwt.ErrTokenInvalidClaims
		}
		return key().Public(), nil
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired())
	switch {
	case err != nil:
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodGet && r.URL.Path == "/v1/calls":
		w.Header().Set("Content-Type", "application/hal+json")
		_, _ = fmt.Fprint(w, `{"count":0,"page_size":1,"record_index":0,"_embedded":{"calls":[]}}`)
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/files/"):
		w.Header().Set("Content-Type", "audio/mpeg")
		_, _ = w.Write([]byte(File))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	return nil
}
