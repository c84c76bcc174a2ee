package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Settings that name what is not there, or do what must not be, are refused in words,
// and the same without the fault is taken. To see one fail, leave out what the line
// names.
func TestSettingsAreHeldAgainstWhatThereIs(t *testing.T) {
	g := startGateway(t, newPlant(t))
	admin := g.admin(t)
	queue, team := admin.named("/queues", "one", nil), admin.named("/teams", "team", nil)
	skill := admin.named("/skills", "german", nil)
	agent := string(admin.agent("a@example.test", config.RoleAgent).id)
	for _, c := range []struct {
		name, method, path string
		good, bad          map[string]any
		says               string
	}{
		{"skillsExist of a queue", "PATCH", "/queues/" + queue, map[string]any{"needs": []any{map[string]any{"skill": skill, "level": 3}}},
			map[string]any{"needs": []any{map[string]any{"skill": "nope", "level": 3}}}, "no such skill"},
		{"skillsExist of a route", "POST", "/routes", map[string]any{"name": "r", "when": "true", "needs": []any{map[string]any{"skill": skill, "level": 3}}},
			map[string]any{"name": "r", "when": "true", "needs": []any{map[string]any{"skill": "nope", "level": 3}}}, "no such skill"},
		{"skillsExist of an agent", "PATCH", "/agents/" + agent, map[string]any{"skills": map[string]int{skill: 2}}, map[string]any{"skills": map[string]int{"nope": 2}}, "no such skill"},
		{"the minimum of capacity", "PATCH", "/agents/" + agent, map[string]any{"capacity": 1}, map[string]any{"capacity": 0}, "capacity"},
		{"closed_to that is not used", "PATCH", "/queues/" + queue, map[string]any{"closed_to": ""}, map[string]any{"closed_to": "nope"}, "closed_to"},
		{"the length of an alarm's name", "POST", "/alarms", map[string]any{"name": strings.Repeat("a", 200), "metric": "waiting", "scope": map[string]string{"kind": "queue", "id": queue}, "above": 1},
			map[string]any{"name": strings.Repeat("a", 201), "metric": "waiting", "scope": map[string]string{"kind": "queue", "id": queue}, "above": 1}, "longer than 200"},
		{"lineExists of a queue", "POST", "/alarms", map[string]any{"name": "a", "metric": "waiting", "scope": map[string]string{"kind": "team", "id": team}, "above": 1},
			map[string]any{"name": "a", "metric": "waiting", "scope": map[string]string{"kind": "queue", "id": "nope"}, "above": 1}, "no such line"},
		{"lineExists of a team", "POST", "/alarms", nil, map[string]any{"name": "a", "metric": "waiting", "scope": map[string]string{"kind": "team", "id": "nope"}, "above": 1}, "no such line"},
		{"lineExists of an inbox", "POST", "/alarms", nil, map[string]any{"name": "a", "metric": "waiting", "scope": map[string]string{"kind": "inbox", "id": "nope"}, "above": 1}, "no such line"},
		{"lineExists of a channel", "POST", "/alarms", nil, map[string]any{"name": "a", "metric": "waiting", "scope": map[string]string{"kind": "channel", "id": "nope"}, "above": 1}, "no such line"},
		{"the kind of an alarm's line", "POST", "/alarms", nil, map[string]any{"name": "a", "metric": "waiting", "scope": map[string]string{"kind": "aside", "id": team + "/"}, "above": 1}, "scope"},
		{"the tags of a rule", "POST", "/rules", map[string]any{"name": "r", "on": []string{"message.added"}, "do": []any{map[string]any{"do": "tag", "tags": []string{" VIP "}}}},
			map[string]any{"name": "r", "on": []string{"message.added"}, "do": []any{map[string]any{"do": "tag", "tags": []string{"a,b"}}}}, "a tag is 1 to 64 bytes"},
		{"the tags of a macro", "POST", "/macros", map[string]any{"name": "m", "do": []any{map[string]any{"do": "tag", "tags": []string{strings.Repeat("a", 64)}}}},
			map[string]any{"name": "m", "do": []any{map[string]any{"do": "tag", "tags": []string{strings.Repeat("환", 22)}}}}, "a tag is 1 to 64 bytes"},
		{"the tags of a route", "POST", "/routes", map[string]any{"name": "r", "when": "true", "tags": []string{"a b"}}, map[string]any{"name": "r", "when": "true", "tags": []string{"a\nb"}}, "a tag is 1 to 64 bytes"},
	} {
		var got string
		if admin.call(c.method, c.path, c.bad, http.StatusUnprocessableEntity, &got); !strings.Contains(got, c.says) {
			t.Errorf("%s: the refusal is %s", c.name, got)
		}
		if c.good == nil {
			continue
		}
		want := http.StatusOK
		if c.method == "POST" {
			want = http.StatusCreated
		}
		if admin.call(c.method, c.path, c.good, want, &got); c.name == "the tags of a rule" && !strings.Contains(got, `"vip"`) {
			t.Errorf("the tag is not in the form of conversations: %s", got)
		}
	}
	// A skill that was taken away since is no reason to refuse another name.
	_, err := g.plant.tables.Agents.Put(t.Context(), agent, config.Agent{ID: events.AgentID(agent), Name: "A", Email: "a@example.test", Role: config.RoleAgent, Skills: map[events.SkillID]int{"gone": 2}}, nil)
	must(t, err)
	var view struct{ Capacity int }
	if admin.call("PATCH", "/agents/"+agent, map[string]any{"name": "B"}, http.StatusOK, &view); view.Capacity != config.DefaultCapacity {
		t.Errorf("an agent for whom nobody set a capacity is shown with %d", view.Capacity)
	}
	var rule config.Rule
	if admin.call("POST", "/rules", map[string]any{"name": "r", "on": []string{"message.added"}, "stopped": "by me", "do": []any{map[string]any{"do": "resolve"}}}, http.StatusCreated, &rule); rule.Stopped != "" {
		t.Errorf("a client says that the loop guard stopped a rule: %+v", rule)
	}
}

