package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/email/ses/sesfake"
	"github.com/tributary-inbox/tributary/services/social/alimtalk/alimtalkfake"
	"github.com/tributary-inbox/tributary/services/social/channeltalk/channeltalkfake"
	"github.com/tributary-inbox/tributary/services/social/discord/discordfake"
	"github.com/tributary-inbox/tributary/services/social/graph/graphfake"
	"github.com/tributary-inbox/tributary/services/social/kakao/kakaofake"
	"github.com/tributary-inbox/tributary/services/social/kakaotalk/kakaotalkfake"
	"github.com/tributary-inbox/tributary/services/social/line/linefake"
	"github.com/tributary-inbox/tributary/services/social/slack/slackfake"
	"github.com/tributary-inbox/tributary/services/social/telegram/telegramfake"
	"github.com/tributary-inbox/tributary/services/social/twilio/twiliofake"
	"github.com/tributary-inbox/tributary/services/social/viber/viberfake"
	"github.com/tributary-inbox/tributary/services/social/vonage/vonagefake"
	"github.com/tributary-inbox/tributary/services/social/wechat/wechatfake"
	"github.com/tributary-inbox/tributary/services/social/x/xfake"
	"github.com/tributary-inbox/tributary/services/social/zalo/zalofake"
	"github.com/tributary-inbox/tributary/services/tributary/fakes"
)

const formEncoded = "application/x-www-form-urlencoded"

// way is how a provider reaches an inbox: the channel it is on, the settings
// with secrets among them, and the proof that the provider puts on what it
// posts. Hook is the public address of the inbox. Later says that what is posted
// is part of a call, which is stated when it is over.
type way struct {
	channel  string
	settings func(account, hook string) map[string]any
	prove    func(p parcel, hook string) fake.Request
	later    bool
}

// plain is a request without a proof over its body.
func plain(p parcel, header http.Header) fake.Request {
	if header == nil {
		header = http.Header{}
	}
	if p.form != "" && header.Get("Content-Type") == "" {
		header.Set("Content-Type", p.form)
	}
	return fake.Request{Query: p.query, Body: p.body, Header: header}
}

// named is the setting by which an inbox knows its account, per channel.
var named = map[string]string{"messenger": "page_id", "instagram": "account_id", "whatsapp": "phone_number_id", "kakao": "bot_id", "kakaotalk": "sender_key", "zalo": "app_id", "x": "user_id"}

// proofs is how each provider of text messages proves a body.
func proofs() map[string]func(parcel, string) fake.Request {
	body := func(sign func([]byte) fake.Request) func(parcel, string) fake.Request {
		return func(p parcel, _ string) fake.Request { return sign(p.body) }
	}
	header := func(name, value string) func(parcel, string) fake.Request {
		return func(p parcel, _ string) fake.Request { return plain(p, http.Header{name: {value}}) }
	}
	return map[string]func(parcel, string) fake.Request{
		"messenger": body(graphfake.Signed), "instagram": body(graphfake.Signed), "whatsapp": body(graphfake.Signed), "discord": body(discordfake.Sign),
		"line": body(linefake.Sign), "telegram": body(telegramfake.Sign), "x": body(xfake.Sign),
		"slack": func(p parcel, _ string) fake.Request { return slackfake.Sign(shaped(p.body), p.form, time.Now()) },
		"twilio": func(p parcel, hook string) fake.Request {
			form, err := url.ParseQuery(string(p.body))
			if err != nil {
				form = url.Values{}
			}
			return plain(p, http.Header{signature.TwilioHeader: {signature.SignTwilio(twiliofake.Token, hook, form)}})
		},
		"vonage": func(p parcel, _ string) fake.Request { return vonagefake.SignBytes(p.body, time.Now()) },
		"viber": func(p parcel, _ string) fake.Request {
			return plain(p, http.Header{"X-Viber-Content-Signature": {hexMAC(viberfake.Token, p.body)}})
		},
		"zalo": func(p parcel, _ string) fake.Request {
			var doc struct {
				Time json.RawMessage `json:"timestamp"`
			}
			_ = json.Unmarshal(p.body, &doc) // then there is no time to sign
			if p.account == "" {
				p.account = zalofake.App
			}
			sum := sha256.Sum256([]byte(p.account + string(p.body) + strings.Trim(string(doc.Time), `"`) + zalofake.Secret))
			return plain(p, http.Header{"X-Zevent-Signature": {"mac=" + hex.EncodeToString(sum[:])}})
		},
		"wechat": func(p parcel, _ string) fake.Request {
			return wechatfake.Seal(wechatfake.Token, wechatfake.AESKey, wechatfake.App, p.body, time.Now())
		},
		"kakao": header("X-Skill-Secret", kakaofake.Secret), "kakaotalk": header("X-Hook-Secret", kakaotalkfake.HookSecret), "alimtalk": header("X-Solapi-Secret", alimtalkfake.HookSecret),
		"channeltalk": func(p parcel, _ string) fake.Request {
			r := plain(p, nil)
			r.Query = "token=" + url.QueryEscape(channeltalkfake.Token)
			return r
		},
		"navertalk": func(p parcel, _ string) fake.Request { return plain(p, nil) },
	}
}

