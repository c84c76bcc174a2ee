package reports

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/sketch"
	"github.com/tributary-inbox/tributary/services/inbox/daytest"
)

// sample is one thing that counts, or one that was measured.
type sample struct {
	at    time.Time
	place place
	n     Number
	ms    int64
	id    events.ConversationID
}

type place struct {
	channel, inbox, queue, agent string
	teams, tags                  []string
}

func (p place) values(by Dimension) []string {
	many := func(list []string) []string {
		if len(list) == 0 {
			return []string{""}
		}
		return list
	}
	return map[Dimension][]string{ByChannel: {p.channel}, ByInbox: {p.inbox}, ByQueue: {p.queue}, ByAgent: {p.agent}, ByTeam: many(p.teams), ByTag: many(p.tags)}[by]
}

// history counts and measures a whole day anew, from lists of what was said.
type history struct {
	day     *daytest.Day
	samples []sample
	rows    map[events.ConversationID]*events.Conversation
	homes   map[events.ConversationID][2]string
	pending map[events.ConversationID][]time.Time // questions without an answer
	fresh   map[events.ConversationID]bool
	spell   map[events.ConversationID]time.Time
	held    map[events.ConversationID]time.Time
	places  map[events.ConversationID]place
	stands  []stands // the backlog after each decision
}

type stands struct {
	at     time.Time
	places map[events.ConversationID]place
}

func study(day *daytest.Day) *history {
	h := &history{day: day, rows: map[events.ConversationID]*events.Conversation{}, homes: map[events.ConversationID][2]string{}, pending: map[events.ConversationID][]time.Time{},
		fresh: map[events.ConversationID]bool{}, spell: map[events.ConversationID]time.Time{}, held: map[events.ConversationID]time.Time{}, places: map[events.ConversationID]place{}}
	for _, d := range day.Log {
		h.follow(d)
	}
	return h
}

func (h *history) placeOf(c *events.Conversation) place {
	queue := c.Queue
	if c.Wait != nil {
		queue = c.Wait.Queue
	}
	return h.in(c, string(queue))
}

func (h *history) in(c *events.Conversation, queue string) place {
	home := h.homes[c.ID]
	p := place{channel: home[0], inbox: home[1], queue: queue, agent: string(c.Assignee), tags: c.Tags}
	if c.Team != "" {
		p.teams = []string{string(c.Team)}
		return p
	}
	for _, q := range h.day.Queues {
		if string(q.ID) == queue {
			for _, t := range q.Teams {
				if !slices.Contains(p.teams, string(t)) {
					p.teams = append(p.teams, string(t))
				}
			}
		}
	}
	return p
}

func alive(c *events.Conversation) bool {
	return c != nil && (c.Status == events.Open || c.Status == events.Snoozed)
}

func (h *history) follow(d *events.Decision) {
	after := map[events.ConversationID]*events.Conversation{}
	for i := range d.Conversations {
		c := &d.Conversations[i]
		after[c.ID] = c
		if !alive(h.rows[c.ID]) { // comes anew, or stays as it was
			h.spell[c.ID], h.pending[c.ID], h.fresh[c.ID] = d.At, nil, false
			promised := h.rows[c.ID] != nil && h.rows[c.ID].Callback != nil && h.rows[c.ID].Status == events.Resolved
			if n := len(c.Channels); n > 0 && !promised {
				h.homes[c.ID] = [2]string{c.Channels[n-1], string(c.Inboxes[len(c.Inboxes)-1])}
			}
		}
	}
	for _, f := range d.Facts {
		switch b := f.Body.(type) {
		case *events.ConversationOpened:
			h.homes[b.Conversation] = [2]string{b.Channel, string(b.Inbox)}
		case *events.MessageAdded:
			if m := b.Message; m.Direction == events.In {
				h.homes[m.ConversationID] = [2]string{m.Channel, string(m.InboxID)}
			}
		}
	}
	for _, f := range d.Facts {
		h.fact(d, after, f.Body)
	}
	for _, id := range slices.Sorted(maps.Keys(after)) {
		h.turn(d, h.rows[id], after[id])
	}
	snapshot := map[events.ConversationID]place{}
	for id, c := range h.rows {
		if alive(c) {
			snapshot[id] = h.places[id]
		}
	}
	h.stands = append(h.stands, stands{d.At, snapshot})
}