// Queues that overflow into one another in a ring are refused, however long the ring is
// and from whichever side it is closed, also by two at once. To see it fail, leave
// comesRound out of putQueue; for two at once, the lock too.
func TestOverflowDoesNotGoRound(t *testing.T) {
	g := startGateway(t, newPlant(t))
	admin := g.admin(t)
	a, b, c := admin.named("/queues", "a", nil), admin.named("/queues", "b", nil), admin.named("/queues", "c", nil)
	over := func(from, to string, want int) {
		t.Helper()
		var got string
		if admin.call("PATCH", "/queues/"+from, map[string]any{"overflow_to": to, "overflow_after": 1}, want, &got); want != http.StatusOK && !strings.Contains(got, "round for ever") {
			t.Errorf("the refusal is %s", got)
		}
	}
	over(a, b, http.StatusOK)
	over(b, a, http.StatusUnprocessableEntity)
	over(b, c, http.StatusOK)
	over(c, a, http.StatusUnprocessableEntity)
	over(c, b, http.StatusUnprocessableEntity)
	over(a, c, http.StatusOK) // two into one is no ring
	// One that never overflows leads nowhere, until it does.
	admin.call("PATCH", "/queues/"+c, map[string]any{"overflow_to": a, "overflow_after": 0}, http.StatusOK, nil)
	admin.call("PATCH", "/queues/"+c, map[string]any{"overflow_after": 1}, http.StatusUnprocessableEntity, nil)
	admin.call("PATCH", "/queues/"+c, map[string]any{"overflow_to": ""}, http.StatusOK, nil)
	for range 20 { // at once
		d, e := admin.named("/queues", "d", nil), admin.named("/queues", "e", nil)
		var wg sync.WaitGroup
		for from, to := range map[string]string{d: e, e: d} {
			wg.Go(func() {
				body, err := json.Marshal(map[string]any{"overflow_to": to, "overflow_after": 1})
				if err != nil {
					t.Error(err)
					return
				}
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, g.url+"/api/v1/queues/"+from, strings.NewReader(string(body)))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Authorization", "Bearer "+admin.token)
				req.Header.Set("Content-Type", "application/json")
				answer, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				_ = answer.Body.Close()
			})
		}
		wg.Wait()
		one, _, _ := g.plant.tables.Queues.Get(d)
		two, _, _ := g.plant.tables.Queues.Get(e)
		if one.OverflowTo != "" && two.OverflowTo != "" {
			t.Fatalf("two at once closed a ring: %+v %+v", one, two)
		}
	}
}

