package daytest

import (
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Dice gives a number from nought to n-1.
type Dice func(n int) int

// Day is a world in which things happen. Rows are as the newest decision left
// them; Log is all that happened, with sequences from 1.
type Day struct {
	Now      time.Time
	Queues   []config.Queue
	Agents   []config.Agent
	Inboxes  []config.Inbox
	Presence map[events.AgentID]events.Presence
	Rows     map[events.ConversationID]*events.Conversation
	Log      []*events.Decision
	Scores   map[events.SurveyID]int // the newest of each survey

	dice  Dice
	ids   []events.ConversationID
	n     int
	draft *events.Decision
	rows  []events.ConversationID                   // touched by the draft
	asked map[events.ConversationID][]events.Survey // the newest last
}

// New begins a day at a time with some queues and agents. The first two queues
// give out work, the others are worked by hand; the last queue is everybody's.
func New(dice Dice, now time.Time, queues, agents int) *Day {
	d := &Day{Now: now, Presence: map[events.AgentID]events.Presence{}, Rows: map[events.ConversationID]*events.Conversation{}, dice: dice, asked: map[events.ConversationID][]events.Survey{}, Scores: map[events.SurveyID]int{}}
	for i := range queues {
		q := config.Queue{ID: events.QueueID(fmt.Sprintf("qu%02d", i)), Mode: config.QueuePush}
		if i > 1 {
			q.Mode = config.QueueManual
		}
		if i < queues-1 {
			q.Teams = []events.TeamID{team(i), team(i + 1)}
		}
		d.Queues = append(d.Queues, q)
	}
	for i := range agents {
		d.Agents = append(d.Agents, config.Agent{ID: events.AgentID(fmt.Sprintf("ag%03d", i)), Teams: []events.TeamID{team(i)}, Capacity: []int{0, 40, 100}[i%3]})
	}
	for i, channel := range []string{"email", "webchat", "phone", "email"} {
		d.Inboxes = append(d.Inboxes, config.Inbox{ID: events.InboxID(fmt.Sprint("in", i)), Channel: channel})
	}
	d.Inboxes[0].Queue, d.Inboxes[1].Team = "qu00", "tm1"
	d.Inboxes[3].Queue, d.Inboxes[3].Team = "qu01", "tm2" // there may be no such queue
	return d
}

func team(i int) events.TeamID { return events.TeamID(fmt.Sprint("tm", i%3)) }

// Step lets some time pass and one thing happen. It returns the decision that
// came of it, nil where there was nothing to decide.
func (d *Day) Step() *events.Decision {
	switch d.dice(12) {
	case 0:
		d.Now = d.Now.Add(time.Duration(d.dice(7200)) * time.Second)
	case 1, 2, 3:
		d.Now = d.Now.Add(time.Duration(d.dice(300_000)) * time.Millisecond)
	default:
		d.Now = d.Now.Add(time.Duration(d.dice(10_000)) * time.Millisecond)
	}
	happenings := []func(){
		d.opens, d.opens, d.writes, d.writes, d.writes, d.calls, d.offered, d.offered, d.offerEnds, d.offerEnds, d.assigned, d.handedBack,
		d.answers, d.answers, d.answers, d.resolves, d.resolves, d.resolves, d.leaves, d.snoozes, d.wakes, d.reopens, d.tags, d.transfers,
		d.merges, d.splits, d.warns, d.breaches, d.pauses, d.promises, d.keeps, d.presence, d.presence, d.books, d.notes, d.prioritises, d.asks, d.opines, d.opines, d.segments,
		d.tags, d.tries, d.wishes,
	}
	return d.Make(happenings[d.dice(len(happenings))])
}

// Make runs one thing that happens and stores what was decided.
func (d *Day) Make(happens func()) *events.Decision {
	d.n++
	d.draft, d.rows = &events.Decision{ID: fmt.Sprint("dc", d.n), Contact: "ct00", At: d.Now, Seq: uint64(len(d.Log) + 1)}, nil
	happens()
	if len(d.draft.Facts) == 0 {
		return nil
	}
	for _, id := range d.rows {
		c := d.Rows[id]
		c.Version++
		c.UpdatedAt = d.Now
		row := *c
		row.Channels, row.Inboxes, row.Tags = slices.Clone(c.Channels), slices.Clone(c.Inboxes), slices.Clone(c.Tags)
		row.Clocks = slices.Clone(c.Clocks)
		d.draft.Conversations = append(d.draft.Conversations, row)
	}
	d.Log = append(d.Log, d.draft)
	return d.draft
}

func (d *Day) say(body events.Body) { d.draft.Facts = append(d.draft.Facts, events.NewFact(body)) }

// touch has a row go along with the decision.
func (d *Day) touch(id events.ConversationID) *events.Conversation {
	if !slices.Contains(d.rows, id) {
		d.rows = append(d.rows, id)
	}
	return d.Rows[id]
}

// some picks a conversation of a kind, nil where there is none. It looks at a few
// dozen and not at all, so that a long day stays cheap.
func (d *Day) some(is func(*events.Conversation) bool) *events.Conversation {
	if len(d.ids) == 0 {
		return nil
	}
	at := d.dice(len(d.ids))
	for i := range min(48, len(d.ids)) {
		if c := d.Rows[d.ids[(at+i)%len(d.ids)]]; is(c) {
			return d.touch(c.ID)
		}
	}
	return nil
}

func (d *Day) ago() time.Time { return d.Now.Add(-time.Duration(d.dice(120)) * time.Second) }

func live(c *events.Conversation) bool {
	return c.Status == events.Open || c.Status == events.Snoozed
}
func open(c *events.Conversation) bool    { return c.Status == events.Open }
func waiting(c *events.Conversation) bool { return c.Wait != nil && c.Offer == nil }

func (d *Day) agent() events.AgentID { return d.Agents[d.dice(len(d.Agents))].ID }
