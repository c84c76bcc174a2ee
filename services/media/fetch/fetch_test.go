package fetch_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/media/fetch"
)

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestAFileIsStoredUnderItsHashWithTheTypeOfItsBytes(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, png) })
	w.src.sha = strings.ToUpper(hashOf(png))
	w.start()
	w.say(time.Now(), message("m1", "media:7"))
	got := w.settles("m1/a0")
	if got.Hash != hashOf(png) || got.Type != "image/png" || got.Size != int64(len(png)) || got.Name != "ab.png" || got.URL != "" || got.Failed != "" {
		t.Errorf("settled %+v", got)
	}
	if content, ok := w.stored(got.Hash); !ok || content != png {
		t.Errorf("stored %q", content)
	}
	told := w.commands()
	if len(told) != 1 || told[0].Conversation != "cv1" || told[0].Name != "settle_attachment" || told[0].Version != 0 {
		t.Errorf("told %+v", told)
	}
}

func TestWhatIsDownIsTriedAgainAndARestartLosesNothing(t *testing.T) {
	w := newWorld(t)
	var calls, up atomic.Int64
	w.serve(func(rw http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		if up.Load() == 0 {
			rw.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(rw, "late")
	})
	stop := w.start()
	w.say(time.Now(), message("m1", "media:1"), message("m2", "media:2", "media:3"))
	testkit.Eventually(t, time.Minute, func() error {
		if calls.Load() < 9 {
			return errors.New("not tried often enough")
		}
		return nil
	})
	stop()
	up.Store(1)
	w.start()
	for _, key := range []string{"m1/a0", "m2/a0", "m2/a1"} {
		if got := w.settles(key); got.Hash != hashOf("late") {
			t.Errorf("%s: %+v", key, got)
		}
	}
}

func TestAnOldFileIsGivenUp(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) })
	w.start()
	w.say(time.Now().Add(-73*time.Hour), message("m1", "media:1"))
	if got := w.settles("m1/a0"); !strings.HasPrefix(got.Failed, "given up") || got.Hash != "" {
		t.Errorf("settled %+v", got)
	}
}

func TestWhatNeverWillBeHadIsSettledWithItsReason(t *testing.T) {
	w := newWorld(t)
	w.deps.MaxBytes = 1000
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gone":
			rw.WriteHeader(http.StatusGone)
		case "/announced":
			_, _ = io.WriteString(rw, strings.Repeat("x", 1001))
		case "/endless":
			for range 100 {
				_, _ = io.WriteString(rw, strings.Repeat("x", 1000))
				rw.(http.Flusher).Flush()
			}
		}
	})
	w.in["inplain"] = config.Inbox{ID: "inplain", Channel: "source", Settings: json.RawMessage(`{}`)}
	w.in["inmail"] = config.Inbox{ID: "inmail", Channel: "email"}
	w.start()
	strict := message("m2", "https://127.0.0.1/x", "http://127.0.0.1/x", "https://127.0.0.1:8443/x", "https://u:p@127.0.0.1/x", "https://elsewhere.example/x", "file:///etc/passwd")
	strict.Message.InboxID = "inplain"
	w.src.hosts = append(w.src.hosts, "127.0.0.1")
	mail := message("m3", "https://127.0.0.1/x")
	mail.Message.InboxID, mail.Message.Channel = "inmail", "email"
	w.say(time.Now(), message("m1", "media:gone", "media:announced", "media:endless"), strict, mail)
	for key, want := range map[string]string{
		"m1/a0": "no more", "m1/a1": "larger than 1000", "m1/a2": "larger than 1000",
		"m2/a0": "not public", "m2/a1": "not allowed", "m2/a2": "not allowed", "m2/a3": "not allowed", "m2/a4": "not allowed", "m2/a5": "not allowed",
		"m3/a0": "no way",
	} {
		if got := w.settles(key); !strings.Contains(got.Failed, want) || got.Hash != "" {
			t.Errorf("%s: %+v, want %s", key, got, want)
		}
	}
}

