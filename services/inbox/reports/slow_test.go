package reports

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/daytest"
)

// sample is one thing that counts, or one that was measured.
type sample struct {
	at    time.Time
	place place
	n     Number
	ms    int64
	id    events.ConversationID
	asked events.SurveyID // of an opinion
	step  int             // of the log
}

// asks is a question of the customer, or their wish to be called at a time.
type asks struct {
	at   time.Time
	call bool
}

// comes is an agent who gets a conversation, has it or answers in it.
type comes struct {
	step  int
	agent string
}

type place struct {
	channel, inbox, queue, agent, priority string
	teams, tags, segments                  []string
}

func (p place) values(by Dimension) []string {
	many := func(list []string) []string {
		if len(list) == 0 {
			return []string{""}
		}
		return list
	}
	return map[Dimension][]string{queries.ByChannel: {p.channel}, queries.ByInbox: {p.inbox}, queries.ByQueue: {p.queue}, queries.ByAgent: {p.agent}, queries.ByTeam: many(p.teams), queries.ByTag: many(p.tags), queries.BySegment: many(p.segments), queries.ByPriority: {p.priority}}[by]
}

// history counts and measures a whole day anew, from lists of what was said.
type history struct {
	day     *daytest.Day
	samples []sample
	rows    map[events.ConversationID]*events.Conversation
	homes   map[events.ConversationID][2]string
	pending map[events.ConversationID][]asks // without an answer
	fresh   map[events.ConversationID]bool
	spell   map[events.ConversationID]time.Time
	held    map[events.ConversationID]time.Time
	places  map[events.ConversationID]place
	stands  []stands // the backlog after each decision
	asked   map[events.SurveyID]asked
	called  map[events.CallbackID]time.Time
	there   map[events.AgentID]bool
	came    map[events.ConversationID][]comes
	step    int
	seen    time.Time // since then nobody has come or gone
}

type asked struct {
	id    events.SurveyID
	place place
	about events.ConversationID
}

type stands struct {
	at     time.Time
	places map[events.ConversationID]place
}

func study(day *daytest.Day) *history {
	h := &history{day: day, rows: map[events.ConversationID]*events.Conversation{}, homes: map[events.ConversationID][2]string{}, pending: map[events.ConversationID][]asks{},
		fresh: map[events.ConversationID]bool{}, spell: map[events.ConversationID]time.Time{}, held: map[events.ConversationID]time.Time{}, places: map[events.ConversationID]place{},
		asked: map[events.SurveyID]asked{}, called: map[events.CallbackID]time.Time{}, there: map[events.AgentID]bool{}, came: map[events.ConversationID][]comes{}}
	for i, d := range day.Log {
		h.step = i
		h.duty(d.At)
		h.follow(d)
	}
	if n := len(day.Log); n > 0 {
		h.duty(day.Log[n-1].At.Truncate(time.Second).Add(time.Second))
	}
	h.hindsight()
	return h
}

// hindsight puts everything under what its conversation came to carry in the end,
// and what nobody had under the first agent who came after.
func (h *history) hindsight() {
	for i := range h.samples {
		s := &h.samples[i]
		c := h.rows[s.id]
		if c == nil {
			continue
		}
		s.place.tags, s.place.segments = c.Tags, nil
		for _, name := range c.Segments {
			s.place.segments = append(s.place.segments, string(name))
		}
		if s.n != queries.ReportOpened && s.n != queries.ReportReopened && s.n != queries.ReportReceived || s.place.agent != "" {
			continue
		}
		for _, later := range h.came[s.id] {
			if later.step >= s.step {
				s.place.agent = later.agent
				break
			}
		}
	}
}

// duty counts the time since it was last counted, second by second.
func (h *history) duty(until time.Time) {
	for begin := h.seen; !begin.IsZero() && begin.Before(until); {
		end := begin.Truncate(quarter).Add(quarter)
		if until.Before(end) {
			end = until
		}
		for _, a := range h.day.Agents {
			p := place{agent: string(a.ID)}
			for _, t := range a.Teams {
				p.teams = append(p.teams, string(t))
			}
			if ms := end.Sub(begin).Milliseconds(); h.there[a.ID] {
				h.samples = append(h.samples, sample{at: begin, place: p, n: queries.ReportAvailableTime, ms: ms})
				h.busy(begin, p, ms)
			}
		}
		begin = end
	}
	h.seen = until
}

// busy parts an agent's time among what they have in hand: a mail is a tenth of a
// call, and the rest a fifth.
func (h *history) busy(begin time.Time, agent place, ms int64) {
	weight := func(c *events.Conversation) int64 {
		return map[string]int64{"email": 10, "phone": 100}[h.places[c.ID].channel] + map[string]int64{"webchat": 20}[h.places[c.ID].channel]
	}
	var mine []*events.Conversation
	all := int64(0)
	for _, c := range h.rows {
		if c.Status == events.Open && string(c.Assignee) == agent.agent {
			mine = append(mine, c)
			all += weight(c)
		}
	}
	for _, c := range mine {
		p := h.places[c.ID]
		p.agent, p.teams = agent.agent, agent.teams
		h.samples = append(h.samples, sample{at: begin, place: p, n: queries.ReportBusyTime, ms: ms * weight(c) / all, id: c.ID})
	}
}

