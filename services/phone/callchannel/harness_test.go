package callchannel_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/phone/callchannel"
)

func TestMain(m *testing.M) { testkit.NoLeaks(m) }

const patience = time.Minute

// directory is a fixed set of inboxes that a test may change.
type directory struct {
	mu  sync.Mutex // guards all
	all map[events.InboxID]config.Inbox
}

func (d *directory) put(inbox config.Inbox) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all[inbox.ID] = inbox
}

func (d *directory) ByID(id events.InboxID) (config.Inbox, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	inbox, ok := d.all[id]
	return inbox, ok
}

func (d *directory) ByHook(kind, token string) (config.Inbox, bool) {
	for _, inbox := range d.List(kind) {
		if inbox.HookToken == token {
			return inbox, true
		}
	}
	return config.Inbox{}, false
}

func (d *directory) List(kind string) (out []config.Inbox) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, inbox := range d.all {
		if inbox.Channel == kind {
			out = append(out, inbox)
		}
	}
	slices.SortFunc(out, func(a, b config.Inbox) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// tap keeps what is published, and can be shut.
type tap struct {
	mu   sync.Mutex // guards what follows
	shut bool
	got  []*events.Inbound
}

func (p *tap) Publish(_ context.Context, statements ...*events.Inbound) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return channel.ErrUnavailable
	}
	for _, in := range statements {
		if _, err := in.Encode(); err != nil {
			return err
		}
		p.got = append(p.got, in)
	}
	return nil
}

func (p *tap) close(shut bool) { p.mu.Lock(); p.shut = shut; p.mu.Unlock() }

func (p *tap) all() []*events.Inbound { p.mu.Lock(); defer p.mu.Unlock(); return slices.Clone(p.got) }

// calls are the newest statements of each call, by provider id, and how many
// statements there were.
func (p *tap) calls() (newest map[string]*events.Inbound, statements int) {
	newest = map[string]*events.Inbound{}
	for _, in := range p.all() {
		if in.Type == events.CallLogged {
			newest[in.ProviderID] = in
			statements++
		}
	}
	return newest, statements
}

// house is a service at work.
type house struct {
	t       testing.TB
	dir     string
	files   string
	inboxes *directory
	tap     *tap
	*callchannel.Service
	stop func()
}

func newHouse(t testing.TB, inboxes ...config.Inbox) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), inboxes: &directory{all: map[events.InboxID]config.Inbox{}}, tap: &tap{}}
	h.files = filepath.Join(h.dir, "files")
	if err := os.MkdirAll(h.files, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, inbox := range inboxes {
		h.inboxes.put(h.checked(inbox))
	}
	h.start()
	t.Cleanup(func() { h.stop() })
	return h
}

func (h *house) checked(inbox config.Inbox) config.Inbox {
	h.t.Helper()
	for _, a := range callchannel.Adapters(nil) {
		if a.Kind() == inbox.Channel {
			if err := a.Check(&inbox); err != nil {
				h.t.Fatal(err)
			}
			if !inbox.OneWay {
				h.t.Errorf("%s: an inbox that sends nothing is not marked one way", inbox.Channel)
			}
			return inbox
		}
	}
	h.t.Fatalf("no adapter of kind %s", inbox.Channel)
	return inbox
}

func (h *house) start() {
	h.t.Helper()
	s, err := callchannel.New(callchannel.Deps{
		Inboxes: h.inboxes, Publisher: h.tap, Dir: h.dir, Log: testkit.Logger(h.t), Poll: 5 * time.Millisecond,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	<-s.Ready()
	h.Service = s
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, s.Close()); err != nil {
			h.t.Error(err)
		}
	})
}

func (h *house) restart() { h.t.Helper(); h.stop(); h.start() }

func (h *house) door() *httptest.Server {
	mux := http.NewServeMux()
	h.Routes(mux)
	srv := httptest.NewServer(mux)
	h.t.Cleanup(srv.Close)
	h.t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return srv
}

// until waits for a call to be stated as wanted.
func (h *house) until(id string, want func(*events.Inbound) bool) *events.Inbound {
	h.t.Helper()
	return h.agree(id, func(in *events.Inbound) error {
		if want(in) {
			return nil
		}
		data, _ := json.Marshal(in.Call)
		return fmt.Errorf("call is %s", data)
	})
}

// agree waits until nothing is wrong with the newest statement of a call.
func (h *house) agree(id string, wrong func(*events.Inbound) error) *events.Inbound {
	h.t.Helper()
	var found *events.Inbound
	testkit.Eventually(h.t, patience, func() error {
		newest, _ := h.tap.calls()
		if found = newest[id]; found == nil {
			return fmt.Errorf("call %s is not stated", id)
		}
		return wrong(found)
	})
	return found
}

func outcome(want string, legs int) func(*events.Inbound) bool {
	return func(in *events.Inbound) bool { return in.Call.Outcome == want && len(in.Call.Legs) == legs }
}

// write changes a file below the folder of phone files; flags as os.OpenFile has.
func (h *house) write(name, text string, flags int) {
	h.t.Helper()
	f, err := os.OpenFile(filepath.Join(h.files, name), flags|os.O_WRONLY|os.O_CREATE, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) append(name, text string) { h.t.Helper(); h.write(name, text, os.O_APPEND) }

// cdr is a line of a CDR file with linked ids, for an inbound call.
func cdr(linked string, sequence int, second int, answered bool) string {
	start := time.Date(2026, 3, 4, 12, 0, second, 0, time.UTC)
	answer, billsec, disposition := "", 0, "NO ANSWER"
	if answered {
		answer, billsec, disposition = start.Add(5*time.Second).Format(time.DateTime), 20, "ANSWERED"
	}
	return fmt.Sprintf(`"","01012345678","101","from-trunk","""Kim"" <01012345678>","PJSIP/trunk-1","PJSIP/101-%d","Dial","PJSIP/101","%s","%s","%s",25,%d,"%s","DOCUMENTATION","%s","","","%s",%d`+"\n",
		sequence, start.Format(time.DateTime), answer, start.Add(25*time.Second).Format(time.DateTime), billsec, disposition, linked, linked, sequence)
}

const asteriskSettings = `{"zone":"UTC","file":"Master.csv","unique_id":true,"user_field":true,"new_columns":true,"settle":"20ms"%s}`

func asteriskInbox(more string) config.Inbox {
	return config.Inbox{ID: "inast", Channel: "asterisk", Settings: json.RawMessage(fmt.Sprintf(asteriskSettings, more)), Secrets: map[string]string{"ami_secret": "s3cret"}}
}

func flagged(in *events.Inbound, flag string) bool { return slices.Contains(in.Flags, flag) }

func lines(s ...string) string { return strings.Join(s, "") }

func contextOf(t testing.TB) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(context.Background())
}