func TestRedirectsStayOnTheListAndCarryNoCredentials(t *testing.T) {
	w := newWorld(t)
	headers := make(chan http.Header, 1)
	other := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		headers <- r.Header
		_, _ = io.WriteString(rw, "moved")
	}))
	t.Cleanup(other.Close)
	stranger := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good":
			http.Redirect(rw, r, other.URL+"/there", http.StatusFound)
		case "/bad":
			http.Redirect(rw, r, stranger+"/there", http.StatusFound)
		default:
			http.Redirect(rw, r, "/again", http.StatusFound)
		}
	})
	w.src.hosts = append(w.src.hosts, strings.TrimPrefix(other.URL, "http://"))
	w.start()
	w.say(time.Now(), message("m1", "media:good", "media:bad", "media:loop"))
	if got := w.settles("m1/a0"); got.Hash != hashOf("moved") {
		t.Errorf("settled %+v", got)
	}
	h := <-headers
	for _, name := range []string{"Authorization", "X-Api-Key", "Referer", "Cookie"} {
		if h.Get(name) != "" {
			t.Errorf("%s went along to another host", name)
		}
	}
	for _, key := range []string{"m1/a1", "m1/a2"} {
		if got := w.settles(key); !strings.Contains(got.Failed, "not allowed") {
			t.Errorf("%s: %+v", key, got)
		}
	}
}

func TestOtherBytesThanAnnouncedAreNotKept(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "cut sho") })
	w.src.sha = hashOf("cut short")
	w.deps.GiveUp = time.Nanosecond
	w.start()
	w.say(time.Now(), message("m1", "media:1"))
	if got := w.settles("m1/a0"); !strings.Contains(got.Failed, "not the ones") {
		t.Errorf("settled %+v", got)
	}
	testkit.Eventually(t, time.Minute, func() error {
		if _, there := w.stored(hashOf("cut sho")); there {
			return errors.New("the wrong bytes are still stored")
		}
		return nil
	})
}

func TestTheRouterIsToldUntilItTakesItAndTheFileFetchedOnce(t *testing.T) {
	w := newWorld(t)
	var calls atomic.Int64
	w.serve(func(rw http.ResponseWriter, _ *http.Request) { calls.Add(1); _, _ = io.WriteString(rw, "once") })
	w.refuse = 3
	w.start()
	w.say(time.Now(), message("m1", "media:1"))
	w.settles("m1/a0")
	told := w.commands()
	if len(told) != 4 || calls.Load() != 1 {
		t.Errorf("told %d times, fetched %d times", len(told), calls.Load())
	}
	for _, c := range told {
		if c.ID != told[0].ID || c.ID == "" {
			t.Errorf("command ids %q and %q", c.ID, told[0].ID)
		}
	}
}

func TestWhatTheRouterDoesNotWaitForIsSaidOnce(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "x") })
	w.refuse, w.code = 1, commands.NotFound
	w.start()
	w.say(time.Now(), message("m1", "media:1"))
	testkit.Eventually(t, time.Minute, func() error {
		if len(w.commands()) == 0 {
			return errors.New("not told")
		}
		return nil
	})
	w.say(time.Now(), message("m2", "media:1"))
	w.settles("m2/a0")
	if n := len(w.commands()); n != 2 {
		t.Errorf("%d commands, want one for each message", n)
	}
}

func TestASlowHostHoldsUpNoOther(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(slow.Close)
	defer close(release)
	quick := w.serve(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "quick") })
	w.src.hosts = append(w.src.hosts, strings.TrimPrefix(slow.URL, "http://"))
	w.deps.Parallel, w.deps.PerHost = 6, 4
	w.start()
	var urls []string
	for i := range 50 {
		urls = append(urls, fmt.Sprint(slow.URL, "/", i))
	}
	w.say(time.Now(), message("m1", urls...))
	w.say(time.Now(), message("m2", quick.URL+"/1", quick.URL+"/2", quick.URL+"/3"))
	for _, key := range []string{"m2/a0", "m2/a1", "m2/a2"} {
		w.settles(key)
	}
}

func TestAPanicCostsOneAttempt(t *testing.T) {
	w := newWorld(t)
	w.src.panic = true
	w.deps.GiveUp = time.Nanosecond
	w.deps.Log = w.deps.Log.Output(io.Discard)
	w.start()
	w.say(time.Now(), message("m1", "media:1"))
	if got := w.settles("m1/a0"); !strings.HasPrefix(got.Failed, "given up") {
		t.Errorf("settled %+v", got)
	}
}

