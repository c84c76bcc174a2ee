package sending

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.NoLeaks(m) }

// desk stands in for the router: it knows the status of every message and
// grants attempts by the router's rule.
type desk struct {
	mu     sync.Mutex
	status map[events.MessageID]events.Status
}

func (d *desk) answer(msg *nats.Msg) {
	var env commands.Envelope
	if err := json.Unmarshal(msg.Data, &env); err != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	result := commands.Result{}
	switch env.Name {
	case commands.BeginSend:
		var b commands.BeginSendBody
		_ = json.Unmarshal(env.Body, &b)
		was, ok := d.status[b.Message]
		if !ok {
			was = events.StatusQueued
		}
		if was == events.StatusQueued || was == events.StatusSending && b.Resume {
			d.status[b.Message] = events.StatusSending
		} else {
			result.Problem = &commands.Problem{Code: commands.Conflict, Detail: string(was)}
		}
	case commands.EndSend:
		var b commands.EndSendBody
		_ = json.Unmarshal(env.Body, &b)
		d.status[b.Message] = map[events.SendOutcome]events.Status{
			events.Sent: events.StatusSent, events.Retry: events.StatusQueued,
			events.Rejected: events.StatusFailed, events.Unclear: events.StatusUnknown,
		}[b.Result.Outcome]
	}
	data, _ := json.Marshal(result)
	_ = msg.Respond(data)
}

func (d *desk) is(m events.MessageID) events.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status[m]
}

func (d *desk) set(m events.MessageID, s events.Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status[m] = s
}

// provider stands in for a channel service.
type provider struct {
	mu     sync.Mutex
	asked  []events.SendRequest
	answer func(n int, req events.SendRequest) events.SendResult
}

func (p *provider) take(msg *nats.Msg) {
	var req events.SendRequest
	if err := json.Unmarshal(msg.Data, &req); err != nil {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, req)
	n := 0
	for _, r := range p.asked {
		if r.Message.ID == req.Message.ID {
			n++
		}
	}
	result := events.SendResult{Outcome: events.Sent}
	if p.answer != nil {
		result = p.answer(n, req)
	}
	p.mu.Unlock()
	if result.Outcome == "" {
		return // no answer at all
	}
	data, _ := json.Marshal(result)
	_ = msg.Respond(data)
}

func (p *provider) order() []events.MessageID {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []events.MessageID
	for _, r := range p.asked {
		out = append(out, r.Message.ID)
	}
	return out
}

type rig struct {
	t        *testing.T
	nc       *nats.Conn
	log      *eventlog.Log
	deps     Deps
	desk     *desk
	provider *provider
	dead     *bus.DeadLetters
	well     atomic.Bool // see post
}

func newRig(t *testing.T) *rig {
	t.Helper()
	server := testkit.NATS(t)
	r := &rig{t: t, nc: server.Conn(t), desk: &desk{status: map[events.MessageID]events.Status{}}, provider: &provider{}}
	r.log = server.OpenLog(t, events.ConversationStream, events.ConversationWildcard)
	facts, err := feed.Open(t.Context(), r.log, func(raw feed.Raw) (*events.Decision, error) {
		d, err := events.DecodeDecision(raw.Data)
		if d != nil {
			d.Seq = raw.Seq
		}
		return d, err
	}, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(facts.Close)
	r.deps = Deps{
		NC: r.nc, Facts: facts, Logger: testkit.Logger(t), Timeout: time.Minute,
		Outbound: server.OpenLog(t, events.OutboundStream, events.OutboundWildcard),
		Dead:     server.OpenLog(t, events.DeadStream, events.DeadWildcard),
		Backoff:  func(int) time.Duration { return 10 * time.Millisecond },
	}
	js, err := jetstream.New(r.nc)
	if err != nil {
		t.Fatal(err)
	}
	r.dead = &bus.DeadLetters{JetStream: js, Stream: events.DeadStream, To: bus.OverLog(r.deps.Outbound)}
	testkit.Answer(t, r.nc, events.CommandSubject, r.desk.answer)
	testkit.Answer(t, r.nc, events.SendSubject("fake"), r.provider.take)
	return r
}

func (r *rig) start() (stop func()) {
	r.t.Helper()
	s, err := New(r.deps)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case <-s.Ready():
	case err := <-done:
		r.t.Fatalf("dispatch ended: %v", err)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("dispatch: %v", err)
		}
	})
	r.t.Cleanup(stop)
	return stop
}

func (r *rig) want(conversation string, ids ...string) {
	r.t.Helper()
	r.wantOn("fake", "in", conversation, ids...)
}

