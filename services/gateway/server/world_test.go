package server

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// world stands in for the router and the inbox: it writes real decisions to the
// real log and answers the real subjects from a model of what it wrote.
type world struct {
	t   testing.TB
	log *eventlog.Log

	mu            sync.Mutex // guards all below, and the order of appends
	seq           uint64
	conversations map[events.ConversationID]*events.Conversation
	messages      map[events.ConversationID][]events.Message
	history       []*events.Decision // with Seq
	asked         []commands.Envelope
	silent        bool // answer nothing, as a service that is away
	points        map[events.ContactID][]events.Point
	refuse        map[string]*commands.Problem // commands that are not carried out
	load          queries.BoardAnswer          // what the inbox says of the board
	boards        int                          // how often it was asked
	behind        *queries.AskBoardConversations
	count         map[string]int64 // what it counts; nil for some
	cells         []queries.CounterCell
	pages         map[events.ContactID]func(*queries.ContactPage) // what else there is to a contact
	lines         map[events.ContactID][]queries.TimelineItem     // of the contact's own
}

func newWorld(t testing.TB, log *eventlog.Log, nc *nats.Conn) *world {
	w := &world{t: t, log: log, conversations: map[events.ConversationID]*events.Conversation{}, messages: map[events.ConversationID][]events.Message{}, points: map[events.ContactID][]events.Point{}, refuse: map[string]*commands.Problem{}, pages: map[events.ContactID]func(*queries.ContactPage){}, lines: map[events.ContactID][]queries.TimelineItem{}}
	for subject, answer := range map[string]func([]byte) any{
		events.QueryPrefix + queries.Conversations: w.list, events.QueryPrefix + queries.Conversation: w.one,
		events.QueryPrefix + queries.Messages: w.listMessages, events.QueryPrefix + queries.Message: w.message, events.QueryPrefix + queries.Contact: w.contact,
		events.QueryPrefix + queries.Timeline: w.timeline, events.QueryPrefix + queries.Counters: w.counters,
		events.QueryPrefix + queries.Board: w.board, events.QueryPrefix + queries.BoardConversations: w.opens, events.QueryPrefix + queries.Books: w.books, events.CommandSubject: w.command,
	} {
		testkit.Answer(t, nc, subject, func(m *nats.Msg) {
			w.mu.Lock()
			silent := w.silent
			w.mu.Unlock()
			if silent {
				return
			}
			data, err := json.Marshal(answer(m.Data))
			if err == nil {
				err = m.Respond(data)
			}
			if err != nil {
				t.Errorf("answer %s: %v", m.Subject, err)
			}
		})
	}
	return w
}

// message is a message as what was decided since has left it.
func (w *world) message(data []byte) any {
	var q queries.ByID
	must(w.t, json.Unmarshal(data, &q))
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, list := range w.messages {
		for _, m := range list {
			if string(m.ID) == q.ID {
				return queries.Answer[events.Message]{OK: &m}
			}
		}
	}
	return queries.Answer[events.Message]{Problem: &queries.Problem{Code: "not_found", Detail: "no such message"}}
}

// decide appends a decision with these facts and the states after it.
func (w *world) decide(contact events.ContactID, facts []events.Body, states ...events.Conversation) uint64 {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.append(contact, facts, states...)
}

func (w *world) append(contact events.ContactID, facts []events.Body, states ...events.Conversation) uint64 {
	d := &events.Decision{
		ID: id.New("de"), Contact: contact, At: time.Now().UTC(), Cause: events.Cause{Kind: "command"},
		Actor: events.Author{Kind: "system"}, Conversations: states,
	}
	for _, body := range facts {
		d.Facts = append(d.Facts, events.NewFact(body))
	}
	data, err := d.Encode()
	if err == nil {
		d.Seq, err = w.log.Append(context.Background(), eventlog.Message{Subject: events.ConversationSubject(events.ShardOf(contact)), Data: data})
	}
	if err != nil {
		w.t.Errorf("append decision: %v", err)
		return 0
	}
	w.seq = d.Seq
	w.history = append(w.history, d)
	for i := range states {
		c := states[i]
		w.conversations[c.ID] = &c
	}
	for _, body := range facts {
		if m, ok := body.(*events.MessageAdded); ok {
			w.messages[m.Message.ConversationID] = append(w.messages[m.Message.ConversationID], m.Message)
		}
	}
	return d.Seq
}

