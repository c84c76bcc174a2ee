package work

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/automation/people"
	"github.com/tributary-inbox/tributary/services/automation/rules"
)

// remembering gives a service a memory of the customers, which it runs.
func remembering(y *yard) func(*Deps) {
	known := people.New(y.facts, y.t.TempDir(), testkit.Logger(y.t))
	known.Gather(50 * time.Millisecond)
	return func(d *Deps) {
		d.Contact, d.Known = known.Seen, known.WaitFor
		d.Past = func(place uint64) (Customers, error) { return known.Past(place) }
		d.Follow = []Part{{Name: "people", Service: known}}
	}
}

// stored is a decision of somebody's about a conversation, now.
func (y *yard) decided(c events.ConversationID, bodies ...events.Body) {
	y.t.Helper()
	written++
	row := y.router.row(c)
	d := &events.Decision{ID: fmt.Sprint("dc", written), Contact: row.Contact.ID, At: time.Now().UTC(), Actor: events.Author{Kind: "agent"}, Conversations: []events.Conversation{*row}}
	for _, b := range bodies {
		d.Facts = append(d.Facts, events.NewFact(b))
	}
	y.store(d)
}

// changes changes a conversation as it stands.
func (y *yard) changes(c events.ConversationID, how func(*events.Conversation)) {
	y.router.mu.Lock()
	defer y.router.mu.Unlock()
	y.router.rowLocked(c)
	how(y.router.rows[c])
}

func put[T any](y *yard, in *kv.Table[T], id string, value T) {
	y.t.Helper()
	_, err := in.Put(y.t.Context(), id, value, nil)
	must(y.t, err)
}

// always and never are hours of business that are open, and closed, whenever a test
// runs.
func always(id string) config.Hours {
	day := []config.Block{{From: "00:00", To: "24:00"}}
	return config.Hours{ID: config.HoursID(id), Name: id, Zone: "UTC", Week: config.Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day}}
}

func never(id string) config.Hours {
	return config.Hours{ID: config.HoursID(id), Name: id, Zone: "UTC"}
}

// day is a stretch of traffic under a rule: three customers in a conversation each.
type day struct {
	y    *yard
	rt   *rapid.T
	talk []events.ConversationID
}

func (d *day) who() events.ConversationID { return rapid.SampledFrom(d.talk).Draw(d.rt, "who") }

// step is one thing that customers, agents or administrators do.
func (d *day) step() {
	y, c := d.y, d.who()
	flip := rapid.Bool().Draw(d.rt, "flip")
	id := rapid.SampledFrom([]string{"h1", "h2"}).Draw(d.rt, "hours")
	switch rapid.IntRange(0, 9).Draw(d.rt, "step") {
	case 0, 1, 2:
		d.says(c, rapid.SampledFrom([]string{"hello", "refund"}).Draw(d.rt, "text"))
	case 3:
		h := never(id)
		if flip {
			h = always(id)
		}
		put(y, y.hours, id, h)
	case 4:
		if flip {
			must(y.t, y.hours.Delete(y.t.Context(), id))
		} else {
			put(y, y.queues, "q", config.Queue{ID: "q", Name: "q", Hours: config.HoursID(id)})
		}
	case 5:
		if flip {
			must(y.t, y.queues.Delete(y.t.Context(), "night"))
		} else {
			put(y, y.queues, "night", config.Queue{ID: "night", Name: "night", Hours: config.HoursID(id)})
		}
	case 6:
		plan := "gold"
		if flip {
			plan = ""
		}
		y.decided(c, &events.ContactUpdated{Attributes: map[string]string{"plan": plan}})
	case 7:
		in := []events.SegmentID{}
		if flip {
			in = append(in, "sg")
		}
		y.decided(c, &events.ContactSegmented{Segments: in})
	case 8:
		fact := &events.ConversationTagged{Conversation: c}
		y.changes(c, func(row *events.Conversation) {
			if flip && !slices.Contains(row.Tags, "seen") {
				row.Tags, fact.Added = append(row.Tags, "seen"), []string{"seen"}
			} else if !flip {
				row.Tags, fact.Removed = slices.DeleteFunc(row.Tags, func(t string) bool { return t == "seen" }), []string{"seen"}
			}
		})
		y.decided(c, fact)
	case 9:
		put(y, y.agents, "ag", config.Agent{ID: "ag", Name: "Anna " + id, Disabled: flip})
		y.changes(c, func(row *events.Conversation) { row.Assignee, row.Priority = "ag", 0 })
		y.decided(c, &events.ConversationAssigned{Conversation: c, Assignee: "ag"})
	}
}

