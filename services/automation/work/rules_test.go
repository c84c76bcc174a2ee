package work

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func tag(tags ...string) config.Action   { return config.Action{Do: config.DoTag, Tags: tags} }
func untag(tags ...string) config.Action { return config.Action{Do: config.DoUntag, Tags: tags} }
func reply(text string) config.Action    { return config.Action{Do: config.DoReply, Text: text} }

// TestARuleActs: on what it waits for and where it holds, in the name of the rule,
// saying which rules led there.
func TestARuleActs(t *testing.T) {
	y := newYard(t)
	y.rule(config.Rule{ID: "refunds", Name: "Refunds", On: []string{"message.added"}, When: "message.text.contains('refund')", Do: []config.Action{tag("refund"), {Do: config.DoNote, Text: "asked by {{contact.name}}"}}})
	y.start()
	y.says("cv1", "where is my parcel")
	y.says("cv2", "I want a refund")
	y.await(1, in(commands.Tag, "cv2"))
	y.await(1, in(commands.AddNote, "cv2"))
	y.await(0, func(e commands.Envelope) bool { return e.Conversation == "cv1" })
	for _, e := range y.router.given {
		if e.Actor != (events.Author{Kind: "system", ID: "rule:refunds", Name: "Refunds"}) || len(e.Rules) != 1 || e.Rules[0] != "refunds" {
			t.Errorf("given by %+v, after %v", e.Actor, e.Rules)
		}
		if e.Name == commands.AddNote && !strings.Contains(string(e.Body), "asked by Kim") {
			t.Errorf("noted %s", e.Body)
		}
	}
}

// TestTheFirstStartLeavesThePastAlone: what was stored before is for the dry run.
func TestTheFirstStartLeavesThePastAlone(t *testing.T) {
	y := newYard(t)
	y.rule(config.Rule{ID: "all", On: []string{"message.added"}, Do: []config.Action{tag("seen")}})
	y.says("cv1", "before")
	y.start()
	y.says("cv2", "after")
	y.await(1, in(commands.Tag, "cv2"))
	y.await(0, in(commands.Tag, "cv1"))
}

