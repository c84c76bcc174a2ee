package e2e

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// unproved are the kinds whose provider proves nothing but that it knows the
// address; outOfBody those that prove who posts, and not what. Mailgun's proof
// stands in the body and covers a token there.
var unproved, outOfBody = []string{"navertalk", "mailgun"}, []string{"telegram", "kakao", "kakaotalk", "alimtalk", "channeltalk", "postmark", "freeswitch"}

// TestForgeriesAtEveryDoor posts to each hook of the whole program what its
// provider would, with the body or the proof changed. None is answered with
// success and nothing of any is in the log; what is not changed is taken then.
//
// To see it fail: in any adapter, leave the check of the proof out.
func TestForgeriesAtEveryDoor(t *testing.T) {
	in := rig.RunIn(t, rig.Settings(t.TempDir()), house.Outside{NoMedia: true})
	h := newHall(t, in)
	seen := map[string]bool{}
	for _, p := range append(ownSamples(t), writtenHere()...) {
		if seen[p.kind] || p.quiet || slices.Contains(unproved, p.kind) {
			continue
		}
		seen[p.kind] = true
		t.Run(p.kind, func(t *testing.T) {
			inbox := h.door(p)
			hook := in.URL(inbox.HookPath)
			good := h.ways[p.kind].prove(p, hook)
			before := in.House.Ground.Inbound.DurableSeq()
			for name, forged := range forgeries(p.kind, good) {
				if status := post(t, hook, forged); status/100 == 2 || status == http.StatusInternalServerError {
					t.Errorf("%s: status %d", name, status)
				}
			}
			for _, in := range h.stated(before) { // calls of the doors before are stated meanwhile
				if in.Inbox == inbox.ID {
					t.Errorf("a forgery is in the log: %s %s", in.Type, in.ProviderID)
				}
			}
			if status := post(t, hook, h.ways[p.kind].prove(p, hook)); status/100 != 2 {
				t.Errorf("what is as it was posted is answered with %d", status)
			}
		})
	}
	for kind := range h.ways {
		if !seen[kind] && !slices.Contains(unproved, kind) {
			t.Errorf("nothing was forged for %s", kind)
		}
	}
}

func post(t *testing.T, hook string, r fake.Request) int {
	t.Helper()
	req, err := r.Request(t.Context(), hook)
	must(t, err)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	_ = res.Body.Close()
	return res.StatusCode
}

// notProof are the headers that prove nothing; the topic is read in what is signed.
var notProof = []string{"Content-Type", "X-Shopify-Topic", "X-Amz-Sns-Message-Type", "X-Amz-Sns-Topic-Arn"}

// forgeries are changes of the body, where it is proved, and of whatever proves
// it: each header and each value of the query is left out, emptied and cut.
func forgeries(kind string, good fake.Request) map[string]fake.Request {
	out := map[string]fake.Request{}
	with := func(name string, change func(*fake.Request)) {
		forged := fake.Request{Method: good.Method, Query: good.Query, Header: good.Header.Clone(), Body: bytes.Clone(good.Body)}
		change(&forged)
		out[name] = forged
	}
	if !slices.Contains(outOfBody, kind) {
		with("a byte changed", func(r *fake.Request) { r.Body[len(r.Body)/2] ^= 1 })
		with("the body cut", func(r *fake.Request) { r.Body = r.Body[:len(r.Body)/2] })
		with("no body", func(r *fake.Request) { r.Body = nil })
	}
	for header := range good.Header {
		if slices.Contains(notProof, header) {
			continue
		}
		value := good.Header.Get(header)
		with(header+" missing", func(r *fake.Request) { r.Header.Del(header) })
		with(header+" empty", func(r *fake.Request) { r.Header.Set(header, "") })
		with(header+" cut", func(r *fake.Request) { r.Header.Set(header, value[:len(value)-3]) })
		with(header+" cut to half", func(r *fake.Request) { r.Header.Set(header, value[:len(value)/2]) })
	}
	query, err := url.ParseQuery(good.Query)
	for name := range query {
		if err != nil || name == "step" || name == "encrypt_type" || name == "signature" && query.Has("msg_signature") {
			continue // no proof: wechat's first signature counts where the body is not sealed
		}
		set := func(value string) func(*fake.Request) {
			return func(r *fake.Request) {
				changed, _ := url.ParseQuery(good.Query) // it was read above
				changed.Set(name, value)
				r.Query = changed.Encode()
			}
		}
		with(name+" empty", set(""))
		with(name+" cut", set(query.Get(name)[:len(query.Get(name))-1]))
	}
	return out
}
