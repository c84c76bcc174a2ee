package freeswitch_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/phone/freeswitch"
)

func inbox(t testing.TB, settings string) config.Inbox {
	t.Helper()
	in := config.Inbox{ID: "infs", Channel: freeswitch.Kind, HookToken: "t", Settings: []byte(settings), Secrets: map[string]string{freeswitch.SecretPassword: "p4ss"}}
	if err := freeswitch.New().Check(&in); err != nil {
		t.Fatal(err)
	}
	return in
}

func request(body []byte, mime string) *channel.Request {
	h := http.Header{"Content-Type": {mime}}
	r := http.Request{Header: h}
	r.SetBasicAuth("tributary", "p4ss")
	return &channel.Request{Method: http.MethodPost, Header: h, Body: body, At: time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC)}
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		legs, kept, reply, err := freeswitch.New().ReceiveLegs(inbox(t, `{}`), request(body, "application/json"))
		if err != nil || len(kept) != 0 || reply.Status != http.StatusOK {
			t.Fatalf("%s: %v, %d kept, status %d", file, err, len(kept), reply.Status)
		}
		text, err := json.MarshalIndent(legs, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		testkit.Golden(t, "testdata/golden/"+filepath.Base(file), append(text, '\n'))
	}
}

// The three ways of encoding give one leg, with and without encoded values.
func TestEncodings(t *testing.T) {
	body, err := os.ReadFile("testdata/a-leg.json")
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.NewReplacer("%EA%B9%80%ED%95%98%EB%8A%98", "김하늘", "https%3A%2F%2Fpbx.example%2Frec%2Fa1b2.wav", "https://pbx.example/rec/a1b2.wav").Replace(string(body))
	want := ""
	for name, c := range map[string]struct{ mime, body, settings string }{
		"json":               {"application/json", string(body), `{}`},
		"form":               {"application/x-www-form-urlencoded", "cdr=" + url.QueryEscape(string(body)), `{}`},
		"form, no plus":      {"application/x-www-form-urlencoded; charset=utf-8", "cdr=" + url.PathEscape(string(body)), `{}`},
		"base64":             {"application/x-www-form-base64-encoded", "cdr=" + base64.StdEncoding.EncodeToString(body), `{}`},
		"values as they are": {"application/json", plain, `{"raw_values":true}`},
	} {
		legs, kept, _, err := freeswitch.New().ReceiveLegs(inbox(t, c.settings), request([]byte(c.body), c.mime))
		if err != nil || len(legs) != 1 || len(kept) != 0 {
			t.Errorf("%s: %v, %d legs, %d kept", name, err, len(legs), len(kept))
			continue
		}
		got, _ := json.Marshal(legs[0])
		if want == "" {
			want = string(got)
		}
		if string(got) != want || legs[0].Name != "김하늘" {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	in := inbox(t, `{"user":"switch"}`)
	good := []byte(`{"variables":{"uuid":"1","start_epoch":"1","end_epoch":"2"}}`)
	auth := func(user, password string) http.Header {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(user, password)
		return r.Header
	}
	for name, c := range map[string]struct {
		header http.Header
		body   []byte
		method string
		status int
	}{
		"good":           {auth("switch", "p4ss"), good, "POST", 0},
		"nobody":         {http.Header{}, good, "POST", 401},
		"wrong password": {auth("switch", "p4s"), good, "POST", 401},
		"empty password": {auth("switch", ""), good, "POST", 401},
		"wrong user":     {auth("tributary", "p4ss"), good, "POST", 401},
		"not basic":      {http.Header{"Authorization": {"Bearer p4ss"}}, good, "POST", 401},
		"no JSON":        {auth("switch", "p4ss"), []byte("x"), "POST", 400},
		"GET":            {auth("switch", "p4ss"), nil, "GET", 405},
	} {
		_, _, _, err := freeswitch.New().ReceiveLegs(in, &channel.Request{Method: c.method, Header: c.header, Body: c.body})
		status := 0
		if refusal, ok := err.(*channel.Refusal); ok {
			status = refusal.Status
		}
		if status != c.status {
			t.Errorf("%s: %v, want status %d", name, err, c.status)
		}
	}
	for _, settings := range []string{`{"user":"a:b"}`, `{"nonsense":1}`} {
		bad := config.Inbox{Settings: []byte(settings), Secrets: in.Secrets}
		if freeswitch.New().Check(&bad) == nil {
			t.Errorf("taken: %s", settings)
		}
	}
}

func TestConformance(t *testing.T) {
	header := request(nil, "application/json").Header
	call := func(n int) conformance.Call {
		return conformance.Call{Header: header, Body: fmt.Appendf(nil,
			`{"variables":{"uuid":"u%d","caller_id_number":"01012345678","destination_number":"101","start_epoch":"%d","answer_epoch":"0","end_epoch":"%d","hangup_cause":"ORIGINATOR_CANCEL"}}`, n, 1772582400+n, 1772582410+n)}
	}
	in := inbox(t, `{}`)
	empty := config.Inbox{ID: in.ID, Channel: in.Channel, Secrets: map[string]string{freeswitch.SecretPassword: ""}}
	conformance.Run(t, conformance.Subject{
		Adapter: freeswitch.New(), Inbox: in, NoSecret: &empty,
		Receiving: &conformance.Receiving{
			HasTimes: true, Message: call,
			Unknown: func() conformance.Call {
				return conformance.Call{Header: header, Body: []byte(`{"core-uuid":"1","something":"else"}`)}
			},
		},
	})
}

func FuzzReceive(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, "application/json")
		f.Add([]byte("cdr="+base64.StdEncoding.EncodeToString(body)), "application/x-www-form-base64-encoded")
		f.Add([]byte("cdr="+url.QueryEscape(string(body))), "application/x-www-form-urlencoded")
	}
	in := inbox(f, `{}`)
	f.Fuzz(func(t *testing.T, body []byte, mime string) {
		kept := bytes.Clone(body)
		statements, _, err := freeswitch.New().Receive(in, request(body, mime))
		if err != nil {
			return
		}
		if !bytes.Equal(kept, body) {
			t.Fatal("the body was changed")
		}
		for _, s := range statements {
			if _, err := s.Encode(); err != nil || s.ProviderID == "" {
				t.Fatalf("statement %+v: %v", s, err)
			}
			if s.Type == events.CallLogged && (s.Sender.Points[0].Value == "" || s.Call.TalkS < 0) {
				t.Fatalf("call %+v of %+v", s.Call, s.Sender)
			}
		}
	})
}
