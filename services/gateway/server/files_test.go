package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// attach opens a conversation with one message that has a file, and tells where
// the file is served to who is signed in.
func (w *world) attach(conversation string, file events.Attachment) string {
	w.t.Helper()
	c := w.open(conversation, nil)
	return w.attachTo(c, file)
}

func (w *world) attachTo(c events.Conversation, file events.Attachment) string {
	w.t.Helper()
	m := message(c, "a file")
	m.Attachments = []events.Attachment{file}
	c.Version++
	w.decide(c.Contact.ID, []events.Body{&events.MessageAdded{Message: m}}, c)
	return fileAt(c.ID, m.ID, file)
}

func fileAt(c events.ConversationID, m events.MessageID, file events.Attachment) string {
	return "/conversations/" + string(c) + "/messages/" + string(m) + "/attachments/" + url.PathEscape(file.ID)
}

// takeBack makes every message of a conversation say nothing any more.
func (w *world) takeBack(c events.ConversationID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.messages[c] {
		w.messages[c][i].Attachments = []events.Attachment{}
		w.messages[c][i].Flag("removed")
	}
}

func (p *plant) stored(t *testing.T, id, name, kind string, data []byte) events.Attachment {
	t.Helper()
	ref, err := p.blobs.Put(t.Context(), bytes.NewReader(data), int64(len(data)))
	must(t, err)
	return events.Attachment{ID: id, Name: name, Type: kind, Size: ref.Size, Hash: ref.Hash}
}

// A file is for who sees the conversation that shows its message, and for nobody
// else; the walls are those of the conversation itself.
func TestAFileIsBehindTheWallsOfItsConversation(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	sales := events.TeamID(admin.named("/teams", "Sales", nil))
	legal := events.TeamID(admin.named("/teams", "Legal", nil))
	theirs, ours := admin.agent("l@example.test", config.RoleAgent, legal), admin.agent("s@example.test", config.RoleAgent, sales)
	boss := admin.agent("b@example.test", config.RoleSupervisor, sales)
	file := p.stored(t, "at1", "contract.txt", "text/plain; charset=utf-8", []byte("for legal eyes"))
	c := p.world.open("cv-legal", func(c *events.Conversation) { c.Team = legal })
	at := p.world.attachTo(c, file)
	free := p.world.open("cv-free", nil)

	for name, who := range map[string]*client{"administrator": admin, "agent of the team": theirs} {
		var got string
		resp := who.send("GET", at, nil, nil, 200, &got)
		if got != "for legal eyes" || resp.Header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s: %q %v", name, got, resp.Header)
		}
		if who.send("GET", at, nil, http.Header{"If-None-Match": {resp.Header.Get("Etag")}}, 304, nil).Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: an answer without the bytes lacks its headers", name)
		}
	}
	var text string
	for name, who := range map[string]*client{"agent of another team": ours, "supervisor of another team": boss} {
		checkProblem(t, name, who.send("GET", at, nil, nil, 404, &text), text, 404)
	}
	g.anonymous(t).send("GET", at, nil, nil, 401, nil)
	// A conversation that one may see is no way to another's files.
	message := strings.Split(at, "/")[4]
	ours.send("GET", fileAt(free.ID, events.MessageID(message), file), nil, nil, 404, nil)
	admin.send("GET", fileAt(free.ID, events.MessageID(message), file), nil, nil, 404, nil)
	admin.send("GET", strings.TrimSuffix(at, "at1")+"at2", nil, nil, 404, nil)
	admin.send("GET", "/attachments/"+file.Hash, nil, nil, 404, nil)

	// Folded into a conversation of sales, it is theirs to see.
	into := p.world.open("cv-sales", func(c *events.Conversation) { c.Team = sales })
	p.world.mu.Lock()
	c.Version, c.Status, c.MergedInto = 3, events.Merged, into.ID
	p.world.append(c.Contact.ID, []events.Body{&events.ConversationMerged{From: c.ID, Into: into.ID}}, c)
	p.world.mu.Unlock()
	testkit.Eventually(t, time.Minute, func() error {
		if status := ours.status("GET", at); status != 200 {
			return fmt.Errorf("by the conversation it was said in: %d", status)
		}
		return nil
	})
	ours.send("GET", fileAt(into.ID, events.MessageID(message), file), nil, nil, 200, nil)

	p.world.takeBack(c.ID)
	admin.send("GET", at, nil, nil, 404, nil)
}