// wantOn asks for answers through an inbox of a channel; each says its own id.
func (r *rig) wantOn(channel string, inbox events.InboxID, conversation string, ids ...string) {
	r.t.Helper()
	for _, id := range ids {
		m := events.Message{ID: events.MessageID(id), Channel: channel, InboxID: inbox, Text: id, Attachments: []events.Attachment{}}
		d := &events.Decision{ID: "d" + id, At: time.Now(), Facts: []events.Fact{
			events.NewFact(&events.MessageAdded{Message: m}),
			events.NewFact(&events.SendRequested{Request: events.SendRequest{
				Message: events.Message{ID: m.ID}, Conversation: events.ConversationID(conversation), Inbox: inbox, Attempt: 1, At: time.Now(),
			}}),
		}}
		data, err := d.Encode()
		if err != nil {
			r.t.Fatal(err)
		}
		if _, err := r.log.Append(r.t.Context(), eventlog.Message{Subject: "conversation.1", Data: data}); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) becomes(id string, status events.Status) {
	r.t.Helper()
	testkit.Eventually(r.t, time.Minute, func() error {
		if got := r.desk.is(events.MessageID(id)); got != status {
			return fmt.Errorf("message %s is %q, not %q", id, got, status)
		}
		return nil
	})
}

func TestAnswersOfOneConversationLeaveInOrder(t *testing.T) {
	r := newRig(t)
	r.provider.answer = func(n int, req events.SendRequest) events.SendResult {
		if req.Message.ID == "a1" && n < 4 {
			return events.SendResult{Outcome: events.Retry, Detail: "busy"}
		}
		return events.SendResult{Outcome: events.Sent}
	}
	r.start()
	r.want("a", "a1", "a2", "a3")
	r.want("b", "b1")
	for _, id := range []string{"a1", "a2", "a3", "b1"} {
		r.becomes(id, events.StatusSent)
	}
	order := slices.DeleteFunc(r.provider.order(), func(id events.MessageID) bool { return id == "b1" })
	if !slices.Equal(order, []events.MessageID{"a1", "a1", "a1", "a1", "a2", "a3"}) {
		t.Fatalf("conversation a left as %v", order)
	}
}

// P7. It fails when ask answers Retry where no answer came in time.
func TestATimeOutIsNeverSentAgainBlindly(t *testing.T) {
	r := newRig(t)
	r.deps.Timeout = 300 * time.Millisecond
	r.provider.answer = func(int, events.SendRequest) events.SendResult { return events.SendResult{} }
	stop := r.start()
	r.want("a", "a1")
	r.becomes("a1", events.StatusUnknown)
	stop()
	r.start()
	r.want("a", "a2")
	r.becomes("a2", events.StatusUnknown)
	if got := r.provider.order(); !slices.Equal(got, []events.MessageID{"a1", "a2"}) {
		t.Fatalf("asked for %v", got)
	}
}

func TestAnAttemptCutShortIsInDoubt(t *testing.T) {
	r := newRig(t)
	r.desk.set("a1", events.StatusSending) // the process before this one began and died
	r.provider.answer = func(_ int, req events.SendRequest) events.SendResult {
		if !req.InDoubt {
			return events.SendResult{Outcome: events.Sent}
		}
		return events.SendResult{Outcome: events.Unclear}
	}
	r.start()
	r.want("a", "a1")
	r.becomes("a1", events.StatusUnknown)
}

func TestWhatIsSettledIsNotSent(t *testing.T) {
	r := newRig(t)
	r.desk.set("a1", events.StatusSent)
	r.start()
	r.want("a", "a1", "a2")
	r.becomes("a2", events.StatusSent)
	if got := r.provider.order(); !slices.Equal(got, []events.MessageID{"a2"}) {
		t.Fatalf("asked for %v", got)
	}
}

func TestARestartOfThePumpSendsNothingTwice(t *testing.T) {
	r := newRig(t)
	for round := range 3 {
		stop := r.start()
		id := fmt.Sprint("m", round)
		r.want(fmt.Sprint("c", round), id)
		r.becomes(id, events.StatusSent)
		stop()
	}
	if got := r.provider.order(); len(got) != 3 {
		t.Fatalf("asked for %v", got)
	}
}

// What goes out through a held inbox waits, unattempted and unrecorded, and goes
// out in order when the inbox is free again.
func TestAHeldInboxKeepsItsAnswers(t *testing.T) {
	r := newRig(t)
	var held atomic.Bool
	var looks atomic.Int64
	held.Store(true)
	r.deps.Look = time.Millisecond
	r.deps.Held = func(events.InboxID) bool { looks.Add(1); return held.Load() }
	r.start()
	r.want("cv1", "m1", "m2")
	testkit.Eventually(t, time.Minute, func() error {
		if looks.Load() < 5 {
			return fmt.Errorf("%d looks", looks.Load())
		}
		return nil
	})
	if len(r.provider.order()) != 0 || r.desk.is("m1") != "" {
		t.Fatalf("sent %v, recorded %q while held", r.provider.order(), r.desk.is("m1"))
	}
	held.Store(false)
	r.becomes("m2", events.StatusSent)
	if got := r.provider.order(); !slices.Equal(got, []events.MessageID{"m1", "m2"}) {
		t.Errorf("sent %v", got)
	}
}

func TestAnAbsentChannelServiceIsWaitedFor(t *testing.T) {
	r := newRig(t)
	r.start()
	m := events.Message{ID: "x1", Channel: "absent", Attachments: []events.Attachment{}}
	d := &events.Decision{ID: "dx", Facts: []events.Fact{
		events.NewFact(&events.MessageAdded{Message: m}),
		events.NewFact(&events.SendRequested{Request: events.SendRequest{Message: events.Message{ID: "x1"}, Conversation: "x", Inbox: "in", At: time.Now()}}),
	}}
	data, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.log.Append(t.Context(), eventlog.Message{Subject: "conversation.1", Data: data}); err != nil {
		t.Fatal(err)
	}
	r.becomes("x1", events.StatusQueued)
	testkit.Answer(t, r.nc, events.SendSubject("absent"), r.provider.take)
	r.becomes("x1", events.StatusSent)
}

// P9: what cannot be read goes to the dead letters and holds up nobody.
func TestPoisonGoesToTheDeadLetters(t *testing.T) {
	r := newRig(t)
	if _, err := r.deps.Outbound.Append(t.Context(), eventlog.Message{
		Subject: events.OutboundSubject("fake"), Data: []byte("{"),
		Header: nats.Header{events.HeaderFactSeq: []string{"0"}},
	}); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.want("a", "a1")
	r.becomes("a1", events.StatusSent)
	testkit.Eventually(t, time.Minute, func() error {
		dead, err := r.dead.ListDead(t.Context(), 0, 10)
		if err != nil {
			return err
		}
		if len(dead) != 1 {
			return fmt.Errorf("%d dead letters", len(dead))
		}
		return nil
	})
}
