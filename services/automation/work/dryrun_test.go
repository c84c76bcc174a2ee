package work

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// askDry asks over NATS, as the gateway does.
func (y *yard) askDry(q queries.DryRun) (queries.DryRunAnswer, *queries.Problem) {
	y.t.Helper()
	y.read()
	data, err := json.Marshal(q)
	must(y.t, err)
	m, err := y.nc.Request(events.DryRunSubject, data, patience)
	must(y.t, err)
	var a queries.Answer[queries.DryRunAnswer]
	must(y.t, json.Unmarshal(m.Data, &a))
	if a.OK == nil {
		return queries.DryRunAnswer{}, a.Problem
	}
	return *a.OK, nil
}

// read waits until the settings and the log can be read to their ends.
func (y *yard) read() {
	y.t.Helper()
	testkit.Eventually(y.t, patience, func() error {
		_, set, err := y.config.Bounds(y.t.Context())
		if err != nil {
			return err
		}
		_, said, err := y.log.Bounds(y.t.Context())
		if err == nil && (y.bygone.Head() < set || y.facts.Head() < said) {
			err = fmt.Errorf("read to %d of %d and %d of %d", y.bygone.Head(), set, y.facts.Head(), said)
		}
		return err
	})
}

// past stores that customers wrote at given minutes before now.
func (y *yard) past(now time.Time, text string, c events.ConversationID, minutes ...int) {
	y.t.Helper()
	for _, ago := range minutes {
		written++
		at := now.Add(-time.Duration(ago) * time.Minute)
		m := events.Message{ID: events.MessageID(fmt.Sprint("ms", written)), ConversationID: c, Direction: events.In, Kind: events.KindMessage, Author: events.Author{Kind: "contact"}, Text: text, Attachments: []events.Attachment{}, OccurredAt: at}
		y.store(&events.Decision{ID: fmt.Sprint("dc", written), Contact: "ct00", At: at, Facts: []events.Fact{events.NewFact(&events.MessageAdded{Message: m})}, Conversations: []events.Conversation{*y.router.row(c)}})
	}
}

// TestADryRunActsOnNothing lists what a rule would have done in a span of the past:
// neither before nor after it, with texts filled in and replies held back as they
// would have been, and gives no command.
func TestADryRunActsOnNothing(t *testing.T) {
	y, now := newYard(t), time.Now().UTC().Truncate(time.Second)
	y.past(now, "refund please", "cv1", 500, 400, 390)
	y.past(now, "hello", "cv2", 380)
	y.past(now, "refund, now", "cv2", 100)
	y.past(now, "refund", "cv3", 50, 10)
	s := y.start()
	rule := config.Rule{ID: "new", Name: "new", On: []string{"message.added"}, When: "message.text.contains('refund')", Do: []config.Action{tag("refund"), reply("hello {{contact.name}}")}}
	a, p := y.askDry(queries.DryRun{Rule: rule, From: now.Add(-450 * time.Minute), To: now.Add(-20 * time.Minute)})
	if p != nil {
		t.Fatal(p)
	}
	var got []string
	for _, c := range a.Cases {
		line := fmt.Sprint(c.Conversation, " ", c.At.Sub(now).Minutes(), " held ", c.Held)
		for _, do := range c.Actions {
			line += " " + do.Do + do.Text
		}
		got = append(got, line)
	}
	want := []string{
		"cv1 -400 held false tag replyhello Kim", "cv1 -390 held true", // the tag is there by then, and the reply would follow too soon
		"cv2 -100 held false tag replyhello Kim", "cv3 -50 held false tag replyhello Kim",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || a.Acted != 4 || a.Conversations != 3 || a.Partial || a.Read != 5 || !a.ReadTo.Equal(a.To) {
		t.Errorf("got  %v\nwant %v\n%+v", got, want, a)
	}
	y.settled(s)
	if len(y.router.given) != 0 {
		t.Errorf("given %+v", y.router.given)
	}
}

// TestADryRunSaysWhatWouldGoWrong: an expression that fails, a loop, a question
// that cannot be answered.
func TestADryRunSaysWhatWouldGoWrong(t *testing.T) {
	y, now := newYard(t), time.Now().UTC()
	for ago := 30; ago > 0; ago-- {
		y.past(now, "hi", "cv1", ago)
	}
	s := y.start()
	note := config.Rule{ID: "new", Name: "new", On: []string{"message.added"}, Do: []config.Action{{Do: config.DoNote, Text: "again"}}}
	span := queries.DryRun{Rule: note, From: now.Add(-time.Hour), To: now.Add(time.Hour)}
	a, p := y.askDry(span)
	if p != nil || a.Acted != 10 || a.Stopped == "" {
		t.Errorf("a loop: %+v, %v", a, p)
	}
	span.Rule.When = "conversation.tags[7] == 'x'"
	if a, p = y.askDry(span); p != nil || a.Failed != 30 || a.Failure == "" || a.Acted != 0 {
		t.Errorf("a failing expression: %+v, %v", a, p)
	}
	span.Rule.When, s.dryFor = "", 0
	if a, p = y.askDry(span); p != nil || !a.Partial || a.ReadTo.After(now) {
		t.Errorf("without time: %+v, %v", a, p)
	}
	span.Rule.When = "nonsense("
	if _, p = y.askDry(span); p == nil || p.Code != "invalid" {
		t.Errorf("no expression: %v", p)
	}
	span.Rule.When, span.From = "", now.Add(-365*24*time.Hour)
	if _, p = y.askDry(span); p == nil || p.Code != "invalid" {
		t.Errorf("a year: %v", p)
	}
}
