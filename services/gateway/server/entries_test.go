package server

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// newest reads the last statement of INBOUND.
func (b *bench) newest(t *testing.T, n uint64) *events.Inbound {
	t.Helper()
	b.wait(t, n)
	entries, err := b.deps.Statements.From(n - 1).Next(t.Context())
	must(t, err)
	return entries[0].Value
}

func TestVisitsAndCallsAreEntered(t *testing.T) {
	b := newBench(t)
	agent := b.admin.agent("a@example.test", config.RoleAgent)
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	visit := map[string]any{
		"client_id": "e1", "channel": "visit", "text": "Came in for an exchange.", "occurred_at": at,
		"point": map[string]any{"kind": "phone", "value": "010-2345-6789"}, "name": "Kim",
	}
	var first, again struct {
		Event string         `json:"event"`
		Inbox events.InboxID `json:"inbox"`
	}
	agent.call("POST", "/entries", visit, 202, &first)
	in := b.newest(t, 1)
	if in.Type != events.MessageReceived || in.Channel != "visit" || in.Message.Text != "Came in for an exchange." || !in.OccurredAt.Equal(at) ||
		in.Sender.Name != "Kim" || in.Sender.Points[0] != (events.Point{Kind: "phone", Value: "+821023456789", Trust: events.Stated}) ||
		len(in.Flags) != 1 || in.Flags[0] != "entered-by:"+string(agent.id) || in.Inbox != first.Inbox {
		t.Fatalf("visit: %+v", in)
	}
	agent.call("POST", "/entries", visit, 202, &again)
	if again != first || b.newest(t, 2).ProviderID != in.ProviderID {
		t.Fatalf("the same entry twice: %+v, %+v", first, again)
	}
	var inboxes struct {
		Items []struct {
			Channel string `json:"channel"`
			OneWay  bool   `json:"one_way"`
		} `json:"items"`
	}
	agent.call("GET", "/inboxes", nil, 200, &inboxes)
	if len(inboxes.Items) != 1 || inboxes.Items[0].Channel != "visit" || !inboxes.Items[0].OneWay {
		t.Fatalf("inboxes: %+v", inboxes)
	}
	agent.call("POST", "/entries", map[string]any{
		"client_id": "e2", "channel": "phone", "direction": "out", "point": map[string]any{"kind": "phone", "value": "+14155552671"},
		"call": map[string]any{"outcome": "answered", "ring_s": 4, "talk_s": 61},
	}, 202, nil)
	in = b.newest(t, 3)
	if in.Type != events.CallLogged || in.Channel != "phone" || in.Direction != events.Out || in.Call.To != "+14155552671" || in.Call.TalkS != 61 {
		t.Fatalf("call: %+v", in)
	}
}

// An entry about a contact goes to an address that leads to that contact and no
// other; where there is only a claimed one, the contact is given one of its own.
func TestEntriesAboutAContact(t *testing.T) {
	b := newBench(t)
	c := b.plant.world.open("cv1", nil)
	b.plant.world.points[c.Contact.ID] = []events.Point{
		{Kind: "email", Value: "guess@example.test", Trust: events.Claimed}, {Kind: "whatsapp", Scope: "in1", Value: "w1", Trust: events.Proved}, {Kind: "phone", Value: "+8221234567", Trust: events.Stated},
	}
	entry := map[string]any{"client_id": "e1", "channel": "visit", "text": "x", "contact": c.Contact.ID}
	b.admin.call("POST", "/entries", entry, 202, nil)
	if p := b.newest(t, 1).Sender.Points[0]; p.Kind != "whatsapp" || p.Scope != "in1" || p.Trust != events.Stated {
		t.Fatalf("point %+v", p)
	}
	b.admin.call("POST", "/entries", map[string]any{"client_id": "e2", "channel": "phone", "contact": c.Contact.ID, "call": map[string]any{"outcome": "missed"}}, 202, nil)
	if in := b.newest(t, 2); in.Call.From != "+8221234567" {
		t.Fatalf("call %+v", in.Call)
	}
	b.plant.world.points[c.Contact.ID] = b.plant.world.points[c.Contact.ID][:1]
	b.admin.call("POST", "/entries", map[string]any{"client_id": "e3", "channel": "visit", "text": "y", "contact": c.Contact.ID}, 202, nil)
	env, err := b.plant.world.lastAsked()
	must(t, err)
	if p := b.newest(t, 3).Sender.Points[0]; p.Kind != "visit" || p.Value != string(c.Contact.ID) || env.Name != commands.UpdateContact || !strings.Contains(string(env.Body), `"kind":"visit"`) {
		t.Fatalf("point %+v after %+v", p, env)
	}
	b.plant.world.open("cv2", func(c *events.Conversation) { c.Team = "walls" })
	b.admin.agent("a@example.test", config.RoleAgent).call("POST", "/entries", map[string]any{"client_id": "e4", "channel": "visit", "text": "y", "contact": "ct-cv200"}, 404, nil)
}