// hours are those of the memory: every second half of an hour, and none in the last
// queue.
func (h *history) hours(d *events.Decision, n Number, p place, from, to time.Time, id events.ConversationID) {
	ms := int64(Unmeasured)
	if p.queue != string(h.day.Queues[len(h.day.Queues)-1].ID) {
		ms = 0
		for at := from.Truncate(time.Hour); at.Before(to); at = at.Add(time.Hour) {
			begin, end := at, at.Add(30*time.Minute)
			if begin.Before(from) {
				begin = from
			}
			if to.Before(end) {
				end = to
			}
			ms += max(end.Sub(begin).Milliseconds(), 0)
		}
	}
	h.samples = append(h.samples, sample{at: d.At, place: p, n: n, ms: ms, id: id, step: h.step})
}

func measured(d *events.Decision, kind events.ClockKind, id events.ConversationID) bool {
	return slices.ContainsFunc(d.Facts, func(f events.Fact) bool {
		b, ok := f.Body.(*events.ClockStopped)
		return ok && b.Conversation == id && b.Clock.Kind == kind && b.Outcome != "dropped"
	})
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
	p := place{channel: home[0], inbox: home[1], queue: queue, agent: string(c.Assignee), tags: c.Tags, priority: fmt.Sprint(c.Priority)}
	for _, s := range c.Segments {
		p.segments = append(p.segments, string(s))
	}
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
			promised := h.rows[c.ID] != nil && h.rows[c.ID].Callback != nil && h.rows[c.ID].Status == events.Resolved
			if h.spell[c.ID] = d.At; !promised {
				h.pending[c.ID], h.fresh[c.ID] = nil, false
			}
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
		h.note(d, queries.ReportTaken, p, 0, now.ID)
		h.note(d, queries.ReportQueueTime, p, d.At.Sub(*since).Milliseconds(), now.ID)
		h.hours(d, queries.ReportQueueBusiness, p, *since, d.At, now.ID)
	}
	if was, is := holder(before), holder(now); was != is {
		if was != "" {
			h.note(d, queries.ReportHandleTime, h.places[now.ID], d.At.Sub(h.held[now.ID]).Milliseconds(), now.ID)
			h.hours(d, queries.ReportHandleBusiness, h.places[now.ID], h.held[now.ID], d.At, now.ID)
		}
		h.held[now.ID] = d.At
	}
	h.rows[now.ID], h.places[now.ID] = now, h.placeOf(now)
	if now.Assignee != "" {
		h.came[now.ID] = append(h.came[now.ID], comes{h.step, string(now.Assignee)})
	}
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
	h.samples = append(h.samples, sample{at: d.At, place: p, n: n, ms: max(ms, 0), id: id, step: h.step})
}

