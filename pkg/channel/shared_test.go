package channel

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// app is a receiver of one provider app with many accounts. The header Key is
// the proof, and the inbox's settings are its account's name, quoted. A body is a list of
// "account text"; one without a text is broken.
type app struct{ kind string }

func (a app) Kind() string                    { return a.kind }
func (app) SecretNames(config.Inbox) []string { return []string{"key"} }
func (app) Check(*config.Inbox) error         { return nil }

func (app) Accounts(in config.Inbox) []string {
	var name string
	if json.Unmarshal(in.Settings, &name) != nil || name == "" {
		return nil
	}
	return []string{name}
}

func (a app) Receive(in config.Inbox, req *Request) ([]*events.Inbound, Reply, error) {
	if req.Header.Get("Key") != in.Secrets["key"] {
		return nil, Reply{}, Refuse(401, "bad-signature", "no")
	}
	var out []*events.Inbound
	for line := range strings.SplitSeq(string(req.Body), "\n") {
		name, text, whole := strings.Cut(line, " ")
		if text == "strange" && len(a.Accounts(in)) == 1 && a.Accounts(in)[0] == "2" && in.ID == "b" {
			id := line
			if strings.HasPrefix(text, "same") {
				id = "same"
			}
			st := &events.Inbound{Channel: a.kind, Inbox: in.ID, ProviderID: id, ReceivedAt: req.At, Type: events.Unknown, Raw: &events.Raw{Bytes: []byte(line)}}
			Meant(st, Account{a.kind, name})
			out = append(out, st)
			continue
		}
		if text == "boom" && len(a.Accounts(in)) == 1 && a.Accounts(in)[0] == name {
			panic("boom")
		}
		id := line
		if strings.HasPrefix(text, "same") {
			id = "same"
		}
		st := &events.Inbound{Channel: a.kind, Inbox: in.ID, ProviderID: id, ReceivedAt: req.At, Type: events.MessageReceived, Message: &events.ReceivedMessage{Text: text}}
		if kind, bare, other := strings.Cut(name, "/"); other && kind != a.kind || !whole || !slices.Contains(a.Accounts(in), strings.TrimPrefix(name, a.kind+"/")) {
			st.Type, st.Message, st.Raw = events.Unknown, nil, &events.Raw{Bytes: []byte(line)}
			switch {
			case !whole:
			case other:
				Meant(st, Account{kind, bare})
			default:
				Meant(st, Account{a.kind, name})
			}
		}
		out = append(out, st)
	}
	return out, Reply{}, nil
}

// several is a directory.
type several []config.Inbox

func (s several) ByID(events.InboxID) (config.Inbox, bool) { return config.Inbox{}, false }
func (s several) List(kind string) []config.Inbox {
	return slices.DeleteFunc(slices.Clone(s), func(in config.Inbox) bool { return in.Channel != kind })
}

func (s several) ByHook(kind, token string) (config.Inbox, bool) {
	for _, in := range s {
		if in.Channel == kind && in.HookToken == token {
			return in, true
		}
	}
	return config.Inbox{}, false
}

func account(kind, id, name, secret string) config.Inbox {
	return config.Inbox{ID: events.InboxID(id), Channel: kind, HookToken: id, Settings: json.RawMessage(`"` + name + `"`), Secrets: map[string]string{"key": secret}}
}

