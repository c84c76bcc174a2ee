package e2e

import (
	"encoding/json"
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

// TestSpendersGoTheirOwnWay has a customer buy for more than a segment asks for:
// they are in it, their conversation under way says so, and the next one goes where
// the routing target for the segment says, with its priority, tag and need. When
// the segment asks for more, they leave it.
//
// To see it fail: in automation/segments, do not look at those there is something
// new about; or in router/conversation open, leave the target out.
func TestSpendersGoTheirOwnWay(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	team := admin.Named("/teams", "sellers", nil)
	vip := admin.Named("/queues", "vip", map[string]any{"teams": []string{team}, "mode": "push", "offer_for": 60})
	skill := admin.Named("/skills", "big money", nil)
	sales, words := admin.Pushed(team)
	f := shopifyfake.New()
	settings, err := fake.Filled(f, "http://127.0.0.1:1", "")
	must(t, err)
	shop := admin.Inbox("shopify", "tea", settings)

	segment := admin.Named("/segments", "spenders", map[string]any{"when": "contact.spent_since(now - days(90)) > 500.0"})
	route := map[string]any{"when": fmt.Sprintf("'%s' in contact.segments && message.channel == 'webhook'", segment), "queue": vip, "priority": 5,
		"tags": []string{"vip"}, "needs": []map[string]any{{"skill": skill, "level": 3}}}
	admin.Named("/routes", "spenders first", route)

	const email = "mina@example.com"
	in.Say(t, words, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Mina", Email: email}, Text: "the first question"})
	first := find(t, admin, "the first question")
	if first.Queue != sales || first.Priority != 0 || len(first.Segments) != 0 {
		t.Fatalf("before they bought: %+v", first)
	}
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	order := orderfake.Order{ID: "1", Buyer: "mina", Email: email, Article: "green tea", Total: "600.00", Placed: at, Changed: at}
	for _, r := range f.Tell(order) {
		postTo(t, &in.Server, shop, r)
	}
	segmented := func(want bool) {
		t.Helper()
		rig.Eventually(t, func() error {
			var page queries.ContactPage
			admin.Call(http.MethodGet, "/contacts/"+string(first.Contact.ID), nil, http.StatusOK, &page)
			if slices.Contains(page.Segments, events.SegmentID(segment)) != want {
				return fmt.Errorf("the contact is in %v", page.Segments)
			}
			for _, c := range page.Conversations {
				if c.Status == events.Open && slices.Contains(c.Segments, events.SegmentID(segment)) != want {
					return fmt.Errorf("the open conversation says %v", c.Segments)
				}
			}
			return nil
		})
	}
	segmented(true)
	admin.Call(http.MethodPost, "/conversations/"+string(first.ID)+"/resolve", nil, http.StatusOK, nil)
	in.Say(t, words, rig.Said{ID: "m-2", Contact: rig.SaidBy{ID: "c-1", Name: "Mina", Email: email}, Text: "the second question"})
	second := find(t, admin, "the second question")
	if second.ID == first.ID || second.Queue != events.QueueID(vip) || second.Priority != 5 || !slices.Contains(second.Tags, "vip") ||
		second.Wait == nil || second.Wait.Queue != events.QueueID(vip) || !slices.Equal(second.Wait.Needs, []events.Need{{Skill: events.SkillID(skill), Level: 3}}) ||
		!slices.Contains(second.Segments, events.SegmentID(segment)) {
		t.Fatalf("after they bought: %+v, waiting as %+v", second, second.Wait)
	}
	order.Refunds, order.Changed = []string{"200.00"}, at.Add(time.Minute)
	for _, r := range f.Tell(order) {
		postTo(t, &in.Server, shop, r)
	}
	segmented(false)
	admin.Call(http.MethodPut, "/segments/"+segment, map[string]any{"name": "spenders", "when": "contact.spent > 300"}, http.StatusOK, nil)
	segmented(true)
	admin.Call(http.MethodDelete, "/segments/"+segment, nil, http.StatusNoContent, nil)
	segmented(false)
}

// TestExpressionsAreReadWhereTheyAreSaved wants whoever saves a mistake told where
// it is, and the editor what there is to name.
func TestExpressionsAreReadWhereTheyAreSaved(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	queue := admin.Named("/queues", "sales", nil)
	refused := func(path, want string, body map[string]any) {
		t.Helper()
		body["name"] = "wrong"
		got, err := admin.Try(http.MethodPost, path, body)
		must(t, err)
		if got.Status != http.StatusUnprocessableEntity || !strings.Contains(string(got.Body), want) {
			t.Errorf("%s: %d %s", path, got.Status, got.Body)
		}
	}
	refused("/routes", "line 1, column 8: there is no field 'nmae' in it", map[string]any{"queue": queue, "when": "contact.nmae == 'x'"})
	refused("/routes", "make a segment of it", map[string]any{"queue": queue, "when": "contact.score > 5"})
	refused("/rules", "line 1, column 1: there is no 'order' here", map[string]any{"on": []string{"message.added"}, "when": "order.id == '1'", "do": []map[string]any{{"do": "tag", "tags": []string{"x"}}}})
	refused("/segments", "there is no 'message' here", map[string]any{"when": "message.text == ''"})
	refused("/segments", "does not see contact.segments", map[string]any{"when": "'sg' in contact.segments"})
	refused("/surveys", "must say yes or no", map[string]any{"kind": "csat", "when": "contact.name"})
	var checked struct {
		OK           bool
		Error        string
		Line, Column int
		Fields       []struct{ Name, Type string }
	}
	admin.Call(http.MethodPost, "/expressions/check", map[string]any{"kind": "rule", "when": "fact.type == 'clock.breached' &&\n hours.opn"}, http.StatusOK, &checked)
	if checked.OK || checked.Line != 2 || checked.Column != 7 || checked.Error == "" || len(checked.Fields) < 80 {
		t.Errorf("%+v", checked)
	}
	checked.Fields = nil
	admin.Call(http.MethodPost, "/expressions/check", map[string]any{"kind": "segment", "when": "contact.orders_since(now - days(30)) > 2"}, http.StatusOK, &checked)
	for _, f := range checked.Fields {
		if f.Name == "contact.segments" || strings.HasPrefix(f.Name, "message") {
			t.Errorf("a segment is offered %s", f.Name)
		}
	}
	if !checked.OK || len(checked.Fields) == 0 {
		t.Errorf("%+v", checked)
	}
}

// TestMacrosAndAnswersKeptReady has an agent press a macro, twice with the same
// key: everything in it is done once, its texts filled in. One that is refused on
// the way says how far it came.
func TestMacrosAndAnswersKeptReady(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	team, other := admin.Named("/teams", "sellers", nil), admin.Named("/teams", "lawyers", nil)
	anna, cho := admin.Colleague("anna@example.test", "agent", team), admin.Colleague("cho@example.test", "agent", other)
	shop := admin.Shop()
	in.Say(t, shop, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "김민수"}, Text: "환불해 주세요"})
	c := find(t, anna, "환불해 주세요")
	at := "/conversations/" + string(c.ID)

	canned := admin.Named("/canned", "refund", map[string]any{"shortcut": "refund", "teams": []string{team},
		"texts": map[string]string{"ko": "{{contact.name}}님, {{agent.name}}입니다.{{order.number}}", "en": "Dear {{contact.name|customer}}"}})
	var text struct{ Text, Language string }
	anna.Call(http.MethodPost, at+"/canned/"+canned, nil, http.StatusOK, &text)
	if !strings.HasPrefix(text.Text, "김민수님, ") || strings.Contains(text.Text, "{{") || strings.Contains(text.Text, "님, 입니다") || text.Language != "ko" {
		t.Errorf("filled in as %+v", text)
	}
	cho.Call(http.MethodPost, at+"/canned/"+canned, nil, http.StatusNotFound, nil)
	count := func(a *rig.Agent) int {
		var page struct{ Items []config.Canned }
		a.Call(http.MethodGet, "/canned", nil, http.StatusOK, &page)
		return len(page.Items)
	}
	if count(anna) != 1 || count(admin) != 1 || count(cho) != 0 {
		t.Errorf("kept for anna %d, admin %d, cho %d", count(anna), count(admin), count(cho))
	}

	macro := admin.Named("/macros", "refund", map[string]any{"teams": []string{team}, "do": []map[string]any{
		{"do": "tag", "tags": []string{"refund"}}, {"do": "note", "text": "{{contact.first_name}} wants their money back"},
		{"do": "assign", "agent": "me"}, {"do": "prioritise", "priority": 3}, {"do": "resolve", "text": "refunded"},
	}})
	cho.Call(http.MethodPost, at+"/macros/"+macro, nil, http.StatusNotFound, nil)
	var ran struct {
		Done         int
		Actions      []string
		Conversation *events.Conversation
		Problem      *struct {
			Status int
			Detail string
		}
	}
	for range 2 {
		ran.Problem, ran.Conversation = nil, nil
		anna.Call(http.MethodPost, at+"/macros/"+macro, nil, http.StatusOK, &ran, "Idempotency-Key", "press-1")
		if ran.Done != 5 || ran.Problem != nil || ran.Conversation == nil || ran.Conversation.Assignee != anna.ID || ran.Conversation.Priority != 3 || ran.Conversation.Status != events.Resolved {
			t.Fatalf("%+v, %+v", ran, ran.Conversation)
		}
	}
	notes := 0
	for _, m := range anna.Messages(c.ID) {
		if m.Kind == events.KindNote && m.Text == "김민수 wants their money back" {
			notes++
		}
	}
	if notes != 1 {
		t.Errorf("%d notes", notes)
	}
	stops := admin.Named("/macros", "stops", map[string]any{"do": []map[string]any{
		{"do": "tag", "tags": []string{"again"}}, {"do": "snooze", "seconds": 3600}, {"do": "untag", "tags": []string{"refund"}},
	}})
	anna.Call(http.MethodPost, at+"/macros/"+stops, nil, http.StatusOK, &ran)
	if ran.Done != 1 || ran.Problem == nil || ran.Problem.Status < 400 || ran.Problem.Detail == "" || !slices.Contains(ran.Conversation.Tags, "refund") {
		data, _ := json.Marshal(ran)
		t.Errorf("a macro that is refused on the way: %s", data)
	}
	anna.Call(http.MethodPost, at+"/macros/"+stops, nil, http.StatusPreconditionFailed, nil, "If-Match", "1")
}