// What an agent attaches says of itself what it is, whatever the request says.
func TestAnAttachmentIsWhatItIs(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	p.world.open("cv1", nil)
	var up events.Attachment
	admin.send("POST", "/attachments?name=a.html", strings.NewReader("<!doctype html><p>hello"), nil, 201, &up)
	lies := []events.Attachment{
		{ID: "x", Hash: up.Hash, Name: "../a.jpg", Type: "image/jpeg", Size: 1, URL: "https://elsewhere.example/track.gif", Failed: "no"},
		{ID: "x", Hash: up.Hash, Name: "b"}, {ID: strings.Repeat("x", 65), Hash: up.Hash},
	}
	admin.call("POST", "/conversations/cv1/messages", map[string]any{"text": "", "attachments": lies}, 201, nil)
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	var body commands.ReplyBody
	must(t, json.Unmarshal(p.world.asked[len(p.world.asked)-1].Body, &body))
	ids := map[string]bool{}
	for i, a := range body.Attachments {
		ids[a.ID] = true
		if a.Type != "text/html; charset=utf-8" || a.Size != up.Size || a.URL != "" || a.Failed != "" || strings.Contains(a.Name, "/") || len(a.ID) > 64 {
			t.Errorf("attachment %d: %+v", i, a)
		}
	}
	if len(ids) != 3 {
		t.Errorf("three files have the ids %v", ids)
	}
}

// public is a gateway that serves public addresses.
type public struct {
	*gateway
	t     *testing.T
	links filelink.Links
	clock *clock.Fake
}

func openPublic(t *testing.T) *public {
	t.Helper()
	p := newPlant(t)
	log, err := eventlog.Open(t.Context(), p.nats.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: p.nats.Commit})
	must(t, err)
	t.Cleanup(log.Close)
	at := clock.NewFake(time.Now())
	keys := &filelink.Keys{Table: table[config.FileKeys](t, p, log, config.KindFileKeys), Now: at.Now}
	g := startGateway(t, p, func(d *Deps) {
		d.FileKeys, d.Clock = keys, at
		d.Browser.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	})
	return &public{gateway: g, t: t, links: filelink.Links{Keys: keys}, clock: at}
}

// out gives a file to a message and makes its public address.
func (p *public) out(conversation string, file events.Attachment) string {
	p.t.Helper()
	at := p.plant.world.attach(conversation, file)
	address, err := p.links.Path(p.t.Context(), events.MessageID(strings.Split(at, "/")[4]), file)
	must(p.t, err)
	return p.url + address
}