func TestAWebhookFileNeedsAList(t *testing.T) {
	w := newWorld(t)
	server := w.serve(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "%PDF-1.7\n") })
	host := strings.TrimPrefix(server.URL, "http://")
	w.in["inhook"] = config.Inbox{ID: "inhook", Channel: "webhook", Settings: json.RawMessage(`{"allow_private":true,"media_hosts":["` + host + `"]}`)}
	w.in["inbare"] = config.Inbox{ID: "inbare", Channel: "webhook", Settings: json.RawMessage(`{"allow_private":true}`)}
	w.start()
	for id, inbox := range map[string]events.InboxID{"m1": "inhook", "m2": "inbare"} {
		m := message(id, server.URL+"/file")
		m.Message.Channel, m.Message.InboxID = "webhook", inbox
		w.say(time.Now(), m)
	}
	if got := w.settles("m1/a0"); got.Type != "application/pdf" {
		t.Errorf("settled %+v", got)
	}
	if got := w.settles("m2/a0"); got.Failed != "no way to fetch" {
		t.Errorf("settled %+v", got)
	}
}

func TestACallsRecordingThatComesLaterIsFetched(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "RIFF") })
	w.start()
	call := message("m1")
	call.Message.Kind = events.KindCall
	w.say(time.Now(), call)
	w.say(time.Now(), &events.CallAmended{Conversation: "cv1", Message: "m1", Attachments: []events.Attachment{{ID: "rec", URL: "media:rec"}}})
	if got := w.settles("m1/rec"); got.Hash != hashOf("RIFF") {
		t.Errorf("settled %+v", got)
	}
}

func TestWhatIsTakenBackIsDeletedUnlessAnotherMessageHasIt(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(rw, r.URL.Path) })
	stop := w.start()
	w.say(time.Now(), message("m1", "media:own", "media:shared"), message("m2", "media:shared"), message("m3", "media:erased"))
	for _, key := range []string{"m1/a0", "m1/a1", "m2/a0", "m3/a0"} {
		w.settles(key)
	}
	w.say(time.Now(), &events.MessageRemoved{Conversation: "cv1", Message: "m1"})
	w.say(time.Now(), &events.ContactErased{What: []string{"*"}, Messages: []events.MessageID{"m3"}})
	gone := func() error {
		for _, path := range []string{"/own", "/erased"} {
			if _, there := w.stored(hashOf(path)); there {
				return fmt.Errorf("%s is still stored", path)
			}
		}
		return nil
	}
	testkit.Eventually(t, time.Minute, gone)
	if _, there := w.stored(hashOf("/shared")); !there {
		t.Error("a blob that another message has is gone")
	}
	// The file is derived: without it the same is known, and nothing is fetched
	// or deleted that should not be.
	stop()
	told := len(w.commands())
	for _, name := range []string{"media.db", "media.db.mark"} {
		if err := os.Remove(filepath.Join(w.deps.Dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	w.start()
	w.say(time.Now(), message("m4", "media:after"))
	w.settles("m4/a0")
	if n := len(w.commands()); n != told+1 {
		t.Errorf("%d commands after the rebuild, want 1", n-told)
	}
	if _, there := w.stored(hashOf("/shared")); !there {
		t.Error("the rebuild deleted a blob in use")
	}
	w.say(time.Now(), &events.MessageRemoved{Conversation: "cv1", Message: "m2"})
	testkit.Eventually(t, time.Minute, func() error {
		if _, there := w.stored(hashOf("/shared")); there {
			return errors.New("still stored")
		}
		return nil
	})
}

func TestAFetchUnderWayIsDroppedWithItsMessage(t *testing.T) {
	w := newWorld(t)
	begun, ended := make(chan struct{}), make(chan struct{})
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		rw.(http.Flusher).Flush()
		close(begun)
		<-r.Context().Done()
		close(ended)
	})
	w.start()
	w.say(time.Now(), message("m1", "media:1"))
	<-begun
	w.say(time.Now(), &events.MessageRemoved{Conversation: "cv1", Message: "m1"})
	<-ended
	w.say(time.Now(), message("m2", "https://nowhere.example/x"))
	w.settles("m2/a0")
	for _, c := range w.commands() {
		if strings.Contains(string(c.Body), `"m1"`) {
			t.Errorf("the router was told of a removed message: %s", c.Body)
		}
	}
}

func TestNewRefusesWhatItCannotWorkWith(t *testing.T) {
	if _, err := fetch.New(fetch.Deps{}); err == nil {
		t.Error("a worker without anything was made")
	}
}