func (d *day) says(c events.ConversationID, text string) {
	written++
	at := time.Now().UTC()
	m := events.Message{ID: events.MessageID(fmt.Sprint("ms", written)), ConversationID: c, Direction: events.In, Kind: events.KindMessage, Channel: "webchat", Author: events.Author{Kind: "contact"}, Text: text, Attachments: []events.Attachment{}, OccurredAt: at, ReceivedAt: at}
	d.y.decided(c, &events.MessageAdded{Message: m})
}

// deeds are what a rule did for real, by what it acted on: the commands that changed
// something.
func (y *yard) deeds(rule events.RuleID) map[string][]string {
	y.router.mu.Lock()
	defer y.router.mu.Unlock()
	out := map[string][]string{}
	for _, env := range y.router.stored {
		if of, deed, ok := rules.RuleOf(env.ID); ok && of == rule {
			out[deed] = append(out[deed], env.Name+" "+string(env.Body))
		}
	}
	return out
}

// would is the same of what a dry run says.
func (y *yard) would(a *queries.DryRunAnswer, rule config.Rule) map[string][]string {
	out := map[string][]string{}
	for _, c := range a.Cases {
		record, err := y.log.Get(context.Background(), c.Seq)
		must(y.t, err)
		d, err := events.DecodeDecision(record.Data)
		must(y.t, err)
		fact := slices.IndexFunc(d.Facts, func(f events.Fact) bool { return f.Type == c.Fact })
		deed := fmt.Sprintf("rule.%s.%s.%s.%d", rule.ID, d.ID, c.Conversation, fact)
		for i := range c.Actions {
			name, body, ok := rules.Command(&c.Actions[i], c.Actions[i].Text, d.At)
			data, err := json.Marshal(body)
			must(y.t, err)
			if !ok {
				y.t.Errorf("%+v is no command", c.Actions[i])
			}
			out[deed] = append(out[deed], name+" "+string(data))
		}
	}
	return out
}

// TestADryRunSaysWhatTheRuleDid switches a rule on for real, lets customers write
// while hours, queues, agents, segments, attributes and tags change, changes them once
// more, and asks what the rule would have done in that time: it is what it did.
//
// To see it fail: let bygone ask the tables of today, or the customers of today.
func TestADryRunSaysWhatTheRuleDid(t *testing.T) {
	y := newYard(t)
	y.limits.Times, y.limits.Minute = 1_000_000, 1_000_000
	s := y.start(remembering(y))
	n, acted := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		d := &day{y: y, rt: rt}
		for i := range 3 {
			c := events.ConversationID(fmt.Sprintf("cv%d-%d", n, i))
			d.talk = append(d.talk, c)
			y.changes(c, func(row *events.Conversation) {
				row.Queue, row.Contact = rapid.SampledFrom([]events.QueueID{"q", "night"}).Draw(rt, "queue"), events.ContactRef{ID: events.ContactID("ct" + c)}
			})
			y.decided(c, &events.ContactCreated{Name: fmt.Sprint("Kim ", i)}, &events.ConversationOpened{Conversation: c})
		}
		for range rapid.IntRange(0, 4).Draw(rt, "before") {
			d.step()
		}
		rule := config.Rule{
			ID: events.RuleID(fmt.Sprint("ru", n)), Name: "tried", On: []string{"message.added", "contact.segmented", "conversation.assigned"},
			When: rapid.SampledFrom([]string{
				"", "!hours.open", "'h1' in hours.open_ids", "contact.attribute('plan') == 'gold'", "'sg' in contact.segments", "contact.messages_count > 2",
				"!('seen' in conversation.tags)", "hours.open && message.text.contains('refund') || conversation.assignee != ''",
			}).Draw(rt, "when"),
		}
		for range rapid.IntRange(1, 3).Draw(rt, "actions") {
			priority := 3
			rule.Do = append(rule.Do, rapid.SampledFrom([]config.Action{
				tag("seen"), untag("seen"), {Do: config.DoPrioritise, Priority: &priority}, {Do: config.DoNote, Text: "{{contact.name}} {{contact.plan}} {{agent.name}}"},
				{Do: config.DoTransfer, Queue: "night"}, reply("hello {{contact.first_name}}"), {Do: config.DoNote, Text: "{{agent.name}}"},
			}).Draw(rt, "do"))
		}
		y.settled(s)
		from := time.Now().UTC()
		y.rule(rule)
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			d.step()
			y.settled(s)
		}
		to := time.Now().UTC()
		must(t, y.rules.Delete(t.Context(), string(rule.ID)))
		for range rapid.IntRange(0, 6).Draw(rt, "after") {
			d.step()
		}
		a, p := y.askDry(queries.DryRun{Rule: rule, From: from, To: to})
		if p != nil {
			rt.Fatal(p)
		}
		did, would := y.deeds(rule.ID), y.would(&a, rule)
		if fmt.Sprint(did) != fmt.Sprint(would) || a.Stopped != "" || a.Partial || a.Failed > 0 || len(a.Unknown) > 0 {
			rt.Fatalf("%+v\ndid   %s\nwould %s\n%+v", rule, told(did), told(would), a)
		}
		acted += len(did)
	})
	if acted == 0 {
		t.Error("no rule has acted")
	}
}

