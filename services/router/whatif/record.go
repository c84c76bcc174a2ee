package whatif

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Recorder makes a day of decisions. They should begin some time before it, so
// that what stood at its beginning is known.
type Recorder struct {
	from, to time.Time
	talks    map[events.ConversationID]*talk
	stays    []*Stay
	work     []Span
	presence map[events.AgentID][]events.Presence
	there    map[events.AgentID][]events.Presence
	n        int
}

// talk is a conversation that waits or is somebody's.
type talk struct {
	stay    *Stay // while it waits
	queue   events.QueueID
	offer   *events.Offer
	agent   events.AgentID
	channel string
	since   time.Time
	of      *Stay // from which the agent got it; may be nil
}

// unanswered notes that an offer stood until a time and longer.
func (t *talk) unanswered(until time.Time) {
	if t.stay != nil && t.offer != nil {
		t.stay.Think = until.Sub(t.offer.At) + time.Second
	}
	t.offer = nil
}

// NewRecorder begins a day.
func NewRecorder(from, to time.Time) *Recorder {
	return &Recorder{from: from, to: to, talks: map[events.ConversationID]*talk{}, presence: map[events.AgentID][]events.Presence{}, there: map[events.AgentID][]events.Presence{}}
}

// Stays is how many waitings are held, for whoever bounds them.
func (r *Recorder) Stays() int { return len(r.stays) }

// See takes the next decision in. One at the day's end or later changes nothing.
func (r *Recorder) See(d *events.Decision) {
	if !d.At.Before(r.to) {
		return
	}
	reasons := map[events.ConversationID]string{}
	again := false // the work that ended is played again
	for _, f := range d.Facts {
		switch b := f.Body.(type) {
		case *events.ConversationUnqueued:
			reasons[b.Conversation] = b.Reason
		case *events.ConversationResolved:
			t := r.talks[b.Conversation]
			again = again || t != nil && t.of != nil && !t.of.Ended.Before(r.from)
		case *events.ConversationOffered:
			if t := r.talks[b.Conversation]; t != nil {
				offer := b.Offer
				offer.At = d.At
				t.offer = &offer
			}
		case *events.OfferClosed:
			r.offerEnded(d, b)
		}
	}
	for _, f := range d.Facts {
		if b, ok := f.Body.(*events.AgentPresenceChanged); ok {
			r.stood(d, b.Presence, again)
		}
	}
	for i := range d.Conversations {
		c := &d.Conversations[i]
		r.row(d, c, reasons[c.ID])
	}
}

// offerEnded notes how an offer ended within the day. One that stood when the day
// began stands again, for as long as was left of it.
func (r *Recorder) offerEnded(d *events.Decision, b *events.OfferClosed) {
	t := r.talks[b.Conversation]
	if t == nil || t.stay == nil || t.offer == nil {
		return
	}
	o := t.offer
	t.offer = nil
	if d.At.Before(r.from) {
		return
	}
	began := o.At
	if began.Before(r.from) {
		began = r.from
		t.stay.Stood = o
	}
	took := d.At.Sub(began)
	switch b.Outcome {
	case events.OfferAccepted:
		t.stay.Think = took
	case events.OfferDeclined, events.OfferExpired:
		t.stay.Passes = append(t.stay.Passes, Pass{Expired: b.Outcome == events.OfferExpired, After: took})
	}
}

// stood notes how an agent stands. Within the day a wrap-up that came of work
// which is played again comes of it again, and what has an end ends by itself.
func (r *Recorder) stood(d *events.Decision, p events.Presence, again bool) {
	was, p := r.there[p.Agent], at(p, d.At)
	byTime := d.Cause.Kind == "assigner" && p.State == events.AgentAvailable && len(was) > 0 && was[len(was)-1].Until != nil
	r.there[p.Agent] = stands(was, p, r.from)
	if d.At.After(r.from) && (byTime || p.State == events.AgentWrapUp && again) {
		return
	}
	r.presence[p.Agent] = stands(r.presence[p.Agent], p, r.from)
}