func (p *public) get(method, address string, want int, pairs ...string) (string, http.Header) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, address, nil)
	must(p.t, err)
	for i := 0; i < len(pairs); i += 2 {
		req.Header.Set(pairs[i], pairs[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	must(p.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	must(p.t, err)
	if resp.StatusCode != want {
		p.t.Fatalf("%s %s: %d, want %d: %.200s", method, address, resp.StatusCode, want, data)
	}
	return string(data), resp.Header
}

func TestAPublicAddress(t *testing.T) {
	p := openPublic(t)
	data := make([]byte, 300_000)
	dice := rand.NewChaCha8([32]byte{1})
	_, _ = dice.Read(data)
	data = append([]byte("%PDF-1.7\n"), data...)
	address := p.out("cv1", p.plant.stored(t, "1", "견적 1.pdf", "application/pdf", data))

	got, h := p.get("GET", address, 200)
	if got != string(data) {
		t.Error("other bytes come out")
	}
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename*=utf-8''%EA%B2%AC%EC%A0%81%201.pdf", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin",
		"Referrer-Policy": "no-referrer", "Accept-Ranges": "bytes", "X-Robots-Tag": "noindex", "Content-Length": fmt.Sprint(len(data)),
	} {
		if h.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, h.Get(name), want)
		}
	}
	if got, h = p.get("HEAD", address, 200); got != "" || h.Get("Content-Length") != fmt.Sprint(len(data)) {
		t.Errorf("HEAD: %d bytes, %v", len(got), h)
	}
	for _, c := range []struct {
		asked  string
		status int
		want   []byte
	}{
		{"bytes=0-99", 206, data[:100]}, {"bytes=200000-200009", 206, data[200000:200010]}, {"bytes=-5", 206, data[len(data)-5:]}, {"bytes=300000-", 206, data[300000:]},
		{"bytes=9999999-", 416, nil}, {"bytes=0-1,5-6", 200, data}, {"words=1-2", 416, nil},
	} {
		got, _ := p.get("GET", address, c.status, "Range", c.asked)
		if c.want != nil && got != string(c.want) {
			t.Errorf("%s: %d bytes, want %d", c.asked, len(got), len(c.want))
		}
	}
	p.get("POST", address, 405)
	p.get("DELETE", address, 405)

	// Nothing but this address opens it.
	u, err := url.Parse(address)
	must(t, err)
	token := strings.Split(u.Path, "/")[2]
	for _, forged := range []string{
		p.url + "/files/" + token + "/other.pdf", p.url + "/files/" + token[:len(token)-4] + "AAAA/" + url.PathEscape("견적 1.pdf"), p.url + "/files/x/y",
		p.url + "/files/" + strings.Repeat("A", 5000) + "/a",
	} {
		p.get("GET", forged, 404)
	}
	p.clock.Advance(filelink.Life + 24*time.Hour)
	if _, h := p.get("GET", address, 410); h.Get("Content-Disposition") != "" {
		t.Errorf("an ended address has the headers of the file: %v", h)
	}
}