func told(deeds map[string][]string) string {
	var out []string
	for deed, list := range deeds {
		out = append(out, "\n  "+deed+": "+strings.Join(list, ", "))
	}
	slices.Sort(out)
	return strings.Join(out, "")
}

// TestWhatIsNotKnownAnyMoreIsSaid: of hours that were changed more often than the
// bucket remembers, and of customers before the days that are kept, the answer says
// which facts rest on it.
func TestWhatIsNotKnownAnyMoreIsSaid(t *testing.T) {
	y := newYard(t)
	s := y.start(remembering(y))
	now := time.Now().UTC()
	put(y, y.queues, "desk", config.Queue{ID: "desk", Name: "desk", Hours: "h1"})
	y.changes("cv1", func(row *events.Conversation) { row.Queue = "desk" })
	y.past(now, "hello", "cv1", 3*24*60, 60)
	for i := range kv.History + 1 {
		h := never("h1")
		if i < 2 { // the oldest that is remembered is one of them
			h = always("h1")
		}
		put(y, y.hours, "h1", h)
	}
	y.says("cv1", "hello")
	y.settled(s)
	ask := func(when string, do config.Action) queries.DryRunAnswer {
		t.Helper()
		a, p := y.askDry(queries.DryRun{Rule: config.Rule{ID: "ru", Name: "r", On: []string{"message.added"}, When: when, Do: []config.Action{do}}, From: now.Add(-20 * 24 * time.Hour), To: time.Now().UTC()})
		if p != nil {
			t.Fatal(p)
		}
		return a
	}
	note := config.Action{Do: config.DoNote, Text: "hello {{contact.name}}"}
	if a := ask("", tag("x")); len(a.Unknown) != 0 || a.Acted != 1 || a.Cases[0].Unsure {
		t.Errorf("what nobody asks for is in doubt: %+v", a)
	}
	a := ask("hours.open", note)
	if len(a.Unknown) != 1 || a.Unknown[0].What != config.KindHours || a.Unknown[0].ID != "h1" || a.Unknown[0].Facts != 2 || a.Unknown[0].Until.Before(now) || a.Unknown[0].Until.After(time.Now()) {
		t.Errorf("hours: %+v", a.Unknown)
	}
	if a.Acted != 2 || !a.Cases[0].Unsure || !a.Cases[1].Unsure { // as they first were known; now they are closed
		t.Errorf("hours: %+v", a)
	}
	if a := ask("!hours.open", note); a.Acted != 1 || a.Cases[0].Unsure {
		t.Errorf("closed: %+v", a)
	}
	y.past(now.Add(40*24*time.Hour), "hello", "cv1", 0) // so much later that those days are forgotten
	a = ask("contact.messages_count > 0", note)
	if len(a.Unknown) != 1 || a.Unknown[0].What != queries.UnknownCustomers || a.Unknown[0].Facts != 3 || !a.Cases[0].Unsure || a.Acted != 3 {
		t.Errorf("customers: %+v", a)
	}
}

// TestATargetThatWasGoneIsRefused: what a rule names and what had been taken away at
// the time of a fact ends its list there; what was made later is taken as there.
func TestATargetThatWasGoneIsRefused(t *testing.T) {
	y := newYard(t)
	s := y.start()
	from := time.Now().UTC()
	y.says("cv1", "before")
	put(y, y.queues, "late", config.Queue{ID: "late", Name: "late"})
	y.says("cv2", "while it is there")
	must(t, y.queues.Delete(t.Context(), "late"))
	y.says("cv3", "when it is gone")
	to := time.Now().UTC()
	put(y, y.queues, "late", config.Queue{ID: "late", Name: "back again"})
	y.settled(s)
	rule := config.Rule{ID: "ru", Name: "r", On: []string{"message.added"}, Do: []config.Action{tag("x"), {Do: config.DoTransfer, Queue: "late"}, tag("y")}}
	a, p := y.askDry(queries.DryRun{Rule: rule, From: from, To: to})
	if p != nil {
		t.Fatal(p)
	}
	var got []string
	for _, c := range a.Cases {
		got = append(got, fmt.Sprint(c.Conversation, len(c.Actions), c.Refused))
	}
	if want := "[cv13 cv23 cv31queue]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