// ways are all of them, by kind of parcel.
func ways(t testing.TB) map[string]way {
	t.Helper()
	out := map[string]way{}
	all := proofs()
	for _, p := range fakes.All() {
		prove, known := all[p.Kind()]
		if !known {
			t.Errorf("nobody has said how %s proves what it posts", p.Kind())
			continue
		}
		out[p.Kind()] = way{channel: p.Kind(), prove: prove, settings: func(account, hook string) map[string]any {
			settings, err := fake.Filled(p, "http://127.0.0.1:1", hook)
			must(t, err)
			if name := named[p.Kind()]; name != "" && account != "" {
				settings[name] = account
			}
			return settings
		}}
	}
	for kind, w := range mailWays(t) {
		out[kind] = w
	}
	for kind, w := range otherWays() {
		out[kind] = w
	}
	return out
}

const shopSecret, phoneSecret = "the app's client secret", "the exchange's password"

// otherWays are those of shops and telephone exchanges.
func otherWays() map[string]way {
	fixed := func(settings map[string]any) func(string, string) map[string]any {
		return func(string, string) map[string]any { return settings }
	}
	voice := func(_, hook string) map[string]any {
		return map[string]any{"public_url": hook, "account_sid": twiliofake.Account, "auth_token": phoneSecret, "allow_private": true, "settle": "5ms", "patience": "50ms"}
	}
	return map[string]way{
		"shopify": {channel: "shopify", settings: fixed(map[string]any{"secret": shopSecret, "default_region": "KR"}), prove: func(p parcel, _ string) fake.Request {
			mac := hmac.New(sha256.New, []byte(shopSecret))
			mac.Write(p.body)
			return plain(p, http.Header{"X-Shopify-Topic": {p.topic}, "X-Shopify-Hmac-Sha256": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}})
		}},
		"shop": {channel: "shop", settings: fixed(map[string]any{
			"auth": "hmac", "secret": shopSecret, "signature": map[string]any{"header": "X-Sum"}, "order": map[string]any{"id": "/id", "total": "/total"}, "customer": map[string]any{"email": "/email"},
		}), prove: func(p parcel, _ string) fake.Request {
			return plain(p, http.Header{"X-Sum": {hexMAC(shopSecret, p.body)}})
		}},
		"freeswitch": {channel: "freeswitch", later: true, settings: fixed(map[string]any{"password": phoneSecret, "settle": "5ms", "patience": "50ms"}), prove: func(p parcel, _ string) fake.Request {
			login := base64.StdEncoding.EncodeToString([]byte("tributary:" + phoneSecret))
			return plain(p, http.Header{"Authorization": {"Basic " + login}})
		}},
		"twiliovoice": {channel: "twiliovoice", later: true, settings: voice, prove: func(p parcel, hook string) fake.Request {
			form, _ := url.ParseQuery(string(p.body)) // none: an empty form is signed
			if p.query != "" {
				hook += "?" + p.query
			}
			return plain(p, http.Header{signature.TwilioHeader: {signature.SignTwilio(phoneSecret, hook, form)}})
		}},
		"vonagevoice": {channel: "vonagevoice", later: true, settings: fixed(map[string]any{"signature_secret": vonagefake.Secret, "settle": "5ms", "patience": "50ms"}),
			prove: func(p parcel, _ string) fake.Request { return vonagefake.SignBytes(p.body, time.Now()) }},
	}
}