func TestEntriesThatMakeNoSense(t *testing.T) {
	b := newBench(t)
	point := map[string]any{"kind": "phone", "value": "+14155552671"}
	call := map[string]any{"outcome": "answered"}
	for name, c := range map[string]struct {
		body map[string]any
		want int
	}{
		"nobody":         {map[string]any{"channel": "visit", "text": "x"}, 422},
		"both":           {map[string]any{"channel": "visit", "text": "x", "contact": "ct1", "point": point}, 422},
		"no words":       {map[string]any{"channel": "visit", "text": " ", "point": point}, 422},
		"no call":        {map[string]any{"channel": "phone", "text": "x", "point": point}, 422},
		"call on visit":  {map[string]any{"channel": "visit", "text": "x", "point": point, "call": call}, 422},
		"other channel":  {map[string]any{"channel": "email", "text": "x", "point": point}, 422},
		"future":         {map[string]any{"channel": "visit", "text": "x", "point": point, "occurred_at": time.Now().Add(time.Hour)}, 422},
		"long ago":       {map[string]any{"channel": "visit", "text": "x", "point": point, "occurred_at": "1999-01-01T00:00:00Z"}, 422},
		"no number":      {map[string]any{"channel": "visit", "text": "x", "point": map[string]any{"kind": "phone", "value": "hello"}}, 422},
		"no mail":        {map[string]any{"channel": "visit", "text": "x", "point": map[string]any{"kind": "email", "value": "hello"}}, 422},
		"own kind":       {map[string]any{"channel": "visit", "text": "x", "point": map[string]any{"kind": "whatsapp", "value": "1"}}, 422},
		"no such inbox":  {map[string]any{"channel": "visit", "text": "x", "point": point, "inbox": "nowhere"}, 422},
		"odd outcome":    {map[string]any{"channel": "phone", "point": point, "call": map[string]any{"outcome": "great"}}, 422},
		"endless":        {map[string]any{"channel": "phone", "point": point, "call": map[string]any{"outcome": "answered", "talk_s": 1 << 40}}, 422},
		"too long":       {map[string]any{"channel": "visit", "text": strings.Repeat("x", 64<<10+1), "point": point}, 413},
		"unknown person": {map[string]any{"channel": "visit", "text": "x", "contact": "ct-none"}, 404},
	} {
		c.body["client_id"] = "e-" + name
		var out string
		b.admin.call("POST", "/entries", c.body, c.want, &out)
	}
	if head := b.deps.Statements.Head(); head != 0 {
		t.Fatalf("%d statements were stored", head)
	}
	none := newBench(t, func(d *Deps) { d.Publisher = nil })
	none.admin.call("POST", "/entries", map[string]any{"client_id": "e", "channel": "visit", "text": "x", "point": point}, 409, nil)
}

