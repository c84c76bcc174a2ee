package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/commerce/orderfake"
	"github.com/tributary-inbox/tributary/services/commerce/shopify/shopifyfake"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

type fields = map[string]any

// rule makes a rule and returns it as it is kept.
func rule(admin *rig.Agent, name, on, when string, do ...fields) config.Rule {
	var out config.Rule
	admin.Call(http.MethodPost, "/rules", fields{"name": name, "on": strings.Split(on, ","), "when": when, "do": do}, http.StatusCreated, &out)
	return out
}

// closedNow makes hours of business that are open on one day of the week, which
// neither is today nor touches it in any zone.
func closedNow(admin *rig.Agent) string {
	day := strings.ToLower(time.Now().UTC().AddDate(0, 0, 3).Weekday().String())
	return admin.Named("/hours", "never now", fields{"zone": "UTC", "week": fields{day: []fields{{"from": "09:00", "to": "10:00"}}}})
}

// once waits until a conversation is as a check wants it.
func once(t *testing.T, a *rig.Agent, c events.ConversationID, check func(*events.Conversation) error) events.Conversation {
	t.Helper()
	var row events.Conversation
	rig.Eventually(t, func() error {
		row = events.Conversation{}
		a.Call(http.MethodGet, "/conversations/"+string(c), nil, http.StatusOK, &row)
		return check(&row)
	})
	return row
}

func tagged(want ...string) func(*events.Conversation) error {
	return func(c *events.Conversation) error {
		for _, tag := range want {
			if !slices.Contains(c.Tags, tag) {
				return fmt.Errorf("tagged %v, not %s", c.Tags, tag)
			}
		}
		return nil
	}
}

// automatic waits for the automatic messages of a conversation.
func automatic(t *testing.T, a *rig.Agent, c events.ConversationID, want int) []events.Message {
	t.Helper()
	var out []events.Message
	rig.Eventually(t, func() error {
		out = nil
		for _, m := range a.Messages(c) {
			if m.Direction == events.Out && m.HasFlag("automatic") {
				out = append(out, m)
			}
		}
		if len(out) != want {
			return fmt.Errorf("%d automatic messages, want %d", len(out), want)
		}
		return nil
	})
	return out
}

// TestOutOfHours has a visitor write when nobody is there: a rule answers, once.
// The visitor waits as before, for a person: the answer neither ends their waiting
// nor takes them out of the queue, and nobody's name stands above it.
//
// To see it fail: in router/conversation Answer, leave out the flag automatic; or in
// automation/work carry, do not ask whether the rule is silent.
func TestOutOfHours(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	queue := admin.Named("/queues", "chat", fields{"mode": "push", "hours": closedNow(admin)})
	var inbox rig.Inbox
	admin.Call(http.MethodPost, "/inboxes", fields{"channel": "webchat", "name": "site", "queue": queue, "settings": fields{}}, http.StatusCreated, &inbox)
	rule(admin, "closed", "message.added", "!hours.open && message.direction == 'in'",
		fields{"do": "reply", "text": "Hello {{contact.first_name|there}}, we are closed."}, fields{"do": "tag", "tags": []string{"night"}})
	v := in.Visit(t, inbox, rig.Hello{Name: "Mina Park"})
	v.Say("1", "anybody?")
	line := v.AwaitLine("Hello Mina, we are closed.")
	if line.Author != "" {
		t.Errorf("the visitor reads the name %q", line.Author)
	}
	c := admin.AwaitConversations(1)[0]
	row := once(t, admin, c.ID, tagged("night"))
	if row.WaitingSince == nil || row.Unread == 0 || row.Wait == nil || string(row.Wait.Queue) != queue {
		t.Errorf("waiting %v, unread %d, in the queue %+v", row.WaitingSince, row.Unread, row.Wait)
	}
	said := automatic(t, admin, c.ID, 1)[0]
	if said.Author.Kind != "system" || said.Author.Name != "closed" || !strings.HasPrefix(said.Author.ID, "rule:") {
		t.Errorf("said by %+v", said.Author)
	}
	v.Say("2", "hello??")
	rig.Eventually(t, func() error {
		var health queries.RulesAnswer
		admin.Call(http.MethodGet, "/rules/health", nil, http.StatusOK, &health)
		if !health.Running || len(health.Rules) != 1 || health.Rules[0].Held != 1 {
			return fmt.Errorf("health %+v", health)
		}
		return nil
	})
	automatic(t, admin, c.ID, 1)
	// A person's answer is what ends the waiting.
	admin.Reply(c.ID, "", "Good morning!", "r1")
	once(t, admin, c.ID, func(c *events.Conversation) error {
		if c.WaitingSince != nil || c.Wait != nil {
			return fmt.Errorf("waits since %v in %+v", c.WaitingSince, c.Wait)
		}
		return nil
	})
}