// open begins a conversation with one message.
func (w *world) open(conversation string, change func(*events.Conversation)) events.Conversation {
	w.t.Helper()
	now := time.Now().UTC()
	c := events.Conversation{
		ID: events.ConversationID(conversation), Version: 1, Status: events.Open, Contact: events.ContactRef{ID: events.ContactID("ct-" + conversation + "00"), Name: "Customer"},
		Channels: []string{"webhook"}, Inboxes: []events.InboxID{"in1"}, Tags: []string{}, Unread: 1, CreatedAt: now, UpdatedAt: now,
	}
	if change != nil {
		change(&c)
	}
	w.decide(c.Contact.ID, []events.Body{
		&events.ConversationOpened{Conversation: c.ID, Inbox: "in1", Channel: "webhook", Reason: "first"},
		&events.MessageAdded{Message: message(c, "hello")},
	}, c)
	return c
}

func message(c events.Conversation, text string) events.Message {
	now := time.Now().UTC()
	return events.Message{
		ID: events.MessageID(id.New("ms")), ConversationID: c.ID, ContactID: c.Contact.ID, Direction: events.In, Kind: events.KindMessage,
		Channel: "webhook", InboxID: "in1", Text: text, Attachments: []events.Attachment{}, Status: events.StatusReceived, OccurredAt: now, ReceivedAt: now,
	}
}

// say adds one message.
func (w *world) say(conversation events.ConversationID, text string) uint64 {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	c := *w.conversations[conversation]
	c.Version++
	return w.append(c.Contact.ID, []events.Body{&events.MessageAdded{Message: message(c, text)}}, c)
}

// move changes a conversation by a transfer.
func (w *world) move(conversation events.ConversationID, change func(*events.Conversation)) uint64 {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	c := *w.conversations[conversation]
	c.Version++
	change(&c)
	return w.append(c.Contact.ID, []events.Body{&events.ConversationTransferred{Conversation: c.ID, Team: c.Team, Queue: c.Queue, Assignee: c.Assignee}}, c)
}

func ok[T any](v T) any { return queries.Answer[T]{OK: &v} }

func refusal(code, detail string) any {
	return queries.Answer[struct{}]{Problem: &queries.Problem{Code: code, Detail: detail}}
}