// turn compares a row with the one before it.
func (h *history) turn(d *events.Decision, before, now *events.Conversation) {
	holder := func(c *events.Conversation) string {
		if c == nil || c.Status != events.Open {
			return ""
		}
		return string(c.Assignee)
	}
	if since := lines(before); since != nil && holder(now) != "" {
		p := h.places[now.ID]
		p.agent = holder(now)
		h.note(d, Taken, p, 0, now.ID)
		h.note(d, QueueTime, p, d.At.Sub(*since).Milliseconds(), now.ID)
	}
	if was, is := holder(before), holder(now); was != is {
		if was != "" {
			h.note(d, HandleTime, h.places[now.ID], d.At.Sub(h.held[now.ID]).Milliseconds(), now.ID)
		}
		h.held[now.ID] = d.At
	}
	h.rows[now.ID], h.places[now.ID] = now, h.placeOf(now)
}

func lines(c *events.Conversation) *time.Time {
	switch {
	case c == nil || c.Status != events.Open:
		return nil
	case c.Wait != nil:
		return &c.Wait.Since
	case c.Assignee == "":
		return c.WaitingSince
	}
	return nil
}

func (h *history) note(d *events.Decision, n Number, p place, ms int64, id events.ConversationID) {
	h.samples = append(h.samples, sample{d.At, p, n, max(ms, 0), id})
}

func (h *history) fact(d *events.Decision, rows map[events.ConversationID]*events.Conversation, body events.Body) {
	at := func(id events.ConversationID) place { return h.placeOf(rows[id]) }
	switch f := body.(type) {
	case *events.ConversationOpened:
		h.fresh[f.Conversation] = true
		h.note(d, Opened, at(f.Conversation), 0, f.Conversation)
	case *events.ConversationReopened:
		h.note(d, Reopened, at(f.Conversation), 0, f.Conversation)
	case *events.ConversationResolved:
		h.note(d, Resolved, at(f.Conversation), 0, f.Conversation)
		h.note(d, ResolutionTime, at(f.Conversation), d.At.Sub(h.spell[f.Conversation]).Milliseconds(), f.Conversation)
	case *events.ConversationUnqueued:
		if f.Reason == "left" {
			h.note(d, Abandoned, h.in(rows[f.Conversation], string(f.Queue)), 0, f.Conversation)
		}
	case *events.ConversationMerged:
		if q := h.pending[f.From]; len(q) > 0 {
			if mine := h.pending[f.Into]; len(mine) == 0 || q[0].Before(mine[0]) {
				h.pending[f.Into] = append([]time.Time{q[0]}, mine...)
			}
		}
	case *events.MessageAdded:
		h.message(d, at(f.Message.ConversationID), &f.Message)
	case *events.ClockStopped:
		names := map[events.ClockKind][3]Number{events.FirstResponse: {FirstMet, FirstMissed, FirstResponseBusiness}, events.NextResponse: {NextMet, NextMissed, NextResponseBusiness}, events.Resolution: {ResolutionMet, ResolutionMissed, ResolutionBusiness}}[f.Clock.Kind]
		switch f.Outcome {
		case "met":
			h.note(d, names[0], at(f.Conversation), 0, f.Conversation)
		case "missed":
			h.note(d, names[1], at(f.Conversation), 0, f.Conversation)
		default:
			return
		}
		h.note(d, names[2], at(f.Conversation), f.Took, f.Conversation)
	}
}

func (h *history) message(d *events.Decision, p place, m *events.Message) {
	id, spoke := m.ConversationID, m.Call != nil && m.Call.Outcome == "answered"
	reply := false
	switch {
	case m.Kind == events.KindNote:
		return
	case m.Direction == events.In:
		h.note(d, Received, p, 0, id)
		if m.Call != nil && m.Call.Outcome == "abandoned" {
			h.note(d, Abandoned, p, 0, id)
		}
		asked := m.OccurredAt
		if spoke {
			asked, reply = asked.Add(-time.Duration(m.Call.RingS)*time.Second), true
		}
		if !m.HasFlag("automatic") {
			h.pending[id] = append(h.pending[id], asked)
		}
	default:
		if m.Author.ID != "" {
			p.agent = m.Author.ID
		}
		h.note(d, Sent, p, 0, id)
		human := m.Author.Kind == "agent" || m.Author.Kind == "integration"
		reply = human && (m.Call == nil || spoke)
	}
	if !reply {
		return
	}
	n := map[bool]Number{true: FirstResponse, false: NextResponse}[h.fresh[id]]
	if q := h.pending[id]; len(q) > 0 {
		h.note(d, n, p, m.OccurredAt.Sub(q[0]).Milliseconds(), id)
	}
	h.fresh[id], h.pending[id] = false, nil
}

