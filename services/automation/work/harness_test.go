package work

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/automation/rules"
)

const patience = time.Minute

// yard is a log, the tables, and somebody in the router's place.
type yard struct {
	t      testing.TB
	nc     *nats.Conn
	log    *eventlog.Log
	facts  *feed.Feed[*events.Decision]
	rules  *kv.Table[config.Rule]
	queues *kv.Table[config.Queue]
	hours  *kv.Table[config.Hours]
	agents *kv.Table[config.Agent]
	config *eventlog.Log
	bygone *feed.Feed[kv.Change[Setting]]
	router *router
	limits rules.Limits
	dir    string
}

func newYard(t testing.TB) *yard {
	t.Helper()
	server := testkit.NATS(t)
	y := &yard{t: t, nc: server.Conn(t), dir: t.TempDir(), limits: rules.DefaultLimits}
	y.log = server.OpenLog(t, events.ConversationStream, events.ConversationWildcard)
	var err error
	y.facts, err = feed.Open(t.Context(), y.log, func(r feed.Raw) (*events.Decision, error) {
		d, err := events.DecodeDecision(r.Data)
		if d != nil {
			d.Seq = r.Seq
		}
		return d, err
	}, feed.Options{})
	must(t, err)
	t.Cleanup(y.facts.Close)
	settings, err := eventlog.Open(t.Context(), server.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: server.Commit})
	must(t, err)
	t.Cleanup(settings.Close)
	y.config = settings
	y.bygone, err = feed.Open(t.Context(), settings, DecodeSetting, feed.Options{})
	must(t, err)
	t.Cleanup(y.bygone.Close)
	y.rules = table[config.Rule](y, settings, config.KindRule)
	y.queues = table[config.Queue](y, settings, config.KindQueue)
	y.hours = table[config.Hours](y, settings, config.KindHours)
	y.agents = table[config.Agent](y, settings, config.KindAgent)
	for _, id := range []events.QueueID{"q", "night"} {
		_, err = y.queues.Put(t.Context(), string(id), config.Queue{ID: id, Name: string(id)}, nil)
		must(t, err)
	}
	y.router = &router{yard: y, seen: map[string]bool{}, rows: map[events.ConversationID]*events.Conversation{}}
	testkit.Answer(t, y.nc, events.CommandSubject, y.router.take)
	return y
}

func table[T any](y *yard, log *eventlog.Log, kind string) *kv.Table[T] {
	y.t.Helper()
	tab, err := kv.Open[T](y.t.Context(), y.nc, log, events.ConfigBucket, kind)
	must(y.t, err)
	y.t.Cleanup(tab.Close)
	return tab
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// running is a service that a test can stop, and start anew with start.
type running struct {
	*Service
	stop func()
}

// start runs a service over the yard until the test ends.
func (y *yard) start(change ...func(*Deps)) *running {
	y.t.Helper()
	d := Deps{
		NC: y.nc, Facts: y.facts, Log: y.log, Rules: y.rules, Queues: y.queues, Hours: y.hours, Agents: y.agents, Settings: y.bygone,
		Dir: y.dir, Limits: y.limits, Retry: 5 * time.Millisecond, Look: 20 * time.Millisecond, Logger: testkit.Logger(y.t),
	}
	for _, f := range change {
		f(&d)
	}
	s, err := New(d)
	must(y.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	select {
	case <-s.Ready():
	case err := <-ended:
		y.t.Fatalf("automation ended: %v", err)
	case <-time.After(patience):
		y.t.Fatal("automation is not ready")
	}
	r := &running{Service: s, stop: sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			y.t.Errorf("automation: %v", err)
		}
		if err := s.Close(); err != nil {
			y.t.Errorf("close automation: %v", err)
		}
	})}
	y.t.Cleanup(r.stop)
	return r
}

// rule puts a rule into the table.
func (y *yard) rule(r config.Rule) config.Rule {
	y.t.Helper()
	if r.Name == "" {
		r.Name = string(r.ID)
	}
	must(y.t, r.Check())
	_, err := y.rules.Put(y.t.Context(), string(r.ID), r, nil)
	must(y.t, err)
	return r
}

// store puts a decision into the log, as the router does.
func (y *yard) store(d *events.Decision) uint64 {
	y.t.Helper()
	data, err := d.Encode()
	must(y.t, err)
	seq, err := y.log.Append(context.Background(), eventlog.Message{Subject: events.ConversationSubject(events.ShardOf(d.Contact)), Data: data})
	must(y.t, err)
	return seq
}

var written int

// says stores that a customer wrote in a conversation.
func (y *yard) says(c events.ConversationID, text string, flags ...string) *events.Decision {
	y.t.Helper()
	written++
	at := time.Now().UTC()
	m := events.Message{
		ID: events.MessageID(fmt.Sprint("ms", written)), ConversationID: c, Direction: events.In, Kind: events.KindMessage, Channel: "webchat",
		Author: events.Author{Kind: "contact"}, Text: text, Flags: flags, Attachments: []events.Attachment{}, OccurredAt: at, ReceivedAt: at,
	}
	d := &events.Decision{ID: fmt.Sprint("dc", written), Contact: "ct00", At: at, Actor: m.Author, Cause: events.Cause{Kind: "inbound"}, Facts: []events.Fact{events.NewFact(&events.MessageAdded{Message: m})}, Conversations: []events.Conversation{*y.router.row(c)}}
	d.Seq = y.store(d)
	return d
}