// TestAutomaticMailIsMarkedAndNeverAnswered: the answer of a rule says in its
// header that it is one, and machine mail gets none, even from a rule that says
// nothing of machines, nor one that acts on a fact without a message.
//
// To see it fail: in automation/rules deed, leave Mute false, and in
// router/conversation Answer, do not look at Road.Machine.
func TestAutomaticMailIsMarkedAndNeverAnswered(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin, relay := in.Admin(t), rig.NewRelay(t)
	admin.Inbox("email", "help", fields{"address": "help@example.com", "relay": relay.Settings()})
	rule(admin, "thanks", "message.added", "message.direction == 'in'", fields{"do": "reply", "text": "We have got your mail."}, fields{"do": "tag", "tags": []string{"seen"}})
	rule(admin, "seen", "conversation.tagged", "'seen' in fact.added", fields{"do": "reply", "text": "It was tagged."})
	robot := rig.Letter{From: "robot@machine.example", To: "help@example.com", Subject: "Out of office", ID: "m1@machine.example", Text: "I am away."}
	raw := append([]byte("Auto-Submitted: auto-replied\r\n"), robot.Bytes()...)
	must(t, in.TryMail("robot@machine.example", robot.To, raw))
	in.Mail(t, rig.Letter{From: "Kim <kim@people.example>", To: "help@example.com", Subject: "Parcel", ID: "m2@people.example", Text: "Where is it?"})
	for _, text := range []string{"We have got your mail.", "It was tagged."} {
		m := rig.Receive(t, "the answer of a rule", relay.Mails)
		if !slices.Contains(m.To, "kim@people.example") || m.Head.Get("Auto-Submitted") != "auto-replied" || !strings.Contains(string(m.Raw), text) {
			t.Errorf("to %v with %q: %s", m.To, m.Head.Get("Auto-Submitted"), m.Raw)
		}
	}
	for _, c := range admin.AwaitConversations(2) {
		once(t, admin, c.ID, tagged("seen"))
		if c.Contact.Name != "Kim" {
			rig.Eventually(t, func() error { // the second rule was refused, so nothing is under way any more
				var health queries.RulesAnswer
				admin.Call(http.MethodGet, "/rules/health", nil, http.StatusOK, &health)
				for _, h := range health.Rules {
					if h.Refused == 1 && strings.Contains(h.LastError, "machine") {
						return nil
					}
				}
				return fmt.Errorf("health %+v", health)
			})
			automatic(t, admin, c.ID, 0)
		}
	}
}