// rows answers a query by going through everything.
func (h *history) table(q Query, zone *time.Location) map[string]map[Number][]int64 {
	out := map[string]map[Number][]int64{}
	put := func(at time.Time, p place, n Number, v int64) {
		for by, values := range q.Only {
			if !slices.ContainsFunc(p.values(by), func(v string) bool { return slices.Contains(values, v) }) {
				return
			}
		}
		heads := []string{""}
		for _, by := range q.By {
			values := p.values(by)
			switch by {
			case ByDay:
				values = []string{at.In(zone).Format(time.DateOnly)}
			case ByHour:
				values = []string{at.In(zone).Truncate(time.Hour).Format(time.RFC3339)}
			}
			var next []string
			for _, head := range heads {
				for _, v := range values {
					if only, narrowed := q.Only[by]; !narrowed || slices.Contains(only, v) {
						next = append(next, head+"/"+v)
					}
				}
			}
			heads = next
		}
		for _, head := range heads {
			if out[head] == nil {
				out[head] = map[Number][]int64{}
			}
			out[head][n] = append(out[head][n], v)
		}
	}
	for _, s := range h.samples {
		if !s.at.Before(q.From) && s.at.Before(q.To) {
			put(s.at, s.place, s.n, s.ms)
		}
	}
	for _, end := range h.ends(q) {
		var then map[events.ConversationID]place
		for _, s := range h.stands {
			if s.at.Before(end) {
				then = s.places
			}
		}
		for _, p := range then {
			put(end.Add(-time.Nanosecond), p, Backlog, 0)
		}
	}
	return out
}

// ends are when the backlog is asked for: at the end of each hour or day that has
// a row, or of the range.
func (h *history) ends(q Query) []time.Time {
	width := time.Duration(0)
	for _, by := range q.By {
		switch by {
		case ByHour:
			width = time.Hour
		case ByDay:
			width = 24 * time.Hour
		}
	}
	if width == 0 || len(h.day.Log) == 0 {
		return []time.Time{q.To}
	}
	begin, end := h.day.Log[0].At.Truncate(time.Hour), h.day.Log[len(h.day.Log)-1].At.Truncate(time.Hour).Add(time.Hour)
	if q.From.After(begin) {
		begin = q.From
	}
	if q.To.Before(end) {
		end = q.To
	}
	shift := 9 * time.Hour // the zone of the tests
	var out []time.Time
	for at := begin; at.Before(end); {
		at = at.Add(shift).Truncate(width).Add(width).Add(-shift)
		if at.After(end) {
			at = end
		}
		out = append(out, at)
	}
	return out
}

// compare is what differs between a table and a recount; empty where nothing does.
func compare(got Table, want map[string]map[Number][]int64) string {
	seen := map[string]bool{}
	for _, r := range got.Rows {
		name := ""
		for _, k := range r.Keys {
			name += "/" + k
		}
		seen[name] = true
		for _, n := range counts {
			if r.Counts[n] != int64(len(want[name][n])) {
				return fmt.Sprintf("row %q: %s is %d, a recount says %d", name, n, r.Counts[n], len(want[name][n]))
			}
		}
		for _, n := range spreads {
			if why := compareSpread(r.Spreads[n], want[name][n]); why != "" {
				return fmt.Sprintf("row %q: %s: %s", name, n, why)
			}
		}
	}
	for name := range want {
		if !seen[name] {
			return fmt.Sprintf("row %q is missing: %v", name, want[name])
		}
	}
	return ""
}

func compareSpread(got Spread, values []int64) string {
	if len(values) == 0 {
		if got != (Spread{}) {
			return fmt.Sprintf("%+v of nothing", got)
		}
		return ""
	}
	values = slices.Sorted(slices.Values(values))
	sum := int64(0)
	for _, v := range values {
		sum += v
	}
	n := int64(len(values))
	if got.Count != n || got.Average != sum/n || got.Most != values[n-1] {
		return fmt.Sprintf("%+v of %v", got, values)
	}
	for _, c := range []struct {
		got int64
		q   float64
	}{{got.Median, 0.5}, {got.P90, 0.9}} {
		if want := float64(values[int(c.q*float64(n-1))]); math.Abs(float64(c.got)-want) > sketch.Accuracy*want+1 {
			return fmt.Sprintf("%+v: the quantile %v of %v", got, c.q, values)
		}
	}
	return ""
}