// arrives posts a body to the inbox a and returns what was published, as
// "inbox: provider id" with a mark on what is raw.
func arrives(t *testing.T, inboxes several, body string) []string {
	t.Helper()
	var got []string
	door := NewHooks(Hooks{Inboxes: inboxes, Log: zerolog.Nop(), Now: time.Now, Publisher: publishFunc(func(_ context.Context, in ...*events.Inbound) error {
		for _, st := range in {
			text := string(st.Inbox) + ": " + st.ProviderID
			if st.Type == events.Unknown {
				text += " (raw)"
			}
			got = append(got, text)
		}
		return nil
	})}, nil, app{"page"}, app{"photo"})
	mux := http.NewServeMux()
	mux.Handle("/hooks/{channel}/{inbox}", door)
	req, err := http.NewRequestWithContext(t.Context(), "POST", "/hooks/page/a", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Key", "k")
	w := &answered{header: http.Header{}}
	mux.ServeHTTP(w, req)
	if w.status != 202 {
		t.Fatalf("status %d", w.status)
	}
	return got
}

type answered struct {
	header http.Header
	status int
}

func (a *answered) Header() http.Header            { return a.header }
func (a *answered) WriteHeader(status int)         { a.status = status }
func (a *answered) Write(data []byte) (int, error) { return len(data), nil }

func TestWhatIsAnotherAccountsGoesThere(t *testing.T) {
	a, b := account("page", "a", "1", "k"), account("page", "b", "2", "k")
	for name, c := range map[string]struct {
		inboxes several
		body    string
		want    []string
	}{
		"all of it is ours":                   {several{a, b}, "1 x\n1 y", []string{"a: 1 x", "a: 1 y"}},
		"one for each":                        {several{a, b}, "2 x\n1 y\n2 z", []string{"a: 1 y", "b: 2 x", "b: 2 z"}},
		"nobody has the account":              {several{a}, "2 x\n1 y", []string{"a: 2 x (raw)", "a: 1 y"}},
		"the inbox has another secret":        {several{a, account("page", "b", "2", "other")}, "2 x\n1 y", []string{"a: 2 x (raw)", "a: 1 y"}},
		"the second of the name has ours":     {several{a, account("page", "b", "2", "other"), account("page", "c", "2", "k")}, "2 x", []string{"c: 2 x"}},
		"two of one name: one takes it":       {several{a, b, account("page", "c", "2", "k")}, "2 x", []string{"b: 2 x"}},
		"another kind of the same app":        {several{a, account("photo", "p", "9", "k")}, "photo/9 x\n1 y", []string{"a: 1 y", "p: photo/9 x"}},
		"a kind that nobody reads":            {several{a}, "other/9 x", []string{"a: other/9 x (raw)"}},
		"what is broken is kept once":         {several{a, b}, "broken\n2 x", []string{"a: broken (raw)", "b: 2 x"}},
		"a reader that panics leaves it raw":  {several{a, b}, "2 boom\n1 y", []string{"a: 2 boom (raw)", "a: 1 y"}},
		"one id on both sides is two":         {several{a, b}, "1 same\n2 same too", []string{"a: same", "b: same"}},
		"who calls it another's takes it not": {several{a, b}, "2 strange", []string{"a: 2 strange (raw)"}},
		"an inbox without an account is none": {several{a, account("page", "b", "", "k")}, "2 x", []string{"a: 2 x (raw)"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := arrives(t, c.inboxes, c.body); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// The provider hears of success only when the statements of every inbox are in
// the log, and they are put there together.
func TestRoutedRequestIsOneWhole(t *testing.T) {
	calls := 0
	inboxes := several{account("page", "a", "1", "k"), account("page", "b", "2", "k")}
	door := NewHooks(Hooks{Inboxes: inboxes, Log: zerolog.Nop(), Publisher: publishFunc(func(_ context.Context, in ...*events.Inbound) error {
		calls++
		if len(in) != 2 || in[0].Inbox == in[1].Inbox {
			t.Errorf("published %d statements", len(in))
		}
		return ErrUnavailable
	})}, nil, app{"page"})
	mux := http.NewServeMux()
	mux.Handle("/hooks/{channel}/{inbox}", door)
	req, err := http.NewRequestWithContext(t.Context(), "POST", "/hooks/page/a", strings.NewReader("2 x\n1 y"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Key", "k")
	w := &answered{header: http.Header{}}
	mux.ServeHTTP(w, req)
	if w.status != 503 || w.header.Get("Retry-After") == "" || calls != 1 {
		t.Errorf("status %d after %d calls", w.status, calls)
	}
}

// However many accounts one request names, so many inboxes read it and no more;
// what is over stays where it arrived.
func TestReadersOfOneRequestAreBounded(t *testing.T) {
	inboxes := several{account("page", "a", "1", "k")}
	var lines []string
	for n := range maxRouted + 20 {
		name := "x" + strings.Repeat("i", n)
		if len(name) > maxAccount {
			name = "y" + strings.Repeat("i", n-maxAccount)
		}
		inboxes = append(inboxes, account("page", "in"+name, name, "k"))
		lines = append(lines, name+" text")
	}
	routed, kept := 0, 0
	for _, text := range arrives(t, inboxes, strings.Join(lines, "\n")) {
		if strings.HasPrefix(text, "a: ") {
			kept++
		} else {
			routed++
		}
	}
	if routed != maxRouted || kept != 20 {
		t.Errorf("%d routed, %d kept", routed, kept)
	}
}

func TestMarksOfAnAccount(t *testing.T) {
	in := &events.Inbound{Flags: []string{"redelivered"}}
	Meant(in, Account{"page", ""}, Account{"", "1"}, Account{"page", "a/b"}, Account{"page", strings.Repeat("x", 129)}, Account{"page", "a\nb"})
	if got := meant(in); !slices.Equal(got, []Account{{"page", "a/b"}}) || len(in.Flags) != 2 {
		t.Errorf("%v, flags %q", got, in.Flags)
	}
}

// told is a directory that tells of changes and counts how often it is read.
type told struct {
	several
	changed chan struct{}
	listed  int
}

func (d *told) Changes() <-chan struct{} { return d.changed }
func (d *told) List(kind string) []config.Inbox {
	d.listed++
	return d.several.List(kind)
}

func TestDirectoryIsReadOncePerChange(t *testing.T) {
	d := &told{several: several{account("page", "a", "1", "k")}, changed: make(chan struct{})}
	door := NewHooks(Hooks{Inboxes: d, Log: zerolog.Nop()}, nil, app{"page"})
	for range 3 {
		if got := door.owners(); len(got[Account{"page", "1"}]) != 1 || d.listed != 1 {
			t.Fatalf("%v after %d lists", got, d.listed)
		}
	}
	d.several = append(d.several, account("page", "b", "2", "k"))
	before := d.changed
	d.changed = make(chan struct{})
	close(before)
	if got := door.owners(); len(got[Account{"page", "2"}]) != 1 || d.listed != 2 {
		t.Fatalf("after a change: %v, %d lists", got, d.listed)
	}
}

// A request that names very many accounts costs as much as it is long, and no
// more bytes are read again than the bound says.
func TestManyAccountsAreCheap(t *testing.T) {
	inboxes := several{account("page", "a", "1", "k")}
	for n := range 40 {
		inboxes = append(inboxes, account("page", "in"+strconv.Itoa(n), "7"+strconv.Itoa(n), "k"))
	}
	var body strings.Builder
	for n := range 30_000 {
		body.WriteString("7" + strconv.Itoa(n) + " " + strings.Repeat("x", 100) + "\n")
	}
	routed := map[string]bool{}
	began := time.Now()
	for _, text := range arrives(t, inboxes, strings.TrimSuffix(body.String(), "\n")) {
		if in, _, _ := strings.Cut(text, ":"); in != "a" {
			routed[in] = true
		}
	}
	if most := maxReread / body.Len(); len(routed) == 0 || len(routed) > most {
		t.Errorf("%d inboxes read %d bytes, at most %d may", len(routed), body.Len(), most)
	}
	t.Logf("%d bytes, 30000 accounts, %d readers: %v", body.Len(), len(routed), time.Since(began))
}

// BenchmarkRouted is a webhook with one message for another inbox, among 500.
func BenchmarkRouted(b *testing.B) {
	d := &told{changed: make(chan struct{})}
	for n := range 500 {
		d.several = append(d.several, account("page", "in"+strconv.Itoa(n), "7"+strconv.Itoa(n), "k"))
	}
	door := NewHooks(Hooks{Inboxes: d, Log: zerolog.Nop()}, nil, app{"page"})
	req := &Request{Header: http.Header{"Key": {"k"}}, Body: []byte("7499 text"), At: time.Now()}
	for b.Loop() {
		statements, _, err := door.receive(app{"page"}, d.several[0], req)
		if err != nil {
			b.Fatal(err)
		}
		if got := door.route(d.several[0], req, statements); len(got) != 1 || got[0].Inbox != "in499" {
			b.Fatal(got)
		}
	}
}