func (w *world) list(data []byte) any {
	var q queries.ListConversations
	if json.Unmarshal(data, &q) != nil || q.Cursor != "" && !strings.HasPrefix(q.Cursor, "p") {
		return refusal("invalid", "cursor is not one of ours")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	out := queries.Page[events.Conversation]{Items: []events.Conversation{}, AsOf: w.seq}
	for _, c := range w.conversations {
		switch {
		case q.Status != "" && c.Status != q.Status, q.Team != "" && c.Team != q.Team, q.Queue != "" && c.Queue != q.Queue:
		case q.Contact != "" && c.Contact.ID != q.Contact, q.Callback == "open" && c.Callback == nil:
		case q.Assignee == "none" && c.Assignee != "", q.Assignee != "" && q.Assignee != "none" && string(c.Assignee) != q.Assignee:
		default:
			out.Items = append(out.Items, *c)
		}
	}
	sort.Slice(out.Items, func(i, j int) bool { return out.Items[i].ID < out.Items[j].ID })
	if q.Cursor != "" {
		n := sort.Search(len(out.Items), func(i int) bool { return string(out.Items[i].ID) > q.Cursor[1:] })
		out.Items = out.Items[n:]
	}
	if q.Limit > 0 && len(out.Items) > q.Limit {
		out.Items = out.Items[:q.Limit]
		out.NextCursor = "p" + string(out.Items[q.Limit-1].ID)
	}
	return ok(out)
}

func (w *world) one(data []byte) any {
	var q queries.ByID
	if err := json.Unmarshal(data, &q); err != nil {
		return refusal("invalid", "not readable")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.conversations[events.ConversationID(q.ID)]
	if c == nil {
		return refusal("not_found", "no such conversation")
	}
	return ok(*c)
}

func (w *world) listMessages(data []byte) any {
	var q queries.ListMessages
	if err := json.Unmarshal(data, &q); err != nil {
		return refusal("invalid", "not readable")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return ok(queries.Page[events.Message]{Items: append([]events.Message{}, w.messages[q.Conversation]...), AsOf: w.seq})
}

func (w *world) contact(data []byte) any {
	var q queries.ByID
	if err := json.Unmarshal(data, &q); err != nil {
		return refusal("invalid", "not readable")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	page := queries.ContactPage{ID: events.ContactID(q.ID), Name: "Customer", Points: w.points[events.ContactID(q.ID)]}
	for _, c := range w.conversations {
		if c.Contact.ID == page.ID {
			page.Conversations = append(page.Conversations, *c)
		}
	}
	more := w.pages[page.ID]
	if len(page.Conversations) == 0 && more == nil {
		return refusal("not_found", "no such contact")
	}
	if more != nil {
		more(&page)
	}
	page.Conversations = page.Conversations[:min(len(page.Conversations), 50)]
	return ok(page)
}

func (w *world) timeline(data []byte) any {
	var q queries.ListTimeline
	if err := json.Unmarshal(data, &q); err != nil {
		return refusal("invalid", "not readable")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	page := queries.Page[queries.TimelineItem]{Items: append([]queries.TimelineItem{}, w.lines[q.Contact]...), AsOf: w.seq}
	for _, c := range w.conversations {
		if c.Contact.ID == q.Contact {
			page.Items = append(page.Items, queries.TimelineItem{Fact: "message.added", Conversation: c.ID})
		}
	}
	return ok(page)
}

func (w *world) counters([]byte) any {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count != nil {
		return ok(queries.CountersAnswer{Counts: w.count, Cells: w.cells})
	}
	return ok(queries.CountersAnswer{Counts: map[string]int64{"status/open": 3, "team/secret/open": 2, "assignee/somebody/open": 1, "queue/theirs/open": 1}})
}

func (w *world) board([]byte) any {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.boards++
	load := w.load
	return queries.Answer[queries.BoardAnswer]{OK: &load}
}

// opens says that every number counts all conversations.
func (w *world) opens(data []byte) any {
	var q queries.AskBoardConversations
	if err := json.Unmarshal(data, &q); err != nil {
		return refusal("invalid", "not readable")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.behind = &q
	ids := slices.Sorted(maps.Keys(w.conversations))
	return ok(queries.CountedConversations{Items: ids, Total: len(ids), AsOf: w.seq})
}

func (w *world) books([]byte) any {
	return ok(queries.BooksAnswer{Inboxes: map[events.InboxID]queries.Book{"in1": {Stored: 3, Duplicate: 2, Rejected: 1}}})
}

// command carries out enough of each command to show its effect.
func (w *world) command(data []byte) any {
	var env commands.Envelope
	if err := json.Unmarshal(data, &env); err != nil {
		return commands.Result{Problem: &commands.Problem{Code: commands.Invalid, Detail: "not readable"}}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, env)
	if problem := w.refuse[env.Name]; problem != nil {
		return commands.Result{Problem: problem}
	}
	if env.Conversation == "" {
		return commands.Result{Contact: env.Contact, Seq: w.seq}
	}
	now, known := w.conversations[env.Conversation]
	if !known {
		return commands.Result{Problem: &commands.Problem{Code: commands.NotFound, Detail: "no such conversation"}}
	}
	if env.Version != 0 && env.Version != now.Version {
		return commands.Result{Problem: &commands.Problem{Code: commands.Stale, Detail: "the version is not the present one", Conversation: now}}
	}
	c := *now
	c.Version++
	facts, said, problem := w.effect(env, &c)
	if problem != nil {
		return commands.Result{Problem: problem}
	}
	seq := w.append(c.Contact.ID, facts, c)
	return commands.Result{Seq: seq, Conversation: &c, Message: said}
}

func (w *world) effect(env commands.Envelope, c *events.Conversation) ([]events.Body, *events.Message, *commands.Problem) {
	read := func(v any) {
		if err := json.Unmarshal(env.Body, v); err != nil {
			w.t.Errorf("body of %s: %v", env.Name, err)
		}
	}
	switch env.Name {
	case commands.Reply, commands.AddNote:
		var b struct {
			Text     string `json:"text"`
			ClientID string `json:"client_id"`
		}
		var fields map[string]any
		read(&fields)
		b.Text, _ = fields["text"].(string)
		b.ClientID, _ = fields["client_id"].(string)
		m := message(*c, b.Text)
		m.Direction, m.ClientID, m.Author = events.Out, b.ClientID, env.Actor
		return []events.Body{&events.MessageAdded{Message: m}}, &m, nil
	case commands.Assign:
		var b commands.AssignBody
		read(&b)
		if c.Assignee != "" && b.Assignee != "" && c.Assignee != b.Assignee && env.Version == 0 {
			return nil, nil, &commands.Problem{Code: commands.Conflict, Detail: "somebody else has it", Conversation: w.conversations[c.ID]}
		}
		c.Assignee = b.Assignee
		return []events.Body{&events.ConversationAssigned{Conversation: c.ID, Assignee: b.Assignee}}, nil, nil
	case commands.Transfer:
		var b commands.TransferBody
		read(&b)
		c.Team, c.Queue, c.Assignee = b.Team, b.Queue, b.Assignee
		return []events.Body{&events.ConversationTransferred{Conversation: c.ID, Team: b.Team, Queue: b.Queue, Assignee: b.Assignee}}, nil, nil
	case commands.Resolve:
		c.Status = events.Resolved
		return []events.Body{&events.ConversationResolved{Conversation: c.ID}}, nil, nil
	default:
		return []events.Body{&events.ConversationRead{Conversation: c.ID}}, nil, nil
	}
}

func (w *world) lastAsked() (commands.Envelope, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.asked) == 0 {
		return commands.Envelope{}, fmt.Errorf("no command came")
	}
	return w.asked[len(w.asked)-1], nil
}