func (h *history) fact(d *events.Decision, rows map[events.ConversationID]*events.Conversation, body events.Body) {
	at := func(id events.ConversationID) place { return h.placeOf(rows[id]) }
	switch f := body.(type) {
	case *events.ConversationOpened:
		h.fresh[f.Conversation] = true
		h.note(d, queries.ReportOpened, at(f.Conversation), 0, f.Conversation)
	case *events.ConversationReopened:
		h.note(d, queries.ReportReopened, at(f.Conversation), 0, f.Conversation)
		h.pending[f.Conversation], h.fresh[f.Conversation] = nil, false
	case *events.ConversationResolved:
		h.note(d, queries.ReportResolved, at(f.Conversation), 0, f.Conversation)
		h.note(d, queries.ReportResolutionTime, at(f.Conversation), d.At.Sub(h.spell[f.Conversation]).Milliseconds(), f.Conversation)
		if !measured(d, events.Resolution, f.Conversation) {
			h.hours(d, queries.ReportResolutionBusiness, at(f.Conversation), h.spell[f.Conversation], d.At, f.Conversation)
		}
		h.pending[f.Conversation], h.fresh[f.Conversation] = nil, false
	case *events.CallbackRequested:
		if _, told := h.called[f.Callback.ID]; !told {
			h.note(d, queries.ReportCallbacksAsked, at(f.Conversation), 0, f.Conversation)
			h.called[f.Callback.ID] = f.Callback.RequestedAt
		}
		wish := asks{d.At, true}
		if f.Callback.WantedAt != nil && f.Callback.WantedAt.After(d.At) {
			wish.at = *f.Callback.WantedAt
		}
		if q := h.pending[f.Conversation]; len(q) == 0 || q[0].call && wish.at.After(d.At) {
			h.pending[f.Conversation] = []asks{wish}
		}
	case *events.CallbackClosed:
		if f.Outcome != "reached" {
			if f.Outcome == "in-vain" {
				h.note(d, queries.ReportCallbacksInVain, at(f.Conversation), 0, f.Conversation)
			}
			if q := h.pending[f.Conversation]; len(q) > 0 && q[0].call {
				h.pending[f.Conversation] = nil
			}
			return
		}
		h.note(d, queries.ReportCallbacksReached, at(f.Conversation), 0, f.Conversation)
		h.note(d, queries.ReportCallbackTime, at(f.Conversation), d.At.Sub(h.called[f.Callback]).Milliseconds(), f.Conversation)
		h.hours(d, queries.ReportCallbackBusiness, at(f.Conversation), h.called[f.Callback], d.At, f.Conversation)
		h.reply(d, f.Conversation, at(f.Conversation), d.At)
	case *events.AgentPresenceChanged:
		h.there[f.Presence.Agent] = f.Presence.State == events.AgentAvailable && f.Presence.LostAt == nil
	case *events.SurveyAsked:
		p, s := h.in(rows[f.Conversation], string(f.Survey.Queue)), f.Survey
		if s.Channel != "" {
			p.channel = s.Channel
		}
		p.agent = string(s.Agent)
		h.asked[s.ID] = asked{s.ID, p, f.Conversation}
		h.note(d, opinions[s.Kind].asked, p, 0, f.Conversation)
	case *events.SurveyAnswered:
		a := h.asked[f.Survey]
		h.samples = slices.DeleteFunc(h.samples, func(s sample) bool { return s.asked == a.id })
		n := opinions[f.Kind]
		put := func(n Number, v int64) {
			h.samples = append(h.samples, sample{at: d.At, place: a.place, n: n, ms: v, id: a.about, asked: a.id})
		}
		put(n.answered, 0)
		put(n.sum, int64(f.Score))
		if top := map[events.SurveyKind]int{events.CSAT: 4, events.CES: 4, events.NPS: 9}[f.Kind]; f.Score >= top {
			put(n.good, 0)
		}
		if low := map[events.SurveyKind]int{events.CSAT: 2, events.CES: 2, events.NPS: 6}[f.Kind]; f.Score <= low {
			put(n.poor, 0)
		}
	case *events.ConversationUnqueued:
		if f.Reason == "abandoned" { // nobody else's doing is the customer's
			h.note(d, queries.ReportAbandoned, h.in(rows[f.Conversation], string(f.Queue)), 0, f.Conversation)
		}
	case *events.ConversationMerged:
		if q := h.pending[f.From]; len(q) > 0 {
			if mine := h.pending[f.Into]; len(mine) == 0 {
				h.pending[f.Into] = q[:1]
			} else if q[0].at.Before(mine[0].at) {
				h.pending[f.Into] = []asks{{q[0].at, q[0].call && mine[0].call}}
			}
		}
	case *events.MessageAdded:
		h.message(d, at(f.Message.ConversationID), &f.Message)
	case *events.ClockStopped:
		names := map[events.ClockKind][3]Number{events.FirstResponse: {queries.ReportFirstMet, queries.ReportFirstMissed, queries.ReportFirstResponseBusiness}, events.NextResponse: {queries.ReportNextMet, queries.ReportNextMissed, queries.ReportNextResponseBusiness}, events.Resolution: {queries.ReportResolutionMet, queries.ReportResolutionMissed, queries.ReportResolutionBusiness}}[f.Clock.Kind]
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
		h.note(d, queries.ReportReceived, p, 0, id)
		if m.Call != nil && m.Call.Outcome == "abandoned" {
			h.note(d, queries.ReportAbandoned, p, 0, id)
		}
		q, wish := h.pending[id], m.HasFlag("callback")
		switch {
		case spoke:
			reply = true
			if len(q) == 0 {
				h.pending[id] = []asks{{m.OccurredAt.Add(-time.Duration(m.Call.RingS) * time.Second), false}}
			}
		case m.HasFlag("automatic"):
		case len(q) == 0 || !wish && q[0].at.After(d.At):
			h.pending[id] = []asks{{m.OccurredAt, wish}}
		case !wish:
			h.pending[id] = []asks{{q[0].at, false}}
		}
	default:
		if m.Author.ID != "" {
			p.agent = m.Author.ID
		}
		h.note(d, queries.ReportSent, p, 0, id)
		human := m.Author.Kind == "agent" || m.Author.Kind == "integration"
		reply = human && (m.Call == nil || spoke)
	}
	if q := h.pending[id]; reply && (len(q) == 0 || !q[0].call || !q[0].at.After(m.OccurredAt)) {
		h.reply(d, id, p, m.OccurredAt)
	}
}

// reply ends what the customer waits for.
func (h *history) reply(d *events.Decision, id events.ConversationID, p place, at time.Time) {
	if p.agent != "" {
		h.came[id] = append(h.came[id], comes{h.step, p.agent})
	}
	n := map[bool]Number{true: queries.ReportFirstResponse, false: queries.ReportNextResponse}[h.fresh[id]]
	if q := h.pending[id]; len(q) > 0 {
		h.note(d, n, p, at.Sub(q[0].at).Milliseconds(), id)
		kind, business := events.NextResponse, queries.ReportNextResponseBusiness
		if h.fresh[id] {
			kind, business = events.FirstResponse, queries.ReportFirstResponseBusiness
		}
		if !measured(d, kind, id) {
			h.hours(d, business, p, q[0].at, at, id)
		}
	}
	h.fresh[id], h.pending[id] = false, nil
}