// TestADryRunOverREST tries a rule over what was said, makes it, and sees that it
// acts on what comes from then on alone.
func TestADryRunOverREST(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	shop := admin.Shop()
	in.Say(t, shop, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Kim"}, Text: "I want a refund"})
	in.Say(t, shop, rig.Said{ID: "m-2", Contact: rig.SaidBy{ID: "c-2"}, Text: "hello"})
	old := admin.AwaitConversations(2)
	refunds := fields{"name": "refunds", "on": []string{"message.added"}, "when": "message.text.contains('refund')", "do": []fields{{"do": "tag", "tags": []string{"refund"}}, {"do": "prioritise", "priority": 3}}}
	var a queries.DryRunAnswer
	admin.Call(http.MethodPost, "/rules/dry-run", fields{"rule": refunds}, http.StatusOK, &a)
	if a.Acted != 1 || a.Conversations != 1 || len(a.Cases) != 1 || a.Cases[0].Contact.Name != "Kim" || len(a.Cases[0].Actions) != 2 || a.Partial {
		t.Fatalf("would have acted as %+v", a)
	}
	admin.Call(http.MethodPost, "/rules/dry-run", fields{"rule": fields{"name": "x", "on": []string{"message.added"}, "when": "message.", "do": refunds["do"]}}, http.StatusUnprocessableEntity, nil)
	admin.Colleague("anna@example.test", "agent").Call(http.MethodPost, "/rules/dry-run", fields{"rule": refunds}, http.StatusForbidden, nil)
	made := admin.Named("/rules", "refunds", refunds)
	in.Say(t, shop, rig.Said{ID: "m-3", Contact: rig.SaidBy{ID: "c-3"}, Text: "refund!"})
	fresh := admin.AwaitConversations(3)
	for _, c := range fresh {
		if !slices.ContainsFunc(old, func(o events.Conversation) bool { return o.ID == c.ID }) {
			row := once(t, admin, c.ID, tagged("refund"))
			once(t, admin, row.ID, func(c *events.Conversation) error {
				if c.Priority != 3 {
					return fmt.Errorf("priority %d", c.Priority)
				}
				return nil
			})
		}
	}
	for _, o := range old {
		once(t, admin, o.ID, func(c *events.Conversation) error {
			if len(c.Tags) > 0 {
				t.Errorf("the past is tagged %v", c.Tags)
			}
			return nil
		})
	}
	admin.Call(http.MethodDelete, "/rules/"+made, nil, http.StatusNoContent, nil)
}

// TestARuleThatLoopsIsSwitchedOff: two rules would send a conversation to and fro
// for ever; the chain of causes ends it. A third one is woken by what nobody tells
// causes of, the customer's machine, and is switched off with a reason that REST
// tells, and on again by a person.
func TestARuleThatLoopsIsSwitchedOff(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	shop := admin.Shop()
	there, back := admin.Named("/queues", "there", nil), admin.Named("/queues", "back", nil)
	rule(admin, "there", "message.added,conversation.transferred", "conversation.queue != '"+there+"'", fields{"do": "transfer", "queue": there})
	rule(admin, "back", "conversation.transferred", "conversation.queue != '"+back+"'", fields{"do": "transfer", "queue": back})
	note := rule(admin, "note", "message.added", "message.author == 'contact'", fields{"do": "note", "text": "beep"})
	notes := func(c events.ConversationID) (n int) {
		for _, m := range admin.Messages(c) {
			if m.Kind == events.KindNote {
				n++
			}
		}
		return n
	}
	for i := range 11 {
		in.Say(t, shop, rig.Said{ID: fmt.Sprint("m-", i), Contact: rig.SaidBy{ID: "c-1"}, Text: "beep"})
		if i == 0 {
			once(t, admin, admin.AwaitConversations(1)[0].ID, func(c *events.Conversation) error {
				if string(c.Queue) != back {
					return fmt.Errorf("in queue %s", c.Queue)
				}
				return nil
			})
		}
	}
	c := admin.AwaitConversations(1)[0]
	rig.Eventually(t, func() error {
		var r config.Rule
		admin.Call(http.MethodGet, "/rules/"+string(note.ID), nil, http.StatusOK, &r)
		if !strings.Contains(r.Stopped, "10 times within an hour") {
			return fmt.Errorf("stopped: %q", r.Stopped)
		}
		return nil
	})
	noted := func(want int) {
		t.Helper()
		rig.Eventually(t, func() error {
			if n := notes(c.ID); n != want {
				return fmt.Errorf("%d notes, want %d", n, want)
			}
			return nil
		})
	}
	noted(10)
	admin.Call(http.MethodPut, "/rules/"+string(note.ID), fields{"name": "note", "on": note.On, "when": note.When, "do": note.Do}, http.StatusOK, nil)
	// A setting reaches those who act a moment after it is stored: what was said
	// before that, nobody acts on.
	said := 0
	rig.Eventually(t, func() error {
		if notes(c.ID) > 10 {
			return nil
		}
		if said++; said <= 20 {
			in.Say(t, shop, rig.Said{ID: fmt.Sprint("m-again-", said), Contact: rig.SaidBy{ID: "c-1"}, Text: "beep"})
		}
		return fmt.Errorf("the rule that was switched on again did nothing after %d messages", said)
	})
}

// TestABreachIsEscalated: a customer writes, a rule answers at once that it was
// received, and nobody else does. The promise of a first answer is missed all the
// same, a rule on the breach moves the conversation to the supervisors, and a second
// one, on the warning before, has raised its priority.
func TestABreachIsEscalated(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	policy := admin.Named("/policies", "quick", fields{"warn_before": 50, "targets": []fields{{"priority": -10, "first_response": 2}}})
	front, bosses := admin.Named("/queues", "front", fields{"mode": "pull", "policy": policy}), admin.Named("/queues", "supervisors", nil)
	var inbox rig.Inbox
	admin.Call(http.MethodPost, "/inboxes", fields{"channel": "webchat", "name": "site", "queue": front, "settings": fields{}}, http.StatusCreated, &inbox)
	rule(admin, "received", "conversation.opened", "", fields{"do": "reply", "text": "We have got it."})
	rule(admin, "hurry", "clock.warned", "fact.clock == 'first_response'", fields{"do": "prioritise", "priority": 5})
	rule(admin, "escalate", "clock.breached", "fact.clock == 'first_response' && 'first_response' in conversation.breached",
		fields{"do": "transfer", "queue": bosses}, fields{"do": "tag", "tags": []string{"escalated"}})
	v := in.Visit(t, inbox, rig.Hello{Name: "Mina"})
	v.Say("1", "it burns")
	v.AwaitLine("We have got it.")
	c := admin.AwaitConversations(1)[0]
	once(t, admin, c.ID, tagged("escalated"))
	once(t, admin, c.ID, func(row *events.Conversation) error { // each rule acts in its own time
		if string(row.Queue) != bosses || row.Priority != 5 || row.WaitingSince == nil {
			return fmt.Errorf("in queue %s with priority %d, waiting since %v", row.Queue, row.Priority, row.WaitingSince)
		}
		return nil
	})
}

// TestRulesSurviveAKill kills the program while a rule transfers what comes in.
// After the next start everything has been transferred, and nothing twice.
func TestRulesSurviveAKill(t *testing.T) {
	t.Parallel() // it mostly waits
	child := rig.Start(t, t.TempDir())
	admin := child.Admin(t)
	shop := admin.Shop()
	night := admin.Named("/queues", "night", nil)
	rule(admin, "night", "message.added", "message.author == 'contact'", fields{"do": "transfer", "queue": night}, fields{"do": "note", "text": "moved"})
	const customers = 40
	for i := range customers {
		child.Say(t, shop, rig.Said{ID: fmt.Sprint("m-", i), Contact: rig.SaidBy{ID: fmt.Sprint("c-", i)}, Text: "hello"})
		if i == customers/2 {
			child.Kill()
			child.Start()
			admin = child.Admin(t)
		}
	}
	for _, c := range admin.AwaitConversations(customers) {
		once(t, admin, c.ID, func(c *events.Conversation) error {
			if string(c.Queue) != night {
				return fmt.Errorf("in queue %s", c.Queue)
			}
			return nil
		})
		notes := 0
		rig.Eventually(t, func() error {
			notes = 0
			for _, m := range admin.Messages(c.ID) {
				if m.Kind == events.KindNote {
					notes++
				}
			}
			if notes == 0 {
				return fmt.Errorf("no note in %s", c.ID)
			}
			return nil
		})
		if notes != 1 {
			t.Errorf("%d notes in %s", notes, c.ID)
		}
	}
}

// TestAnOrderMovesWhoWaits: a customer waits, and buys for much meanwhile. A rule on
// the order puts the conversation that goes on ahead; it sees the order that it acts
// on, although what is known of customers is kept elsewhere.
//
// To see it fail: in router/conversation apply, leave the conversations of an order
// alone; or in automation/work addContact, do not wait for what is known.
func TestAnOrderMovesWhoWaits(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	f := shopifyfake.New()
	settings, err := fake.Filled(f, "http://127.0.0.1:1", "")
	must(t, err)
	shop := admin.Inbox("shopify", "tea", settings)
	rule(admin, "big order", "contact.order_stated", "contact.spent > 500.0", fields{"do": "prioritise", "priority": 5},
		fields{"do": "note", "text": "{{contact.first_name}} bought for {{order.total}}"})
	const email = "mina@example.com"
	in.Say(t, admin.Shop(), rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Mina Park", Email: email}, Text: "a question"})
	c := find(t, admin, "a question")
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	for i, total := range []string{"20.00", "600.00"} {
		for _, r := range f.Tell(orderfake.Order{ID: fmt.Sprint(i + 1), Buyer: "mina", Email: email, Article: "green tea", Total: total, Placed: at, Changed: at.Add(time.Duration(i) * time.Second)}) {
			postTo(t, &in.Server, shop, r)
		}
	}
	once(t, admin, c.ID, func(row *events.Conversation) error {
		if row.Priority != 5 || row.Version == c.Version {
			return fmt.Errorf("priority %d, version %d", row.Priority, row.Version)
		}
		return nil
	})
	rig.Eventually(t, func() error {
		for _, m := range admin.Messages(c.ID) {
			if m.Kind == events.KindNote && strings.HasPrefix(m.Text, "Mina bought for 600") {
				return nil
			}
		}
		return fmt.Errorf("no note of the order")
	})
}
