package signature_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
)

var now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func request(full, sum, kind, body string) (string, *channel.Request) {
	address, query, _ := strings.Cut(full, "?")
	return address, &channel.Request{
		Method: http.MethodPost, URL: &url.URL{Path: "/hooks/twilio/t", RawQuery: query}, Body: []byte(body),
		Header: http.Header{"X-Twilio-Signature": {sum}, "Content-Type": {kind}},
	}
}

const (
	form   = "application/x-www-form-urlencoded"
	called = "https://mycompany.com/myapp.php?foo=1&bar=2"
	fields = "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309"
)

// The values are those of the tests of twilio-python and twilio-go.
func TestTwilioVectors(t *testing.T) {
	for name, c := range map[string]struct{ full, kind, body, sum string }{
		"form":            {called, form, fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		"signed with 443": {called, form, fields, "kvajT1Ptam85bY51eRf/AJRuM3w="},
		"told with 443":   {"https://mycompany.com:443/myapp.php?foo=1&bar=2", form, fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		"signed with 80":  {"http://mycompany.com/myapp.php?foo=1&bar=2", form, fields, "0ZXoZLH/DfblKGATFgpif+LLRf4="},
		"repeated names":  {called, form, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234", "IK+Dwps556ElfBT0I3Rgjkr1wJU="},
		"order of keys":   {called, form, fields + "&Reason=Participant&ReasonConferenceEnded=test", "vOEb5UThFn24KEfnOFLQY2AE5FY="},
		"another form":    {called, form, "property=value&boolean=true", "NBdBDr/T/lgjI+tlgpXjKZQZs/k="},
		"JSON":            {called + "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620", "application/json", `{"property": "value", "boolean": true}`, "a9nBmqA0ju/hNViExpshrM61xv4="},
	} {
		t.Run(name, func(t *testing.T) {
			address, req := request(c.full, c.sum, c.kind, c.body)
			if _, err := signature.Twilio("12345", address, req); err != nil {
				t.Fatal(err)
			}
			for what, change := range map[string]func(*channel.Request){
				"body":      func(r *channel.Request) { r.Body = append([]byte{}, append(r.Body, 'x')...) },
				"query":     func(r *channel.Request) { r.URL = &url.URL{RawQuery: r.URL.RawQuery + "&x=1"} },
				"missing":   func(r *channel.Request) { r.Header = http.Header{} },
				"truncated": func(r *channel.Request) { r.Header.Set(signature.TwilioHeader, c.sum[:20]) },
				"no base64": func(r *channel.Request) { r.Header.Set(signature.TwilioHeader, "*") },
			} {
				_, changed := request(c.full, c.sum, c.kind, c.body)
				change(changed)
				if _, err := signature.Twilio("12345", address, changed); err == nil {
					t.Errorf("%s changed: taken", what)
				}
			}
			if _, err := signature.Twilio("12346", address, req); err == nil {
				t.Error("taken with another token")
			}
		})
	}
	address, req := request(called, signature.SignTwilio("", called, nil), form, "")
	if _, err := signature.Twilio("", address, req); err == nil {
		t.Error("taken with an empty token")
	}
}

// Whatever a form holds, what was signed is taken and what was changed is not.
func TestTwilioAnyForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := url.Values(rapid.MapOfN(rapid.StringMatching(`[A-Za-z]{1,8}`), rapid.SliceOfN(rapid.String(), 1, 3), 1, 6).Draw(t, "fields"))
		full := "https://a.example/hooks/x?m=" + rapid.StringMatching(`[a-z0-9]{0,8}`).Draw(t, "query")
		address, req := request(full, signature.SignTwilio("k", full, fields), form, fields.Encode())
		got, err := signature.Twilio("k", address, req)
		if err != nil || got.Encode() != fields.Encode() {
			t.Fatalf("%v %v", got, err)
		}
		req.Body = []byte(fields.Encode() + "&Zz=" + url.QueryEscape(rapid.String().Draw(t, "more")))
		if _, err := signature.Twilio("k", address, req); err == nil {
			t.Fatal("a further field is taken")
		}
	})
}