// A page, a drawing or a script is bytes to save, whoever asks.
func TestAPublicAddressRunsNothing(t *testing.T) {
	p := openPublic(t)
	for i, c := range []struct{ data, served, how string }{
		{"<!doctype html><script>alert(1)</script>", "application/octet-stream", "attachment"},
		{"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "application/octet-stream", "attachment"},
		{`<?xml version="1.0"?><a/>`, "application/octet-stream", "attachment"},
		{"a,b\n1,2\n3,4\n", "text/csv", "attachment"},
		{"hello", "text/plain; charset=utf-8", "inline"},
		{"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png", "inline"},
	} {
		// The type it claims would be shown; what it is decides.
		_, h := p.get("GET", p.out(fmt.Sprint("cv", i), p.plant.stored(t, "1", "a.png", "image/png", []byte(c.data))), 200)
		if !strings.HasPrefix(h.Get("Content-Type"), c.served) || !strings.HasPrefix(h.Get("Content-Disposition"), c.how) {
			t.Errorf("%.20q: %s, %s", c.data, h.Get("Content-Type"), h.Get("Content-Disposition"))
		}
	}
}

// What was taken back is gone from every address that is out, at once, also while
// another message has the same bytes.
func TestAPublicAddressEndsWithItsMessage(t *testing.T) {
	p := openPublic(t)
	file := p.plant.stored(t, "1", "a.txt", "text/plain", []byte("the same bytes"))
	first, second := p.out("cv1", file), p.out("cv2", file)
	p.plant.world.takeBack("cv1")
	p.get("GET", first, 410)
	p.get("GET", second, 200)
	must(t, p.plant.blobs.Delete(t.Context(), file.Hash))
	p.get("GET", second, 410)

	third := p.out("cv3", p.plant.stored(t, "1", "b.txt", "text/plain", []byte("other bytes")))
	p.plant.world.mu.Lock()
	p.plant.world.messages["cv3"] = nil
	p.plant.world.mu.Unlock()
	p.get("GET", third, 410)

	// Nobody knows whether it was taken back: then it is not served.
	fourth := p.out("cv4", p.plant.stored(t, "1", "c.txt", "text/plain", []byte("more bytes")))
	p.get("GET", fourth, 200)
	p.plant.world.mu.Lock()
	p.plant.world.silent = true
	p.plant.world.mu.Unlock()
	if _, h := p.get("GET", fourth, 503); h.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
}

func TestAdministratorsRevokePublicAddresses(t *testing.T) {
	p := openPublic(t)
	address := p.out("cv1", p.plant.stored(t, "1", "a.txt", "text/plain", []byte("bytes")))
	p.get("GET", address, 200)
	p.admin(t).call("POST", "/file-links/revoke", map[string]any{}, 204, nil)
	p.get("GET", address, 404)
}

func TestStrangersAreBounded(t *testing.T) {
	p := openPublic(t)
	limited := func(from string, n int) (limited int) {
		for range n {
			req, err := http.NewRequestWithContext(t.Context(), "GET", p.url+"/files/x/y", nil)
			must(t, err)
			req.Header.Set("X-Forwarded-For", from)
			resp, err := http.DefaultClient.Do(req)
			must(t, err)
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode == http.StatusTooManyRequests {
				limited++
				if resp.Header.Get("Retry-After") == "" {
					t.Error("429 without Retry-After")
				}
			}
		}
		return limited
	}
	// The clock stands still, so nothing is forgiven meanwhile.
	if n := limited("198.51.100.7", 150); n != 50 {
		t.Errorf("%d of 150 requests at once were limited, want all but the first 100", n)
	}
	for _, other := range []string{"198.51.100.8", "10.0.0.9"} {
		if n := limited(other, 90); n != 0 {
			t.Errorf("%s pays for another: %d", other, n)
		}
	}
	if n := limited("2001:db8:1:2::1", 80) + limited("2001:db8:1:2::99", 80); n != 60 {
		t.Errorf("%d of 160 requests from one network were limited, want 60", n)
	}
	if n := limited("10.0.0.9", 150); n != 0 {
		t.Errorf("a proxy of our own is limited as one stranger: %d", n)
	}
	p.clock.Advance(10 * time.Second)
	if n := limited("198.51.100.7", 1); n != 0 {
		t.Error("nothing is forgiven")
	}
}

func TestPreviews(t *testing.T) {
	p := openPublic(t)
	noise := image.NewRGBA(image.Rect(0, 0, 3000, 1500))
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(dice.Uint32())
	}
	glass := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for i := range 40 * 20 {
		glass.SetNRGBA(i%40, i/40, color.NRGBA{0xff, 0, 0, 0}) // red that lets all light through
	}
	write := func(m image.Image, as func(io.Writer, image.Image) error) []byte {
		var out bytes.Buffer
		must(t, as(&out, m))
		return out.Bytes()
	}
	jpg := func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }
	for i, c := range []struct {
		kind string
		data []byte
		w, h int
	}{
		{"image/jpeg", write(noise, jpg), 1024, 512}, {"image/png", write(glass, png.Encode), 40, 20}, {"video/mp4", []byte("\x00\x00\x00\x18ftypmp42"), 640, 360},
	} {
		address := p.out(fmt.Sprint("cv", i), p.plant.stored(t, "1", "a", c.kind, c.data))
		got, h := p.get("GET", address+"?preview", 200)
		m, err := jpeg.Decode(strings.NewReader(got))
		if err != nil || m.Bounds().Dx() != c.w || m.Bounds().Dy() != c.h || len(got) > 1_000_000 || h.Get("Content-Type") != "image/jpeg" {
			t.Fatalf("%s: %d bytes, %v, %v", c.kind, len(got), h, err)
		}
		if i == 1 {
			if r, g, b, _ := m.At(20, 10).RGBA(); r>>8 < 0xf0 || g>>8 < 0xf0 || b>>8 < 0xf0 {
				t.Errorf("what lets light through is %d %d %d, want white", r>>8, g>>8, b>>8)
			}
		}
	}
	// A picture that says it is huge is not taken apart.
	huge := write(image.NewGray(image.Rect(0, 0, 1, 1)), png.Encode)
	copy(huge[16:24], []byte{0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0}) // 100 000 by 100 000
	for i, data := range [][]byte{huge, []byte("no picture"), {}} {
		p.get("GET", p.out(fmt.Sprint("bad", i), p.plant.stored(t, "1", "a.png", "image/png", data))+"?preview", 404)
	}
}
