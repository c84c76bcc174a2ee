package telemetrychannel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/telemetry/telemetrychannel"
	"github.com/tributary-inbox/tributary/services/telemetry/telemetryfake"
)

// world is a log that can be away, a clock that a test moves, and one inbox.
type world struct {
	t    *testing.T
	nc   *nats.Conn
	deps telemetrychannel.Deps

	mu      sync.Mutex // guards what follows
	kept    []*events.Inbound
	away    bool
	tries   int
	now     time.Time
	inboxes []config.Inbox
}

func (w *world) Publish(_ context.Context, statements ...*events.Inbound) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries++
	if w.away {
		return channel.ErrUnavailable
	}
	w.kept = append(w.kept, statements...)
	return nil
}

func (w *world) ByID(events.InboxID) (config.Inbox, bool)   { return config.Inbox{}, false }
func (w *world) ByHook(string, string) (config.Inbox, bool) { return config.Inbox{}, false }
func (w *world) List(string) []config.Inbox {
	return with(w, func() []config.Inbox { return w.inboxes })
}

func with[T any](w *world, f func() T) T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return f()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, nc: testkit.NATS(t).Conn(t), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	w.deps = telemetrychannel.Deps{
		NC: w.nc, Inboxes: w, Publisher: w, Dir: t.TempDir(), Log: testkit.Logger(t), Look: 5 * time.Millisecond,
		Now: func() time.Time { return with(w, func() time.Time { return w.now }) },
	}
	return w
}

func (w *world) inbox(settings string) {
	w.t.Helper()
	in := config.Inbox{ID: "intele", Channel: telemetrychannel.Kind, Settings: json.RawMessage(settings)}
	if err := telemetrychannel.NewAdapter().Check(&in); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.inboxes = []config.Inbox{in}
	w.mu.Unlock()
}