func at(p events.Presence, t time.Time) events.Presence { p.Since = t; return p }

// stands adds the newest; of what was before the day only the last is of use.
func stands(list []events.Presence, p events.Presence, from time.Time) []events.Presence {
	if !p.Since.After(from) {
		list = list[:0]
	}
	return append(list, p)
}

// row brings what is known of a conversation in line with its row.
func (r *Recorder) row(d *events.Decision, c *events.Conversation, reason string) {
	t := r.talks[c.ID]
	if t == nil {
		t = new(talk)
		r.talks[c.ID] = t
	}
	holder := events.AgentID("")
	if c.Status == events.Open {
		holder = c.Assignee
	}
	var got *Stay
	switch {
	case c.Wait != nil && t.stay == nil:
		r.begins(d, c, t)
	case c.Wait != nil && d.At.Before(r.from): // as it stands when the day begins
		t.stay.Wait, t.stay.Queue, t.stay.Priority = *c.Wait, c.Wait.Queue, c.Priority
		t.queue = c.Wait.Queue
	case c.Wait != nil && c.Wait.Queue != t.queue:
		if d.Cause.Kind != "assigner" { // what the desk moves it moves again
			t.stay.Moves = append(t.stay.Moves, Move{After: d.At.Sub(t.stay.Began), Queue: c.Wait.Queue})
		}
		t.queue = c.Wait.Queue
	case c.Wait == nil && t.stay != nil:
		t.stay.Ended, t.stay.Reason = d.At, cmp.Or(reason, "otherwise")
		if holder != "" {
			got, t.stay.Reason = t.stay, taken
		}
		t.unanswered(d.At)
		t.stay = nil
	}
	if t.agent != "" && t.agent != holder {
		r.released(t, d.At, false)
	}
	if holder != "" && t.agent == "" {
		t.agent, t.channel, t.since, t.of = holder, channel(c), d.At, got
	}
	if t.stay == nil && t.agent == "" {
		delete(r.talks, c.ID)
	}
}

func (r *Recorder) begins(d *events.Decision, c *events.Conversation, t *talk) {
	r.n++
	w := *c.Wait
	t.stay = &Stay{ID: events.ConversationID(fmt.Sprintf("stay%08d", r.n)), Queue: w.Queue, Channel: channel(c), Priority: c.Priority, Wait: w, Began: d.At}
	t.queue, t.offer = w.Queue, nil
	r.stays = append(r.stays, t.stay)
}

func channel(c *events.Conversation) string {
	if c.LastMessage != nil {
		return c.LastMessage.Channel
	}
	if n := len(c.Channels); n > 0 {
		return c.Channels[n-1]
	}
	return ""
}

// released ends an agent's work on a conversation. What was theirs when the day
// began is work beside.
func (r *Recorder) released(t *talk, at time.Time, open bool) {
	s := Span{Agent: t.agent, Channel: t.channel, From: t.since, To: at, Open: open}
	if t.of != nil {
		t.of.Work = s
	}
	if at.After(r.from) && (t.of == nil || t.of.Ended.Before(r.from)) {
		r.work = append(r.work, s)
	}
	t.agent, t.of = "", nil
}

// Until is [Recorder.Day] with an earlier end: how far the decisions went.
func (r *Recorder) Until(to time.Time) Day {
	r.to = to
	return r.Day()
}

// Day is what has been seen, ended at the day's end. The recorder is of no use
// after that.
func (r *Recorder) Day() Day {
	ids := make([]events.ConversationID, 0, len(r.talks))
	for id := range r.talks {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		t := r.talks[id]
		if t.agent != "" {
			r.released(t, r.to, true)
		}
		t.unanswered(r.to)
	}
	d := Day{From: r.from, To: r.to, Presence: r.presence, there: r.there}
	for _, s := range r.stays {
		if s.Ended.IsZero() || !s.Ended.Before(r.from) {
			d.Stays = append(d.Stays, *s)
		}
	}
	for _, s := range r.work {
		if s.To.After(r.from) {
			d.Work = append(d.Work, s)
		}
	}
	return d
}
