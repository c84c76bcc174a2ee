package fetch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/media/fetch"
)

// inboxes is a directory that a test may fill.
type inboxes map[events.InboxID]config.Inbox

func (i inboxes) ByID(id events.InboxID) (config.Inbox, bool) { in, ok := i[id]; return in, ok }
func (i inboxes) ByHook(string, string) (config.Inbox, bool)  { return config.Inbox{}, false }
func (i inboxes) List(string) []config.Inbox                  { return nil }

// source is an adapter whose files are at a server, named media:PATH or by URL.
type source struct {
	hosts []string
	base  string
	sha   string
	panic bool
}

func (*source) Kind() string                       { return "source" }
func (*source) SecretNames(config.Inbox) []string  { return nil }
func (*source) Check(*config.Inbox) error          { return nil }
func (s *source) MediaHosts(config.Inbox) []string { return s.hosts }

func (s *source) OpenMedia(ctx context.Context, client *http.Client, _ config.Inbox, a events.Attachment) (channel.Media, error) {
	if s.panic {
		panic("a body")
	}
	address := a.URL
	if rest, ok := strings.CutPrefix(a.URL, "media:"); ok {
		address = s.base + "/" + rest
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return channel.Media{}, err
	}
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("X-Api-Key", "token")
	resp, err := client.Do(req)
	if err != nil {
		return channel.Media{}, err
	}
	switch {
	case resp.StatusCode == http.StatusOK:
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: "text/html", Name: "../a\x00b.png", SHA256: s.sha}, nil
	case resp.StatusCode == http.StatusGone:
		_ = resp.Body.Close()
		return channel.Media{}, channel.ErrMediaGone
	}
	_ = resp.Body.Close()
	return channel.Media{}, fmt.Errorf("status %d", resp.StatusCode)
}

// world is the log, the store, and a router that takes the command.
type world struct {
	t     *testing.T
	nc    *nats.Conn
	log   *eventlog.Log
	facts *feed.Feed[*events.Decision]
	blobs blob.Store
	deps  fetch.Deps
	src   *source
	in    inboxes

	mu      sync.Mutex // guards what follows
	told    []commands.Envelope
	refuse  int
	code    commands.Code
	settled map[string]events.Attachment
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server := testkit.NATS(t)
	w := &world{t: t, nc: server.Conn(t), log: server.OpenLog(t, events.ConversationStream, events.ConversationWildcard), settled: map[string]events.Attachment{}, code: commands.Unavailable}
	var err error
	if w.facts, err = feed.Open(t.Context(), w.log, func(r feed.Raw) (*events.Decision, error) { return events.DecodeDecision(r.Data) }, feed.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.facts.Close)
	if w.blobs, err = blob.Open(t.Context(), server.Conn(t), events.BlobBucket, 1, server.Commit); err != nil {
		t.Fatal(err)
	}
	testkit.Answer(t, w.nc, events.CommandSubject, w.command)
	w.src = &source{}
	w.in = inboxes{"insource": {ID: "insource", Channel: "source", Settings: json.RawMessage(`{"allow_private":true}`)}}
	w.deps = fetch.Deps{
		NC: w.nc, Facts: w.facts, Blobs: w.blobs, Inboxes: w.in, Adapters: map[string]channel.Adapter{"source": w.src},
		Dir: t.TempDir(), Log: testkit.Logger(t), Backoff: func(int) time.Duration { return 5 * time.Millisecond }, Grace: time.Millisecond,
	}
	return w
}

// command is the router's side: it takes a word on a file and states it.
func (w *world) command(msg *nats.Msg) {
	var env commands.Envelope
	var body commands.SettleAttachmentBody
	if err := errors.Join(json.Unmarshal(msg.Data, &env), json.Unmarshal(env.Body, &body)); err != nil {
		w.t.Errorf("command: %v", err)
		return
	}
	w.mu.Lock()
	w.told = append(w.told, env)
	refuse := w.refuse > 0
	w.refuse--
	if !refuse {
		w.settled[string(body.Message)+"/"+body.Attachment.ID] = body.Attachment
	}
	w.mu.Unlock()
	result := commands.Result{Seq: 1}
	if refuse {
		result = commands.Result{Problem: &commands.Problem{Code: w.code, Detail: "not now"}}
	} else {
		w.say(time.Now(), &events.AttachmentSettled{Conversation: env.Conversation, Message: body.Message, Attachment: body.Attachment})
	}
	data, err := json.Marshal(result)
	if err != nil {
		w.t.Error(err)
	}
	_ = msg.Respond(data)
}

// say appends a decision with these facts.
func (w *world) say(at time.Time, bodies ...events.Body) {
	w.t.Helper()
	d := &events.Decision{ID: "d", Contact: "ctaa", At: at, Cause: events.Cause{Kind: "inbound"}}
	for _, b := range bodies {
		d.Facts = append(d.Facts, events.NewFact(b))
	}
	data, err := d.Encode()
	if err != nil {
		w.t.Error(err)
		return
	}
	if _, err := w.log.AppendAsync(eventlog.Message{Subject: events.ConversationSubject(1), Data: data}).Durable(w.t.Context()); err != nil && w.t.Context().Err() == nil {
		w.t.Error(err)
	}
}

func message(id string, urls ...string) *events.MessageAdded {
	m := events.Message{ID: events.MessageID(id), ConversationID: "cv1", Direction: events.In, Kind: events.KindMessage, Channel: "source", InboxID: "insource", Status: events.StatusReceived}
	for i, u := range urls {
		m.Attachments = append(m.Attachments, events.Attachment{ID: fmt.Sprint("a", i), URL: u})
	}
	return &events.MessageAdded{Message: m}
}

// start runs the service until stop is called.
func (w *world) start() (stop func()) {
	w.t.Helper()
	s, err := fetch.New(w.deps)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case <-s.Ready():
	case err := <-done:
		w.t.Fatalf("ended early: %v", err)
	}
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				w.t.Errorf("run: %v", err)
			}
		})
	}
	w.t.Cleanup(stop)
	return stop
}

// settles waits for the word on an attachment.
func (w *world) settles(key string) events.Attachment {
	w.t.Helper()
	var got events.Attachment
	testkit.Eventually(w.t, time.Minute, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		var ok bool
		if got, ok = w.settled[key]; !ok {
			return fmt.Errorf("%s is not settled", key)
		}
		return nil
	})
	return got
}

func (w *world) commands() []commands.Envelope {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]commands.Envelope(nil), w.told...)
}

func (w *world) stored(hash string) (string, bool) {
	r, err := w.blobs.Open(w.t.Context(), hash)
	if err != nil {
		return "", false
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(r)
	return string(data), err == nil
}

// serve is a host of files at 127.0.0.1 with the source pointed at it.
func (w *world) serve(handler http.HandlerFunc) *httptest.Server {
	server := httptest.NewServer(handler)
	w.t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	w.src.base, w.src.hosts = server.URL, append(w.src.hosts, u.Host)
	return server
}