func (w *world) start() (stop func()) {
	w.t.Helper()
	s, err := telemetrychannel.New(w.deps)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	<-s.Ready()
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

// until waits for n statements.
func (w *world) until(n int) []*events.Inbound {
	w.t.Helper()
	testkit.Eventually(w.t, time.Minute, func() error {
		if got := with(w, func() int { return len(w.kept) }); got < n {
			return fmt.Errorf("%d statements, want %d", got, n)
		}
		return nil
	})
	return with(w, func() []*events.Inbound { return append([]*events.Inbound(nil), w.kept...) })
}

// subscribed waits until a subscription stands: probes are published until one
// becomes a statement, which is then forgotten.
func (w *world) subscribed(subject string) {
	w.t.Helper()
	testkit.Eventually(w.t, time.Minute, func() error {
		w.send(subject, `{"user":"probe","probe":true,"id":"p"}`)
		if err := w.nc.Flush(); err != nil {
			return err
		}
		if with(w, func() int { return len(w.kept) }) == 0 {
			return errors.New("nobody reads")
		}
		return nil
	})
	// What is on its way comes before anything published later. So many probes may
	// have been sent that the last word is dropped: then another is the last.
	for n := 1; ; n++ {
		last := fmt.Sprint("last", n)
		w.send(subject, `{"user":"probe","last":true,"id":"`+last+`"}`)
		err := testkit.Await(2*time.Second, func() error {
			return with(w, func() error {
				if len(w.kept) == 0 || w.kept[len(w.kept)-1].ProviderID != "last:"+last {
					return errors.New("probes are on their way")
				}
				w.kept = nil
				return nil
			})
		})
		if err == nil {
			return
		}
		if n == 30 {
			w.t.Fatal(err)
		}
	}
}

func (w *world) send(subject, payload string) {
	w.t.Helper()
	if err := w.nc.Publish(subject, []byte(payload)); err != nil {
		w.t.Error(err)
	}
}

const ruleList = `"customer":{"pointer":"/user","kind":"external","name":"/name"},"per_second":1000,"rules":[
	{"name":"low","when":{"all":[{"pointer":"/battery","op":"lt","value":10}]},"text":"Battery at {{/battery}} %","once_per":"1h"},
	{"name":"plan","when":{"all":[{"pointer":"/plan","op":"exists"}]},"id":"/id","attributes":{"plan":"{{/plan}}"}},
	{"name":"probe","when":{"all":[{"pointer":"/probe","op":"exists"}]},"id":"/id","text":"probe"},
	{"name":"last","when":{"all":[{"pointer":"/last","op":"exists"}]},"id":"/id","text":"last"}]`

func TestAnEventBecomesAMessageOnceInItsTime(t *testing.T) {
	w := newWorld(t)
	w.inbox(`{"source":"nats","subject":"telemetry.app.>",` + ruleList + `}`)
	stop := w.start()
	w.subscribed("telemetry.app.x")
	w.send("telemetry.app.watch", `{"user":"u1","name":"Kim","battery":9}`)
	w.send("telemetry.app.watch", `{"user":"u1","battery":8}`)
	w.send("telemetry.app.watch", `{"user":"u2","battery":7}`)
	w.send("telemetry.other", `{"user":"u3","battery":7}`)
	w.send("telemetry.app.watch", `{"user":"u1","id":5,"plan":"trial","battery":90}`)
	got := w.until(3)
	first, second, third := got[0], got[1], got[2]
	if first.Type != events.MessageReceived || first.Message.Text != "Battery at 9 %" || !first.Message.Automatic || first.Sender.Name != "Kim" || first.Sender.Points[0] != (events.Point{Kind: "external", Value: "u1", Trust: events.Stated}) {
		t.Errorf("first %+v %+v", first, first.Message)
	}
	if second.Sender.Points[0].Value != "u2" || second.ProviderID == first.ProviderID {
		t.Errorf("second %+v", second)
	}
	if third.Type != events.ContactWasStated || third.Sender.Attributes["plan"] != "trial" || third.ProviderID != "plan:5" {
		t.Errorf("third %+v", third)
	}
	// A restart forgets nothing, and the time passes.
	stop()
	w.start()
	w.subscribed("telemetry.app.x")
	w.send("telemetry.app.watch", `{"user":"u1","battery":6}`)
	w.send("telemetry.app.watch", `{"user":"u1","last":true,"id":"after"}`)
	if got := w.until(1); got[0].ProviderID != "last:after" {
		t.Errorf("said again within the hour: %+v", got[0])
	}
	w.mu.Lock()
	w.now, w.kept = w.now.Add(61*time.Minute), nil
	w.mu.Unlock()
	w.send("telemetry.app.watch", `{"user":"u1","battery":5}`)
	if got := w.until(1); got[0].Message == nil || got[0].Message.Text != "Battery at 5 %" {
		t.Errorf("after the hour %+v", got[0])
	}
}

func TestAWordThatCouldNotBeStoredIsSaidAfterARestart(t *testing.T) {
	w := newWorld(t)
	w.inbox(`{"source":"nats","subject":"telemetry.a",` + ruleList + `}`)
	stop := w.start()
	w.subscribed("telemetry.a")
	w.mu.Lock()
	w.away, w.tries = true, 0
	w.mu.Unlock()
	w.send("telemetry.a", `{"user":"u1","battery":3}`)
	testkit.Eventually(t, time.Minute, func() error {
		if with(w, func() int { return w.tries }) == 0 {
			return errors.New("not tried")
		}
		return nil
	})
	stop()
	w.mu.Lock()
	w.away = false
	w.mu.Unlock()
	w.start()
	if got := w.until(1); got[0].Message.Text != "Battery at 3 %" {
		t.Errorf("got %+v", got[0])
	}
}

func TestBadPayloadsAreCountedAndOneIsKept(t *testing.T) {
	w := newWorld(t)
	reg := prometheus.NewRegistry()
	w.deps.Metrics = reg
	w.inbox(`{"source":"nats","subject":"telemetry.a",` + ruleList + `}`)
	w.start()
	w.subscribed("telemetry.a")
	for range 20 {
		w.send("telemetry.a", "\xff{")
	}
	w.send("telemetry.a", strings.Repeat("x", 300<<10))
	w.send("telemetry.a", `{"battery":3}`)
	w.send("telemetry.a", `{"user":"u","last":true,"id":"end"}`)
	got := w.until(2)
	if got[0].Type != events.Unknown || string(got[0].Raw.Bytes) != "\xff{" || got[0].Flags[1] != "not-json" || got[1].ProviderID != "last:end" {
		t.Errorf("kept %+v", got)
	}
	recorder := httptest.NewRecorder()
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{}).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{`result="not-json"} 20`, `result="too-large"} 1`, `result="no-customer"} 1`} {
		if !strings.Contains(recorder.Body.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestAChangedInboxIsReadAnewAndAGoneOneNoMore(t *testing.T) {
	w := newWorld(t)
	w.inbox(`{"source":"nats","subject":"telemetry.a",` + ruleList + `}`)
	w.start()
	w.subscribed("telemetry.a")
	w.inbox(`{"source":"nats","subject":"telemetry.b",` + ruleList + `}`)
	w.subscribed("telemetry.b")
	w.send("telemetry.a", `{"user":"u","plan":"old","id":"1"}`)
	w.send("telemetry.b", `{"user":"u","plan":"new","id":"2"}`)
	if got := w.until(1); got[0].ProviderID != "plan:2" {
		t.Errorf("the former subject is still read: %+v", got[0])
	}
	w.mu.Lock()
	w.inboxes = nil
	w.mu.Unlock()
	testkit.Eventually(t, time.Minute, func() error {
		_, err := w.nc.Request("telemetry.b", []byte(`{}`), 50*time.Millisecond)
		if !errors.Is(err, nats.ErrNoResponders) {
			return fmt.Errorf("somebody reads: %w", err)
		}
		return nil
	})
}

// broker is nats-server in its role as a broker of MQTT.
func broker(t *testing.T) string {
	t.Helper()
	o := &server.Options{ServerName: "broker", Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true}
	// This broker sends again after a time, where others do so on reconnection.
	o.MQTT.Host, o.MQTT.Port, o.MQTT.AckWait = "127.0.0.1", -1, time.Second
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the broker does not start")
	}
	return fmt.Sprintf("mqtt://127.0.0.1:%d", o.MQTT.Port)
}

func TestMQTTIsAcknowledgedOnlyOnceItIsStored(t *testing.T) {
	w := newWorld(t)
	address := broker(t)
	w.inbox(`{"source":"mqtt","broker":"` + address + `","topic":"app/+/state","allow_private":true,` + ruleList + `}`)
	stop := w.start()
	device := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(address).SetClientID("device"))
	if token := device.Connect(); token.WaitTimeout(time.Minute) && token.Error() != nil {
		t.Fatal(token.Error())
	}
	defer device.Disconnect(100)
	send := func(payload string) error {
		token := device.Publish("app/watch/state", 1, false, payload)
		if !token.WaitTimeout(time.Minute) {
			return errors.New("the broker does not take an event")
		}
		return token.Error()
	}
	testkit.Eventually(t, time.Minute, func() error {
		if err := send(`{"user":"u","last":true,"id":"probe"}`); err != nil {
			return err
		}
		if with(w, func() int { return len(w.kept) }) == 0 {
			return errors.New("nobody reads")
		}
		return nil
	})
	// What is on its way comes before the mark.
	if err := send(`{"user":"u","last":true,"id":"mark"}`); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, time.Minute, func() error {
		return with(w, func() error {
			if len(w.kept) == 0 || w.kept[len(w.kept)-1].ProviderID != "last:mark" {
				return errors.New("probes are on their way")
			}
			return nil
		})
	})
	// The log goes away, and so does this process: the event comes again.
	w.mu.Lock()
	w.away, w.tries = true, 0
	w.mu.Unlock()
	if err := send(`{"user":"u9","id":"unsaid","plan":"pro"}`); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, time.Minute, func() error {
		if with(w, func() int { return w.tries }) == 0 {
			return errors.New("not tried")
		}
		return nil
	})
	stop()
	// While nobody reads, events wait at the broker.
	if err := send(`{"user":"u9","id":"waiting","plan":"team"}`); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.away, w.kept = false, nil
	w.mu.Unlock()
	w.start()
	testkit.Eventually(t, time.Minute, func() error {
		seen := map[string]bool{}
		with(w, func() int {
			for _, in := range w.kept {
				seen[in.ProviderID] = true
			}
			return 0
		})
		if !seen["plan:unsaid"] || !seen["plan:waiting"] {
			return fmt.Errorf("only %v came", seen)
		}
		return nil
	})
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for _, source := range []string{
		``, `"source":"carrier",`, `"source":"nats",`, `"source":"nats","subject":"conversation.1",`, `"source":"nats","subject":">",`, `"source":"nats","subject":"telemetry.",`,
		`"source":"nats","subject":"telemetry.a b",`, `"source":"nats","subject":"telemetry.>.a",`, `"source":"nats","subject":"telemetry.a*",`, `"source":"nats","subject":"telemetry.a","extra":1,`,
		`"source":"mqtt","topic":"a",`, `"source":"mqtt","broker":"mqtt://h","topic":"a",`, `"source":"mqtt","broker":"mqtts://u:p@h","topic":"a",`, `"source":"mqtt","broker":"https://h","topic":"a",`,
		`"source":"mqtt","broker":"mqtts://h","topic":"a/#/b",`, `"source":"mqtt","broker":"mqtts://h","topic":"a","user":"u",`, `"source":"mqtt","broker":"mqtts://h",`,
	} {
		in := config.Inbox{ID: "in", Channel: telemetrychannel.Kind, Settings: json.RawMessage(`{` + source + ruleList + `}`)}
		if err := telemetrychannel.NewAdapter().Check(&in); err == nil {
			t.Errorf("%s is taken", source)
		}
	}
	in := config.Inbox{ID: "in", Channel: telemetrychannel.Kind, Settings: json.RawMessage(`{"source":"mqtt","broker":"mqtts://h:1","topic":"a/+/#","user":"u",` + ruleList + `}`), Secrets: map[string]string{"password": "p"}}
	if err := telemetrychannel.NewAdapter().Check(&in); err != nil || !in.OneWay {
		t.Errorf("good settings: %v", err)
	}
}