// A ring that another gateway closed from the other side is seen once both are written.
// To see it fail, leave out the second look of putQueue.
func TestOverflowDoesNotGoRoundOverTwoGateways(t *testing.T) {
	p := newPlant(t)
	one, two := startGateway(t, p), startGateway(t, p)
	admin := one.admin(t)
	other := two.signIn(t, adminEmail, adminPassword)
	for range 10 {
		d, e := admin.named("/queues", "d", nil), admin.named("/queues", "e", nil)
		var wg sync.WaitGroup
		for _, c := range []struct {
			g        *gateway
			token    string
			from, to string
		}{{one, admin.token, d, e}, {two, other.token, e, d}} {
			wg.Go(func() {
				body := `{"overflow_to":"` + c.to + `","overflow_after":1}`
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, c.g.url+"/api/v1/queues/"+c.from, strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Authorization", "Bearer "+c.token)
				req.Header.Set("Content-Type", "application/json")
				answer, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				_ = answer.Body.Close()
			})
		}
		wg.Wait()
		x, _, _ := p.tables.Queues.Get(d)
		y, _, _ := p.tables.Queues.Get(e)
		if x.OverflowTo != "" && y.OverflowTo != "" {
			t.Fatalf("two gateways closed a ring: %+v %+v", x, y)
		}
	}
}

// How an inbox does is for supervisors for whom it brings work. To see it fail, leave out
// SeesInbox in health.
func TestHealthOfAnInboxIsForItsSupervisors(t *testing.T) {
	d := newDivided(t)
	put := func(in config.Inbox) {
		_, err := d.g.plant.tables.Inboxes.Put(t.Context(), "in1", in, nil)
		must(t, err)
	}
	put(config.Inbox{ID: "in1", Channel: "webhook", Queue: d.queue})
	d.boss.call("GET", "/inboxes/in1/health", nil, http.StatusNotFound, nil)
	d.admin.call("GET", "/inboxes/in1/health", nil, http.StatusOK, nil)
	put(config.Inbox{ID: "in1", Channel: "webhook", Team: d.ours})
	d.boss.call("GET", "/inboxes/in1/health", nil, http.StatusOK, nil)
}

// A promise to call is due once its time has come, or where none was named, in the list
// as on the board. To see it fail, leave out dueRow.
func TestCallbacksThatAreDue(t *testing.T) {
	p := newPlant(t)
	admin := startGateway(t, p).admin(t)
	promise := func(conversation string, at *time.Time) {
		p.world.open(conversation, func(c *events.Conversation) {
			c.Callback = &events.Callback{ID: events.CallbackID("cb-" + conversation), WantedAt: at}
		})
	}
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	promise("cv1", nil)
	promise("cv2", &past)
	promise("cv3", &future)
	p.world.open("cv4", nil)
	var page struct{ Items []events.Conversation }
	admin.call("GET", "/conversations?callback=due", nil, http.StatusOK, &page)
	if len(page.Items) != 2 || page.Items[0].ID != "cv1" || page.Items[1].ID != "cv2" {
		t.Errorf("due are %+v", page.Items)
	}
	admin.call("GET", "/conversations?callback=late", nil, http.StatusUnprocessableEntity, nil)
}

// A time that was asked for is the past, also the earliest that there is: not the present.
// To see it fail, ask IsZero in showBoard.
func TestTheEarliestTimeIsNotThePresent(t *testing.T) {
	d := newDivided(t)
	d.outside.call("GET", "/board", nil, http.StatusOK, nil)
	d.outside.call("GET", "/board?at=0001-01-01T00:00:00Z", nil, http.StatusForbidden, nil) // an agent sees no past
}