func TestCallbacksAndTemplates(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	p.world.open("cv1", nil)
	asked := func(want string, body any) {
		t.Helper()
		env, err := p.world.lastAsked()
		must(t, err)
		if env.Name != want || env.Conversation != "cv1" {
			t.Fatalf("asked %s of %s", env.Name, env.Conversation)
		}
		must(t, json.Unmarshal(env.Body, body))
	}
	when := time.Now().Add(2 * time.Hour).UTC().Truncate(time.Second)
	admin.call("POST", "/conversations/cv1/callback", map[string]any{"number": "+8221234567", "wanted_at": when, "note": "after lunch"}, 200, nil)
	var request commands.RequestCallbackBody
	if asked(commands.RequestCallback, &request); request.Number != "+8221234567" || !request.WantedAt.Equal(when) || request.Note != "after lunch" {
		t.Fatalf("callback %+v", request)
	}
	admin.call("POST", "/conversations/cv1/callback", nil, 200, nil)
	admin.call("POST", "/callbacks/cb1/close", map[string]any{"conversation": "cv1", "outcome": "attempted", "reason": "busy"}, 200, nil)
	var closing commands.CloseCallbackBody
	if asked(commands.CloseCallback, &closing); closing.Callback != "cb1" || closing.Outcome != "attempted" || closing.Reason != "busy" {
		t.Fatalf("close %+v", closing)
	}
	template := map[string]any{"name": "hello", "language": "ko", "params": map[string]string{"1": "Kim"}, "text": "Kim님 안녕하세요"}
	admin.call("POST", "/conversations/cv1/messages", map[string]any{"template": template, "channel": "whatsapp", "client_id": "t1"}, 201, nil)
	var reply commands.ReplyBody
	if asked(commands.Reply, &reply); reply.Template == nil || reply.Template.Params["1"] != "Kim" || reply.Text != "" {
		t.Fatalf("reply %+v", reply)
	}
	for path, body := range map[string]map[string]any{
		"/conversations/cv1/callback": {"number": "021234567"},
		"/callbacks/cb1/close":        {"conversation": "cv1", "outcome": "gone"},
		"/conversations/cv1/messages": {"template": template, "text": "and words"},
	} {
		admin.call("POST", path, body, 422, nil)
	}
	admin.call("POST", "/conversations/cv1/callback", map[string]any{"wanted_at": "2001-01-01T00:00:00Z"}, 422, nil)
	admin.call("POST", "/conversations/cv1/messages", map[string]any{"template": map[string]any{"name": ""}}, 422, nil)
}

// An id that was another message's is a conflict of its own: the words were not stored.
func TestAReusedClientIDHasItsOwnCode(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	p.world.open("cv1", nil)
	refusal := &commands.Problem{Code: commands.ClientIDReused, Detail: "this client_id was another message"}
	p.world.refuse[commands.Reply], p.world.refuse[commands.AddNote] = refusal, refusal
	for _, to := range []string{"messages", "notes"} {
		var problem struct {
			Code string `json:"code"`
		}
		admin.call("POST", "/conversations/cv1/"+to, map[string]any{"text": "other words", "client_id": "one"}, 409, &problem)
		if problem.Code != string(commands.ClientIDReused) {
			t.Fatalf("%s: %+v", to, problem)
		}
	}
}

// A closed window is a conflict that a screen can tell from every other.
func TestClosedWindowHasItsOwnCode(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	c := p.world.open("cv1", nil)
	p.world.refuse[commands.Reply] = &commands.Problem{Code: commands.WindowClosed, Detail: "open until 2026-01-01T00:00:00Z", Conversation: &c}
	var problem struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	admin.call("POST", "/conversations/cv1/messages", map[string]any{"text": "late"}, 409, &problem)
	if problem.Code != "window_closed" || !strings.Contains(problem.Detail, "until") {
		t.Fatalf("%+v", problem)
	}
}
