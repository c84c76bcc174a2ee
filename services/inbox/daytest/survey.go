package daytest

import (
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// asks sends a survey about what was resolved.
func (d *Day) asks() {
	c := d.some(func(c *events.Conversation) bool { return c.Status == events.Resolved })
	if c == nil {
		return
	}
	s := events.Survey{
		ID: events.SurveyID(fmt.Sprint("su", d.n)), Questionnaire: "sv1", Kind: []events.SurveyKind{events.CSAT, events.NPS, events.CES}[d.dice(3)],
		Agent: d.agent(), Queue: c.Queue, Team: c.Team, AskedAt: d.Now, Until: d.Now.Add(7 * 24 * time.Hour),
	}
	if len(c.Channels) > 0 {
		s.Channel = c.Channels[len(c.Channels)-1]
	}
	c.Survey = &s
	d.asked[c.ID] = append(d.asked[c.ID], s)
	d.say(&events.SurveyAsked{Conversation: c.ID, Survey: s})
}

// opines is a customer who answers a survey, or thinks better of it; sometimes by a
// button of one that they were sent before the newest, or of one that came with
// what was folded in.
func (d *Day) opines() {
	c := d.some(func(c *events.Conversation) bool { return c.Survey != nil && c.Status != events.Merged })
	if c == nil {
		return
	}
	list, via, at := d.asked[c.ID], events.SurveyByReply, d.Now
	i := len(list) - 1
	if i > 0 && d.dice(3) == 0 {
		i, via = d.dice(i), events.SurveyByButton
	}
	s := list[i]
	low, high, _ := s.Kind.Scale()
	score := low + d.dice(high-low+1)
	s.Score, s.AnsweredAt = &score, &at
	list[i] = s
	d.surveyed(c)
	d.Scores[s.ID] = score
	d.say(&events.SurveyAnswered{Conversation: c.ID, Survey: s.ID, Kind: s.Kind, Score: score, Via: via})
}

// surveyed has a row show the newest survey of its conversation.
func (d *Day) surveyed(c *events.Conversation) {
	c.Survey = nil
	if list := d.asked[c.ID]; len(list) > 0 {
		newest := list[len(list)-1]
		c.Survey = &newest
	}
}

// carries takes surveys along when a conversation is folded into another, behind
// its own.
func (d *Day) carries(from, into *events.Conversation) {
	d.asked[into.ID] = slices.Concat(d.asked[from.ID], d.asked[into.ID])
	d.surveyed(into)
}

// returns gives them back, with the scores that came meanwhile.
func (d *Day) returns(from, into *events.Conversation) {
	own, now := d.asked[from.ID], d.asked[into.ID]
	d.asked[into.ID] = nil
	for _, s := range now {
		if i := slices.IndexFunc(own, func(o events.Survey) bool { return o.ID == s.ID }); i >= 0 {
			own[i] = s
		} else {
			d.asked[into.ID] = append(d.asked[into.ID], s)
		}
	}
	d.surveyed(from)
	d.surveyed(into)
}

// segments puts a conversation's contact into a segment or takes them out, also
// when it is over.
func (d *Day) segments() {
	c := d.some(func(c *events.Conversation) bool { return c.Status != events.Merged })
	if c == nil {
		return
	}
	name := []events.SegmentID{"sg1", "sg2"}[d.dice(2)]
	if slices.Contains(c.Segments, name) {
		c.Segments = slices.DeleteFunc(slices.Clone(c.Segments), func(s events.SegmentID) bool { return s == name })
	} else {
		c.Segments = append(slices.Clone(c.Segments), name)
		slices.Sort(c.Segments)
	}
	d.say(&events.ContactSegmented{Segments: c.Segments})
}