// The token is that of vonage-python-sdk's tests.
func TestVonageVector(t *testing.T) {
	const secret, token = "qwertyuiopasdfghjklzxcvbnm123456", "Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM"
	claims, err := signature.VonageToken(secret, token)
	if err != nil || claims.Issuer != "Online JWT Builder" || claims.IssuedAt != "1697634680" {
		t.Fatalf("%+v, %v", claims, err)
	}
	for name, bad := range map[string]string{
		"truncated": token[:len(token)-4], "of another scheme": strings.Replace(token, "Bearer", "Basic", 1), "without a signature": token[:strings.LastIndex(token, ".")+1],
		"two parts": token[:strings.LastIndex(token, ".")], "scheme only": "Bearer", "changed": strings.Replace(token, "OjE2OTc2", "OjE2OTc3", 1),
	} {
		if _, err := signature.VonageToken(secret, bad); !errors.Is(err, signature.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := signature.VonageToken(secret+"7", token); !errors.Is(err, signature.ErrWrong) {
		t.Errorf("another secret: %v", err)
	}
	if _, err := signature.VonageToken(secret, " "); !errors.Is(err, signature.ErrMissing) {
		t.Errorf("no token: %v", err)
	}
}

func claims(at time.Time) signature.VonageClaims {
	return signature.VonageClaims{IssuedAt: json.Number(fmt.Sprint(at.Unix())), ID: "j1", Issuer: "Vonage", Account: "a1b2c3d4"}
}

func TestVonage(t *testing.T) {
	body := []byte(`{"message_uuid":"m"}`)
	for name, c := range map[string]struct {
		token string
		body  string
		want  error
	}{
		"good":           {signature.SignVonage("s", claims(now), body), string(body), nil},
		"told late":      {signature.SignVonage("s", claims(now.Add(-24*time.Hour)), body), string(body), nil},
		"too old":        {signature.SignVonage("s", claims(now.Add(-26*time.Hour)), body), string(body), signature.ErrOld},
		"of the future":  {signature.SignVonage("s", claims(now.Add(time.Hour)), body), string(body), signature.ErrOld},
		"without a time": {signature.SignVonage("s", signature.VonageClaims{ID: "x"}, body), string(body), signature.ErrOld},
		"expired":        {signature.SignVonage("s", signature.VonageClaims{IssuedAt: claims(now).IssuedAt, Expires: json.Number(fmt.Sprint(now.Add(-time.Hour).Unix()))}, body), string(body), signature.ErrOld},
		"another body":   {signature.SignVonage("s", claims(now), body), string(body) + " ", signature.ErrWrong},
		"another secret": {signature.SignVonage("t", claims(now), body), string(body), signature.ErrWrong},
		"missing":        {"", string(body), signature.ErrMissing},
	} {
		if _, err := signature.Vonage("s", c.token, []byte(c.body), now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := signature.Vonage("", signature.SignVonage("", claims(now), body), body, now); err == nil {
		t.Error("an empty secret is taken")
	}
}

// A token that names another algorithm is not believed, whatever its MAC.
func TestVonageAlgorithmIsPinned(t *testing.T) {
	good := signature.SignVonage("s", claims(now), nil)
	parts := strings.Split(strings.TrimPrefix(good, "Bearer "), ".")
	for _, header := range []string{`{"alg":"none"}`, `{"alg":"HS512"}`, `{"alg":"RS256"}`, `{"alg":"HS256","crit":["x"]}`, `{}`} {
		token := "Bearer " + base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + parts[1] + "."
		if _, err := signature.VonageToken("s", token); err == nil {
			t.Errorf("%s without a MAC is taken", header)
		}
		if _, err := signature.VonageToken("s", token+parts[2]); err == nil {
			t.Errorf("%s is taken", header)
		}
	}
}

func TestVonageSMS(t *testing.T) {
	// Computed with the tool md5sum from the documented rule.
	params := url.Values{"b": {"2=3"}, "a": {"1&x"}}
	if got := signature.SignVonageSMS("secret", signature.MD5Hash, params); got != "0ab84fa095bce3ac83533076be9b4998" {
		t.Errorf("md5hash is %s", got)
	}
	for _, method := range signature.SMSMethods() {
		signed := url.Values{"b": {"2=3"}, "a": {"1&x"}}
		signed.Set("sig", strings.ToUpper(signature.SignVonageSMS("secret", method, signed)))
		if err := signature.VonageSMS("secret", method, signed); err != nil {
			t.Errorf("%s: %v", method, err)
		}
		for _, other := range append(signature.SMSMethods(), "", "none") {
			if err := signature.VonageSMS("secret", other, signed); (err == nil) != (other == method) {
				t.Errorf("%s checked as %q: %v", method, other, err)
			}
		}
		signed.Add("a", "more")
		if err := signature.VonageSMS("secret", method, signed); !errors.Is(err, signature.ErrWrong) {
			t.Errorf("%s with a second value: %v", method, err)
		}
	}
	if err := signature.VonageSMS("secret", signature.MD5Hash, url.Values{"a": {"1"}}); !errors.Is(err, signature.ErrMissing) {
		t.Errorf("no sig: %v", err)
	}
	if err := signature.VonageSMS("", signature.MD5Hash, url.Values{"sig": {signature.SignVonageSMS("", signature.MD5Hash, nil)}}); err == nil {
		t.Error("an empty secret is taken")
	}
}

func TestGuard(t *testing.T) {
	var g signature.Guard
	for i, c := range []struct {
		scope, id, hash string
		at              time.Time
		want            error
	}{
		{"a", "1", "h", now, nil}, {"a", "1", "h", now, nil}, {"a", "1", "i", now, signature.ErrReused}, {"b", "1", "i", now, nil},
		{"a", "", "h", now, nil}, {"a", "", "i", now, nil},
		{"a", "2", "h", now.Add(48 * time.Hour), nil}, {"a", "1", "i", now.Add(48 * time.Hour), nil},
	} {
		if err := g.Admit(c.scope, c.id, c.hash, c.at); !errors.Is(err, c.want) {
			t.Errorf("%d: %v, want %v", i, err, c.want)
		}
	}
}

// More tokens than there is room for push out the oldest and nothing else.
func TestGuardIsBounded(t *testing.T) {
	var g signature.Guard
	const n = 3 << 16
	for i := range n {
		if err := g.Admit("a", fmt.Sprint(i), "h", now); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Admit("a", fmt.Sprint(n-1), "i", now); !errors.Is(err, signature.ErrReused) {
		t.Errorf("the newest is forgotten: %v", err)
	}
	if err := g.Admit("a", "0", "i", now); err != nil {
		t.Errorf("the oldest is remembered: %v", err)
	}
}

func FuzzVonageToken(f *testing.F) {
	f.Add(signature.SignVonage("s", claims(now), []byte("{}")))
	f.Add("Bearer a.b.c")
	f.Add("bearer ..")
	f.Fuzz(func(t *testing.T, header string) {
		if _, err := signature.VonageToken("a secret nobody guesses", header); err == nil {
			t.Fatalf("%q is believed", header)
		}
	})
}

func FuzzTwilio(f *testing.F) {
	f.Add(fields, "foo=1", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
	f.Add("%zz", "bodySHA256=00", "")
	f.Fuzz(func(t *testing.T, body, query, sum string) {
		req := &channel.Request{Method: http.MethodPost, URL: &url.URL{RawQuery: query}, Header: http.Header{"X-Twilio-Signature": {sum}}, Body: []byte(body)}
		if _, err := signature.Twilio("a token nobody guesses", "https://a.example/h", req); err == nil {
			t.Fatal("a made-up signature is believed")
		}
	})
}