// router decides commands in its own simple way and stores what follows.
type router struct {
	yard *yard

	mu     sync.Mutex // guards what follows
	seen   map[string]bool
	given  []commands.Envelope
	stored []commands.Envelope // those that changed something
	rows   map[events.ConversationID]*events.Conversation
	refuse func(commands.Envelope) *commands.Problem
	lost   func(commands.Envelope) bool // stored, and the answer never arrives
}

func (r *router) row(c events.ConversationID) *events.Conversation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rowLocked(c)
}

func (r *router) rowLocked(c events.ConversationID) *events.Conversation {
	row := r.rows[c]
	if row == nil {
		row = &events.Conversation{ID: c, Status: events.Open, Contact: events.ContactRef{ID: "ct00", Name: "Kim"}, Channels: []string{"webchat"}, Inboxes: []events.InboxID{}, Tags: []string{}}
		r.rows[c] = row
	}
	clone := *row
	clone.Tags = slices.Clone(row.Tags)
	return &clone
}

func (r *router) take(m *nats.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var env commands.Envelope
	result := &commands.Result{}
	if err := json.Unmarshal(m.Data, &env); err != nil {
		result.Problem = &commands.Problem{Code: commands.Invalid, Detail: err.Error()}
	} else if r.refuse != nil {
		result.Problem = r.refuse(env)
	}
	if result.Problem == nil {
		r.given = append(r.given, env)
		if body := r.decide(env); body != nil && (!r.seen[env.ID] || env.Name == commands.Transfer) {
			r.seen[env.ID] = true
			r.stored = append(r.stored, env)
			result.Seq = r.yard.store(&events.Decision{
				ID: fmt.Sprint("dr", len(r.given)), Contact: r.rowLocked(env.Conversation).Contact.ID, At: time.Now().UTC(), Actor: env.Actor,
				Cause: events.Cause{Kind: "command", CommandID: env.ID, Rules: env.Rules}, Facts: body, Conversations: []events.Conversation{*r.rowLocked(env.Conversation)},
			})
		}
		if r.lost != nil && r.lost(env) {
			return
		}
	}
	data, _ := json.Marshal(result)
	_ = m.Respond(data)
}

// decide is nil where a command changes nothing.
func (r *router) decide(env commands.Envelope) []events.Fact {
	r.rowLocked(env.Conversation)
	row := r.rows[env.Conversation]
	read := func(into any) { must(r.yard.t, json.Unmarshal(env.Body, into)) }
	one := func(b events.Body) []events.Fact { return []events.Fact{events.NewFact(b)} }
	switch env.Name {
	case commands.Tag:
		var b commands.TagBody
		read(&b)
		fact := &events.ConversationTagged{Conversation: row.ID}
		for _, t := range b.Add {
			if !slices.Contains(row.Tags, t) {
				row.Tags, fact.Added = append(row.Tags, t), append(fact.Added, t)
			}
		}
		for _, t := range b.Remove {
			if i := slices.Index(row.Tags, t); i >= 0 {
				row.Tags, fact.Removed = slices.Delete(row.Tags, i, i+1), append(fact.Removed, t)
			}
		}
		if len(fact.Added)+len(fact.Removed) == 0 {
			return nil
		}
		return one(fact)
	case commands.Prioritise:
		var b commands.PrioritiseBody
		read(&b)
		if row.Priority == b.Priority {
			return nil
		}
		row.Priority = b.Priority
		return one(&events.ConversationPrioritised{Conversation: row.ID, Priority: b.Priority, Reason: b.Reason})
	case commands.Transfer:
		var b commands.TransferBody
		read(&b)
		row.Queue, row.Team, row.Assignee = b.Queue, b.Team, ""
		return one(&events.ConversationTransferred{Conversation: row.ID, Queue: b.Queue, Team: b.Team})
	case commands.Reply, commands.AddNote:
		var b commands.ReplyBody
		read(&b)
		m := events.Message{ID: events.MessageID("ms" + env.ID), ConversationID: row.ID, Direction: events.Out, Kind: events.KindMessage, Author: env.Actor, Text: b.Text, Attachments: []events.Attachment{}}
		if env.Name == commands.AddNote {
			m.Kind = events.KindNote
			return one(&events.MessageAdded{Message: m})
		}
		m.Flag("automatic")
		return append(one(&events.MessageAdded{Message: m}), events.NewFact(&events.SendRequested{Request: events.SendRequest{Conversation: row.ID, Message: events.Message{ID: m.ID, Attachments: []events.Attachment{}}}}))
	}
	return nil
}

// count is how many commands were taken for which a test says yes.
func (r *router) count(is func(commands.Envelope) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range r.given {
		if is(e) {
			n++
		}
	}
	return n
}

func named(name string) func(commands.Envelope) bool {
	return func(e commands.Envelope) bool { return e.Name == name }
}

func in(name string, c events.ConversationID) func(commands.Envelope) bool {
	return func(e commands.Envelope) bool { return e.Name == name && e.Conversation == c }
}

// await waits until as many commands were taken.
func (y *yard) await(want int, is func(commands.Envelope) bool) {
	y.t.Helper()
	testkit.Eventually(y.t, patience, func() error {
		if n := y.router.count(is); n != want {
			return fmt.Errorf("%d commands, want %d", n, want)
		}
		return nil
	})
}

// settled waits until a service has settled all that the log holds.
func (y *yard) settled(s *running) {
	y.t.Helper()
	testkit.Eventually(y.t, patience, func() error {
		_, last, err := y.log.Bounds(y.t.Context())
		if err != nil {
			return err
		}
		if at := s.rules.place(); at != last {
			return fmt.Errorf("settled up to %d of %d", at, last)
		}
		return nil
	})
}