// mailWays are the services that hand mail on by HTTP.
func mailWays(t testing.TB) map[string]way {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	must(t, err)
	amazon := sesfake.New()
	must(t, amazon.Open())
	t.Cleanup(func() { must(t, amazon.Close()) })
	mail := func(source string, more map[string]any) func(string, string) map[string]any {
		out := map[string]any{"address": source + "@example.com", "source": source}
		for name, value := range more {
			out[name] = value
		}
		return func(string, string) map[string]any { return out }
	}
	return map[string]way{
		"sendgrid": {channel: "email", settings: mail("sendgrid", map[string]any{"sendgrid": map[string]any{"public_key": base64.StdEncoding.EncodeToString(der)}}), prove: func(p parcel, _ string) fake.Request {
			stamp := strconv.FormatInt(time.Now().Unix(), 10)
			sum := sha256.Sum256(append([]byte(stamp), p.body...))
			signed, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
			must(t, err)
			return plain(p, http.Header{"X-Twilio-Email-Event-Webhook-Timestamp": {stamp}, "X-Twilio-Email-Event-Webhook-Signature": {base64.StdEncoding.EncodeToString(signed)}})
		}},
		"mailgun": {channel: "email", settings: mail("mailgun", map[string]any{"signing_key": phoneSecret}), prove: func(p parcel, _ string) fake.Request {
			stamp, token := strconv.FormatInt(time.Now().Unix(), 10), hexMAC("token", p.body)[:50]
			proof := map[string]string{"timestamp": stamp, "token": token, "signature": hexMAC(phoneSecret, []byte(stamp+token))}
			if p.form != formEncoded {
				signed, err := json.Marshal(map[string]any{"signature": proof, "event-data": json.RawMessage(p.body)})
				must(t, err)
				p.body = signed
				return plain(p, nil)
			}
			form := url.Values{"recipient": {"mailgun@example.com"}, "sender": {"jane@example.org"}, "body-mime": {string(p.body)}}
			for name, value := range proof {
				form.Set(name, value)
			}
			p.body = []byte(form.Encode())
			return plain(p, nil)
		}},
		"postmark": {channel: "email", settings: mail("postmark", map[string]any{"postmark_password": phoneSecret}), prove: func(p parcel, _ string) fake.Request {
			return plain(p, http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("postmark:"+phoneSecret))}})
		}},
		"ses": {channel: "email", settings: func(string, string) map[string]any {
			raw, _ := amazon.Settings("ses@example.com")
			out := map[string]any{}
			must(t, json.Unmarshal(raw, &out))
			return out
		}, prove: func(p parcel, _ string) fake.Request {
			sum := sha256.Sum256(p.body)
			return amazon.Notice(map[string]string{"Type": "Notification", "MessageId": hex.EncodeToString(sum[:8]), "Timestamp": time.Now().UTC().Format(time.RFC3339), "Message": string(p.body)})
		}},
	}
}

func hexMAC(key string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// shaped puts something where a sample that shows only the shape of a Slack
// event has empty texts, and names its callback.
func shaped(body []byte) []byte {
	var doc map[string]any
	if json.Unmarshal(body, &doc) != nil || doc["event_id"] != "" {
		return body
	}
	var fill func(node any) any
	fill = func(node any) any {
		switch n := node.(type) {
		case string:
			if n == "" {
				return "X1"
			}
		case []any:
			for i := range n {
				n[i] = fill(n[i])
			}
		case map[string]any:
			for name := range n {
				n[name] = fill(n[name])
			}
		}
		return node
	}
	fill(doc)
	doc["type"] = "event_callback"
	// A shape has no ids: each would be the same event as the one before.
	doc["event_id"] = "Ev" + hexMAC("shape", body)[:10]
	out, err := json.Marshal(doc)
	if err != nil {
		return body
	}
	return out
}
