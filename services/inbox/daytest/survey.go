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
	d.say(&events.SurveyAsked{Conversation: c.ID, Survey: s})
}

// opines is a customer who answers a survey, or thinks better of it.
func (d *Day) opines() {
	c := d.some(func(c *events.Conversation) bool { return c.Survey != nil })
	if c == nil {
		return
	}
	low, high, _ := c.Survey.Kind.Scale()
	score, s, at := low+d.dice(high-low+1), *c.Survey, d.Now
	s.Score, s.AnsweredAt = &score, &at
	c.Survey = &s
	d.say(&events.SurveyAnswered{Conversation: c.ID, Survey: s.ID, Kind: s.Kind, Score: score, Via: events.SurveyByReply})
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
