package simulate

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// pace is how long an agent rests between two things.
const pace = 150 * time.Millisecond

// work does one thing after the other until ctx ends.
func (a *agent) work(ctx context.Context) {
	for sleep(ctx, time.Duration(float64(pace)*(0.5+a.rng.Float64()))) {
		if c, ok := a.desk.some(a.rng); ok {
			// What was begun is finished, so that the books know how it ended.
			a.act(context.WithoutCancel(ctx), c)
		}
	}
}

func (a *agent) act(ctx context.Context, c events.Conversation) {
	switch n := a.rng.IntN(100); {
	case c.Assignee == "" && n < 60:
		a.command(ctx, c, "assign", c.Version, map[string]any{"assignee": a.id})
	case n < 50:
		a.write(ctx, c, "messages")
	case n < 65:
		a.write(ctx, c, "notes")
	case n < 78:
		a.command(ctx, c, "tags", c.Version, map[string]any{"add": []string{pickOf(a.rng, []string{"delivery", "refund", "배송", "返品"})}})
	case n < 84 && c.Status == events.Open:
		a.command(ctx, c, "snooze", c.Version, map[string]any{"until": time.Now().Add(time.Duration(1+a.rng.IntN(4)) * time.Second).UTC()})
	case n < 94 && c.Status == events.Open:
		a.command(ctx, c, "resolve", c.Version, nil)
	default:
		a.command(ctx, c, "read", 0, nil)
	}
}

// write answers the customer or leaves a note, each with a mark of its own.
func (a *agent) write(ctx context.Context, c events.Conversation, verb string) {
	w := a.desk.world
	m := mark(w.run, w.marks.Add(1))
	channel := map[string]string{"messages": "answer", "notes": "note"}[verb]
	text := m + " " + pickOf(a.rng, languages[a.rng.IntN(len(languages))].answers)
	w.books.send(m, channel)
	err := a.client.call(ctx, "POST", "/api/v1/conversations/"+string(c.ID)+"/"+verb, 0, map[string]string{"text": text, "client_id": strings.Trim(m, "[]")}, nil)
	if err != nil {
		a.told(verb, err)
		return
	}
	w.books.ack(m)
	w.books.saw(m) // whoever wrote it has it on the screen
}

func (a *agent) command(ctx context.Context, c events.Conversation, verb string, version int64, body any) {
	err := a.client.call(ctx, "POST", "/api/v1/conversations/"+string(c.ID)+"/"+verb, version, body, nil)
	if err != nil {
		a.told(verb, err)
		return
	}
	a.desk.world.books.count("agents: " + verb)
}

// told takes a refusal. That somebody was faster, or that a conversation has
// been ended meanwhile, is part of the work.
func (a *agent) told(verb string, err error) {
	var r *refused
	if errors.As(err, &r) && (r.status == http.StatusConflict || r.status == http.StatusPreconditionFailed || r.status == http.StatusUnprocessableEntity) {
		a.desk.world.books.count("agents: " + verb + " refused")
		return
	}
	a.desk.world.books.problem(verb, err)
}
