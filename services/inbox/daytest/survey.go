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
// button of one that they were sent before the newest.
func (d *Day) opines() {
	c := d.some(func(c *events.Conversation) bool { return c.Survey != nil })
	if c == nil {
		return
	}
	s, via, at := *c.Survey, events.SurveyByReply, d.Now
	if list := d.asked[c.ID]; len(list) > 1 && d.dice(3) == 0 {
		s, via = list[len(list)-2], events.SurveyByButton
	}
	low, high, _ := s.Kind.Scale()
	score := low + d.dice(high-low+1)
	if s.Score, s.AnsweredAt = &score, &at; s.ID == c.Survey.ID {
		c.Survey = &s
	}
	d.say(&events.SurveyAnswered{Conversation: c.ID, Survey: s.ID, Kind: s.Kind, Score: score, Via: via})
}

// segments puts a conversation's contact into a segment or takes them out.
func (d *Day) segments() {
	c := d.some(live)
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
