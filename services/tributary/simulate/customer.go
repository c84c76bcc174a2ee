package simulate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// customer is one person with several ways to write. Messages of one customer
// go out one after the other, as a person types.
type customer struct {
	world    *world
	number   int
	name     string
	id       string // the shop's own
	email    string
	lang     *language
	favoured string

	mu      sync.Mutex // held while a message of theirs is on its way; guards all below
	chat    *visitor   // nil until they open the chat
	mailed  []string   // ids of the mails so far
	lastOne string     // text of the last mail
	known   bool       // they have written with the address that shops know
	dials   map[string]*dial
	orders  map[string]*basket
}

// utterance is one thing said, decided before it is sent.
type utterance struct {
	channel string
	text    string
	mark    string
	twice   bool // it is sent again, as a provider does that missed the answer
}

// chatters bounds the customers who open the chat: each holds a socket.
const chatters = 200

func (w *world) newCustomer(i int, rng *rand.Rand) *customer {
	lang := &languages[rng.IntN(len(languages))]
	c := &customer{
		world: w, number: i, lang: lang,
		name: pickOf(rng, lang.given) + " " + pickOf(rng, lang.family), id: fmt.Sprintf("%s-c%d", w.run, i),
		email: fmt.Sprintf("c%d.%s@customers.example", i, w.run),
	}
	c.favoured = pickOf(rng, c.channels())
	return c
}

// channels are those that this customer may use.
func (c *customer) channels() []string {
	out := []string{"webhook"}
	if c.world.o.SMTP != "" {
		out = append(out, "email")
	}
	if c.number < chatters {
		out = append(out, "webchat")
	}
	for _, p := range c.world.providers {
		out = append(out, p.Kind())
	}
	for _, p := range c.world.posts {
		out = append(out, p.Name())
	}
	for _, l := range c.world.lines {
		out = append(out, l.of.Kind())
	}
	for _, s := range c.world.shops {
		out = append(out, s.of.Kind())
	}
	if c.world.o.Reports != nil {
		out = append(out, c.world.o.Reports.Kind())
	}
	return out
}

// think decides what to say next, and where: mostly where they always do.
func (c *customer) think(rng *rand.Rand) utterance {
	u := utterance{channel: c.favoured, mark: mark(c.world.run, c.world.marks.Add(1))}
	if rng.Float64() < 0.3 {
		u.channel = pickOf(rng, c.channels())
	}
	u.text = pickOf(rng, c.lang.lines)
	if rng.Float64() < 0.1 {
		u.text += "\n\n" + strings.Repeat(pickOf(rng, c.lang.lines)+"\n", 12)
	}
	u.text = u.mark + " " + u.text
	u.twice = rng.Float64() < 0.05
	return u
}

// speak sends and, where it is not acknowledged, tries a few times more.
func (c *customer) speak(ctx context.Context, u utterance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.world.isShop(u.channel) {
		c.world.books.told(u.mark, u.channel)
	} else {
		c.world.books.send(u.mark, u.channel)
	}
	send := c.way(u.channel)
	const attempts = 4
	for attempt := 1; ; attempt++ {
		err := send(ctx, u)
		if err == nil {
			c.world.books.ack(u.mark)
			c.world.told.says(c.number, u.mark)
			if !u.twice || !c.world.repeats(u.channel) {
				break
			}
			u.twice = false
			c.world.books.count("sent twice on purpose")
			continue
		}
		if attempt >= attempts || !c.world.repeats(u.channel) || !sleep(ctx, time.Second) {
			c.world.books.problem(u.channel, err)
			return
		}
		c.world.books.count("tried again")
	}
	if c.world.isMail(u.channel) {
		c.mailed = append(c.mailed, c.mailID(u))
		c.lastOne = u.text
	}
}

// way is how this customer sends on a channel.
func (c *customer) way(channel string) func(context.Context, utterance) error {
	for _, p := range c.world.providers {
		if p.Kind() == channel {
			return func(ctx context.Context, u utterance) error { return c.say(ctx, p, u) }
		}
	}
	for _, p := range c.world.posts {
		if p.Name() == channel {
			return func(ctx context.Context, u utterance) error { return c.tell(ctx, p, u) }
		}
	}
	for _, l := range c.world.lines {
		if l.of.Kind() == channel {
			return func(ctx context.Context, u utterance) error { return c.ring(ctx, l, u) }
		}
	}
	for _, s := range c.world.shops {
		if s.of.Kind() == channel {
			return func(ctx context.Context, u utterance) error { return c.order(ctx, s, u) }
		}
	}
	if r := c.world.o.Reports; r != nil && r.Kind() == channel {
		return c.report
	}
	return map[string]func(context.Context, utterance) error{"webhook": c.post, "email": c.mail, "webchat": c.talk}[channel]
}

// post is the webhook.
func (c *customer) post(ctx context.Context, u utterance) error {
	body := map[string]any{
		"id": strings.Trim(u.mark, "[]"), "text": u.text, "occurred_at": c.world.sentAt(u.mark).UTC().Format(time.RFC3339Nano),
		"contact": map[string]string{"id": c.id, "name": c.name, "email": c.email},
	}
	outside := &client{http: c.world.admin.http, base: c.world.o.URL}
	return outside.call(ctx, "POST", c.world.inbox.hook, 0, body, nil)
}

// sentAt is the same every time a message is sent, as a provider's time is.
func (w *world) sentAt(mark string) time.Time {
	w.books.mu.Lock()
	defer w.books.mu.Unlock()
	return w.books.entries[mark].sent
}

func (c *customer) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.chat != nil {
		c.chat.close()
	}
}