func TestAPrivateBrokerIsNotReachedUnasked(t *testing.T) {
	w := newWorld(t)
	reg := prometheus.NewRegistry()
	w.deps.Metrics = reg
	w.inbox(`{"source":"mqtt","broker":"mqtts://127.0.0.1:1","topic":"a",` + ruleList + `}`)
	w.start()
	testkit.Eventually(t, time.Minute, func() error {
		families, err := reg.Gather()
		if err != nil {
			return err
		}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				for _, l := range m.GetLabel() {
					if l.GetValue() == "interrupted" {
						return nil
					}
				}
			}
		}
		return errors.New("not tried")
	})
}

// What the fake product reports is read, also what it reported while nobody was
// connected.
func TestTheFakesReportsAreRead(t *testing.T) {
	b := telemetryfake.New()
	if err := b.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	w := newWorld(t)
	settings, _ := b.Settings("", "")
	w.inbox(string(settings))
	stop := w.start()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for i, id := range []string{"r1", "r2", "r1"} {
		if err := b.Report(ctx, id, "u1", "it does not start", "pro", at); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		b.Drop()
	}
	stop()
	said := make(chan error, 1)
	go func() { said <- b.Report(ctx, "r3", "u1", "", "team", at) }()
	w.start()
	if err := <-said; err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	with(w, func() int {
		for _, in := range w.kept {
			count[string(in.Type)+" "+in.ProviderID]++
		}
		return 0
	})
	want := map[string]int{"message.received word:r1": 1, "contact.stated plan:r1": 1, "message.received word:r2": 1, "contact.stated plan:r2": 1, "contact.stated plan:r3": 1}
	for key := range want {
		if count[key] == 0 {
			t.Errorf("%s is not stated: %v", key, count)
		}
	}
	if len(count) != len(want) {
		t.Errorf("stated: %v", count)
	}
}
