package simulate

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
)

// dial is a customer's telephone at one exchange. Each exchange knows a number of
// its own, so that what one tells of is not settled by another.
type dial struct {
	number         string
	calls, inbound int
	last           callfake.Call
	mark           string // of the last call
	missed         string // mark of the call that nobody took, until it is called back
	// promised is the mark of the last call that was told of and promises a call.
	promised string
}

// promise is a call that nobody took, and the call that kept what it promised;
// answered is empty where nobody called back. It counts as found where the
// contact's timeline says so.
type promise struct{ missed, answered string }

func (p *promise) mark() string { return "[promise " + strings.Trim(p.missed, "[]") + "]" }

// ring makes one call: one that nobody takes, or after it the call back. Told
// again it is the same call.
func (c *customer) ring(ctx context.Context, l *line, u utterance) error {
	d := c.dials[l.of.Kind()]
	if d == nil {
		h := fnv.New32a()
		_, _ = h.Write([]byte(c.id + l.of.Kind())) // never fails
		d = &dial{number: fmt.Sprintf("+8210%08d", h.Sum32()%100_000_000)}
		if c.dials == nil {
			c.dials = map[string]*dial{}
		}
		c.dials[l.of.Kind()] = d
	}
	if d.mark != u.mark {
		c.next(ctx, d, u)
		c.world.told.names(l.id, l.of.CallID(d.last), u.mark)
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := l.of.Tell(ctx, d.last, c.world.post(l.of.Kind(), l.hook)); err != nil {
		return err
	}
	if d.missed == u.mark && d.promised != u.mark {
		d.promised = u.mark
		p := c.world.told.promise(u.mark)
		c.world.books.told(p.mark(), "callback")
		c.world.books.ack(p.mark())
	}
	return nil
}

// A telephone's calls follow one another from a day ago on, breath apart, so that
// none begins before the one before it is over and none is yet to come.
const (
	callsFrom = 24 * time.Hour
	breath    = 20 * time.Second
)

// next decides the next call.
func (c *customer) next(ctx context.Context, d *dial, u utterance) {
	start := c.world.sentAt(u.mark).Truncate(time.Second).Add(-callsFrom)
	if d.calls > 0 {
		start = d.last.End().Add(breath)
	}
	// One call is known before the next is made: some exchanges take a while to
	// say that a call is over.
	for range 200 {
		if d.calls == 0 || c.world.books.shown(d.mark) || !sleep(ctx, 50*time.Millisecond) {
			break
		}
	}
	d.mark, d.calls = u.mark, d.calls+1
	d.last = callfake.Call{ID: strings.Trim(u.mark, "[]"), Customer: d.number, Start: start, Ring: 8 * time.Second}
	if d.missed != "" {
		d.last.Direction, d.last.Talk = events.Out, 5*time.Second
		c.world.told.keep(d.missed, u.mark)
		d.missed = ""
		return
	}
	d.last.Direction, d.last.Name = events.In, c.name
	d.inbound++
	switch d.inbound % 4 {
	case 2:
		d.last.Voicemail = "please call me back"
	case 3: // they hide their number: nobody can be promised anything
		d.last.Customer, d.last.Name = "", ""
		return
	}
	d.missed = u.mark
}

func (t *told) promise(missed string) promise {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := promise{missed: missed}
	t.promises = append(t.promises, p)
	return p
}

func (t *told) keep(missed, answered string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.promises {
		if t.promises[i].missed == missed {
			t.promises[i].answered = answered
		}
	}
}

// kept counts how often a timeline says that the promise was made and, where
// there was a call back, kept by it. A promise that nobody kept must be open.
func (t *told) kept(p *promise, lines []queries.TimelineItem) int {
	missed, answered := string(t.places[p.missed].message), string(t.places[p.answered].message)
	made, callback := 0, ""
	for _, l := range lines {
		if l.Fact == "callback.requested" && missed != "" && l.Detail["message"] == missed {
			if callback != l.Detail["callback"] {
				made++
			}
			callback = l.Detail["callback"]
		}
	}
	ended := 0
	for _, l := range lines {
		if l.Fact != "callback.closed" || l.Detail["callback"] != callback {
			continue
		}
		if p.answered == "" || l.Detail["outcome"] != "reached" || l.Detail["message"] != answered {
			return 0
		}
		ended++
	}
	if p.answered == "" {
		return made
	}
	return min(made, ended)
}