// TestYesterdayIsPassedOver: what is found more than a day late is left alone, and
// counted; what is an hour late is not.
func TestYesterdayIsPassedOver(t *testing.T) {
	y := newYard(t)
	y.rule(config.Rule{ID: "all", On: []string{"message.added"}, Do: []config.Action{tag("seen")}})
	reg := prometheus.NewRegistry()
	y.start().stop()
	y.past(time.Now().UTC(), "hello", "cv1", 25*60)
	y.past(time.Now().UTC(), "hello", "cv2", 60)
	s := y.start(func(d *Deps) { d.Metrics = reg })
	y.await(1, in(commands.Tag, "cv2"))
	y.settled(s)
	y.await(0, in(commands.Tag, "cv1"))
	want := `
# HELP tributary_rule_passed_total Decisions that no rule was asked about: late (older than a day), chain (as many rules led there as may).
# TYPE tributary_rule_passed_total counter
tributary_rule_passed_total{reason="late"} 1
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "tributary_rule_passed_total"); err != nil {
		t.Error(err)
	}
}

// TestWhatCameWhileItWasDownIsDoneOnce: facts stored meanwhile are acted on after
// the next start; what was carried out and whose answer was lost is not done again.
func TestWhatCameWhileItWasDownIsDoneOnce(t *testing.T) {
	y := newYard(t)
	y.rule(config.Rule{ID: "move", On: []string{"message.added"}, Do: []config.Action{{Do: config.DoTransfer, Queue: "night"}}})
	first := y.start()
	var once sync.Once
	lost := make(chan struct{})
	y.router.lost = func(commands.Envelope) bool { once.Do(func() { close(lost) }); return true }
	y.says("cv1", "hello")
	<-lost
	first.stop()
	y.router.lost = nil
	y.says("cv2", "while it was down")
	second := y.start()
	y.await(1, in(commands.Transfer, "cv2"))
	y.settled(second)
	y.await(1, in(commands.Transfer, "cv1"))
}

// TestARefusalHoldsUpNobody: what the router refuses for good is told and left;
// what it cannot do now is tried again.
func TestARefusalHoldsUpNobody(t *testing.T) {
	y := newYard(t)
	y.rule(config.Rule{ID: "a", Position: 1, On: []string{"message.added"}, Do: []config.Action{reply("closed"), tag("never")}})
	y.rule(config.Rule{ID: "b", Position: 2, On: []string{"message.added"}, Do: []config.Action{tag("good")}})
	y.rule(config.Rule{ID: "c", Position: 3, On: []string{"message.added"}, When: "conversation.tags[3] == 'x'", Do: []config.Action{tag("wrong")}})
	tries := 0
	y.router.refuse = func(e commands.Envelope) *commands.Problem {
		if e.Name == commands.Reply {
			return &commands.Problem{Code: commands.WindowClosed, Detail: "too late"}
		}
		if tries++; tries < 4 {
			return &commands.Problem{Code: commands.Unavailable, Detail: "not now"}
		}
		return nil
	}
	s := y.start()
	y.says("cv1", "hello")
	y.await(1, in(commands.Tag, "cv1"))
	y.settled(s)
	if y.router.given[0].Rules[0] != "b" {
		t.Errorf("carried out %+v", y.router.given)
	}
	health := map[events.RuleID]string{}
	for _, h := range s.rules.tally.health() {
		health[h.Rule] = fmt.Sprintf("%d/%d/%d %s", h.Acted, h.Refused, h.Failed, h.LastError)
	}
	if health["a"] != "0/1/0 reply: window_closed: too late" || health["b"] != "1/0/0 " || !strings.HasPrefix(health["c"], "0/0/1 ") {
		t.Errorf("health %v", health)
	}
}

// TestRulesThatLoop puts up rules that go round: two that undo each other, one that
// waits for what dispatch makes of its own reply, and one that transfers whatever
// is transferred. Each ends by itself; the one that nothing else ends is switched
// off, says why, and does no more.
// (Complaint chatwoot#6612: rules that loop until the queue is full.)
func TestRulesThatLoop(t *testing.T) {
	t.Run("a rule does not act on itself", func(t *testing.T) {
		y := newYard(t)
		y.rule(config.Rule{ID: "self", On: []string{"message.added", "conversation.transferred"}, Do: []config.Action{{Do: config.DoTransfer, Queue: "q"}}})
		s := y.start()
		y.says("cv1", "go")
		y.await(1, named(commands.Transfer))
		y.settled(s)
		y.await(1, named(commands.Transfer))
	})
	t.Run("two that undo each other", func(t *testing.T) {
		y := newYard(t)
		y.rule(config.Rule{ID: "on", On: []string{"message.added", "conversation.tagged"}, When: "!('x' in conversation.tags)", Do: []config.Action{tag("x")}})
		y.rule(config.Rule{ID: "off", On: []string{"conversation.tagged"}, When: "'x' in conversation.tags", Do: []config.Action{untag("x")}})
		s := y.start()
		y.says("cv1", "go")
		y.await(2, named(commands.Tag))
		y.settled(s)
		y.await(2, named(commands.Tag))
	})
	t.Run("one whose chain is lost on the way", func(t *testing.T) {
		y := newYard(t)
		y.limits.Times = 5
		y.rule(config.Rule{ID: "wild", Name: "wild", On: []string{"message.added", "message.status_changed"}, Do: []config.Action{{Do: config.DoNote, Text: "again"}}})
		s := y.start()
		// A customer's machine answers whatever happens, and names no rule.
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			cursor := y.facts.From(y.facts.Head())
			for ctx.Err() == nil {
				batch, err := cursor.Next(ctx)
				if err != nil {
					return
				}
				for _, e := range batch {
					if len(e.Value.Cause.Rules) > 0 {
						y.says("cv1", "beep")
					}
				}
			}
		}()
		y.says("cv1", "go")
		testkit.Eventually(t, patience, func() error {
			r, _, _ := y.rules.Get("wild")
			if !strings.Contains(r.Stopped, "5 times within an hour") {
				return fmt.Errorf("stopped: %q", r.Stopped)
			}
			return nil
		})
		y.settled(s)
		y.await(5, named(commands.AddNote))
		y.says("cv2", "another conversation")
		y.settled(s)
		y.await(5, named(commands.AddNote))
		// Somebody looks at it and switches it on again.
		r, _, _ := y.rules.Get("wild")
		r.Stopped = ""
		cancel()
		y.rule(r)
		y.says("cv1", "go")
		y.await(6, named(commands.AddNote))
	})
}

// TestARuleThatIsSwitchedOnAgainAtOnceActs: nothing happens between the guard's stop
// and a person's no, so nobody was asked meanwhile.
//
// To see it fail: in acting ask, look only at what the scene says is back.
func TestARuleThatIsSwitchedOnAgainAtOnceActs(t *testing.T) {
	y := newYard(t)
	y.limits.Times = 2
	y.rule(config.Rule{ID: "eager", On: []string{"message.added"}, When: "message.author == 'contact'", Do: []config.Action{{Do: config.DoNote, Text: "noted"}}})
	s := y.start()
	for range 3 {
		y.says("cv1", "hello")
		y.settled(s)
	}
	var r config.Rule
	testkit.Eventually(t, patience, func() error {
		if r, _, _ = y.rules.Get("eager"); r.Stopped == "" {
			return errors.New("it is not stopped")
		}
		return nil
	})
	y.await(2, named(commands.AddNote))
	r.Stopped = ""
	y.rule(r)
	y.says("cv1", "hello again")
	y.await(3, named(commands.AddNote))
}

// TestTheGuardRemembers: a rule that was used up before a restart is used up after
// it, and a reply is not sent again so soon.
func TestTheGuardRemembers(t *testing.T) {
	y := newYard(t)
	y.rule(config.Rule{ID: "closed", On: []string{"message.added"}, When: "message.author == 'contact'", Do: []config.Action{reply("we are closed, {{contact.first_name}}")}})
	first := y.start()
	y.says("cv1", "hello")
	y.await(1, in(commands.Reply, "cv1"))
	y.says("cv1", "anybody there?")
	y.settled(first)
	first.stop()
	second := y.start()
	y.says("cv1", "hello??")
	y.says("cv2", "hello")
	y.await(1, in(commands.Reply, "cv2"))
	y.settled(second)
	y.await(1, in(commands.Reply, "cv1"))
	if body := string(y.router.given[0].Body); !strings.Contains(body, "we are closed, Kim") {
		t.Errorf("replied %s", body)
	}
	if h := second.rules.tally.health(); len(h) != 1 || h[0].Held != 1 {
		t.Errorf("health %+v", h)
	}
}

// TestNoReplyToAMachine: neither automatic nor bulk mail is answered; what else the
// rule does is done.
func TestNoReplyToAMachine(t *testing.T) {
	y := newYard(t)
	y.rule(config.Rule{ID: "r", On: []string{"message.added"}, When: "message.direction == 'in'", Do: []config.Action{reply("thanks"), tag("seen")}})
	s := y.start()
	y.says("cv1", "out of office", "automatic")
	y.says("cv2", "newsletter", "bulk")
	y.says("cv3", "a person")
	y.await(3, named(commands.Tag))
	y.settled(s)
	if n := y.router.count(named(commands.Reply)); n != 1 || y.router.count(in(commands.Reply, "cv3")) != 1 {
		t.Errorf("%d replies", n)
	}
}

// TestHoursInRules asks outside of the hours of the conversation's queue.
func TestHoursInRules(t *testing.T) {
	y := newYard(t)
	day := []config.Block{{From: "00:00", To: "24:00"}}
	all := config.Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day, Saturday: day, Sunday: day}
	for id, h := range map[string]config.Hours{
		"never": {ID: "never", Name: "never", Zone: "UTC", Week: all}, "ever": {ID: "ever", Name: "ever", Zone: "UTC", Week: all},
	} {
		if id == "never" {
			h.Week = config.Week{} // the gateway would refuse it; here it is closed at any hour
		}
		_, err := y.hours.Put(t.Context(), id, h, nil)
		must(t, err)
		_, err = y.queues.Put(t.Context(), "q"+id, config.Queue{ID: events.QueueID("q" + id), Name: id, Hours: config.HoursID(id)}, nil)
		must(t, err)
	}
	for c, q := range map[events.ConversationID]events.QueueID{"cv1": "qnever", "cv2": "qever", "cv3": ""} {
		row := y.router.row(c)
		row.Queue = q
		y.router.rows[c] = row
	}
	y.rule(config.Rule{ID: "closed", On: []string{"message.added"}, When: "!hours.open && message.direction == 'in'", Do: []config.Action{reply("closed")}})
	y.rule(config.Rule{ID: "named", On: []string{"message.added"}, When: "'ever' in hours.open_ids && !('never' in hours.open_ids) && message.direction == 'in'", Do: []config.Action{tag("day")}})
	s := y.start()
	for _, c := range []events.ConversationID{"cv1", "cv2", "cv3"} {
		y.says(c, "hello")
	}
	y.await(3, named(commands.Tag))
	y.settled(s)
	y.await(1, named(commands.Reply))
	y.await(1, in(commands.Reply, "cv1"))
}

// TestOneProcessActs runs two over one log: one acts, the other takes over from its
// place when it is gone, and nothing is done twice.
func TestOneProcessActs(t *testing.T) {
	y := newYard(t)
	y.rule(config.Rule{ID: "move", On: []string{"message.added"}, Do: []config.Action{{Do: config.DoTransfer, Queue: "q"}}})
	var mu sync.Mutex
	leading := map[string]int{}
	duty := func(name string) func(*Deps) {
		return func(d *Deps) {
			d.Dir = t.TempDir()
			d.Lead = []Duty{{Name: "watched", Run: func(ctx context.Context) error {
				mu.Lock()
				leading[name]++
				mu.Unlock()
				<-ctx.Done()
				return nil
			}}}
		}
	}
	lead := func(want string) {
		t.Helper()
		testkit.Eventually(t, patience, func() error {
			mu.Lock()
			defer mu.Unlock()
			if got := fmt.Sprint(leading["a"], leading["b"]); got != want {
				return fmt.Errorf("led %s times, want %s", got, want)
			}
			return nil
		})
	}
	a := y.start(duty("a"))
	b := y.start(duty("b"))
	lead("1 0")
	for i := range 20 {
		y.says(events.ConversationID(fmt.Sprint("cv", i)), "hello")
	}
	y.await(20, named(commands.Transfer))
	y.settled(a)
	y.settled(b) // it is told how far the other has come
	a.stop()
	for i := range 20 {
		y.says(events.ConversationID(fmt.Sprint("cx", i)), "hello")
	}
	y.await(40, named(commands.Transfer))
	y.settled(b)
	y.await(40, named(commands.Transfer))
	lead("1 1")
}
