package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// resolvers end conversations at the same time.
const resolvers = 16

// dealer follows what is given to whom. Only its reader touches what has no
// other owner.
type dealer struct {
	*board
	index    map[string]int // of the message that opened a conversation
	given    map[string]string
	holds    map[string]int // how many conversations an agent has now
	most     int
	assigned []int64     // when a message's conversation was given to somebody first
	give     chan string // conversations to be resolved
}

// dealt sends messages of which each opens a conversation, waits until each was
// given to an agent, and resolves it. With a rate it sends evenly, otherwise as
// fast as it is answered. Seen and Doubled of its result count assignments.
func dealt(ctx context.Context, p Plan) (*Result, error) {
	total := p.Count
	if p.Rate > 0 {
		total = int(float64(p.Rate) * (p.Warm + p.Duration).Seconds())
	}
	d := &dealer{
		board: newBoard(p, total), index: map[string]int{}, given: map[string]string{}, holds: map[string]int{},
		assigned: make([]int64, total), give: make(chan string, total),
	}
	screen, err := connectAgent(ctx, p.Live, 64<<10)
	if err != nil {
		return nil, err
	}
	w := &watchers{agents: []*agent{screen}, failed: make(chan error, 1)}
	defer w.close()
	w.reading.Go(func() { w.failed <- d.follow(ctx, screen) })
	resolved := make(chan error, resolvers)
	for range resolvers {
		go func() { resolved <- d.resolve(ctx, p) }()
	}
	acks, sendErr := d.send(ctx, p, total)
	if sendErr == nil {
		d.settle(ctx, 1)
	}
	w.close() // nothing is given to the resolvers any more
	close(d.give)
	errs := []error{sendErr, <-w.failed}
	for range resolvers {
		errs = append(errs, <-resolved)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	res := d.result(w)
	res.Ack, res.Most = acks.sum(), d.most
	var took samples
	for n, at := range d.assigned {
		if at > 0 && d.sent[n].Load() >= int64(d.warm) {
			took.add(time.Duration(at - d.acked[n].Load()))
		}
	}
	res.Assigned = took.sum()
	return res, nil
}

func (d *dealer) send(ctx context.Context, p Plan, total int) (samples, error) {
	if p.Rate == 0 {
		d.begin()
		return d.rush(ctx, p, total)
	}
	doors := make(chan *door, p.Senders)
	for range p.Senders {
		one, err := openDoor(ctx, p.Address)
		if err != nil {
			return nil, err
		}
		defer one.close()
		doors <- one
	}
	d.begin()
	return d.paced(ctx, p, total, doors)
}

var assignedFact = []byte(`"fact":"conversation.assigned"`)

// head is what matters of a conversation in a frame.
type head struct {
	Conversation struct {
		ID       string `json:"id"`
		Assignee string `json:"assignee"`
	} `json:"conversation"`
}

// follow reads the socket until it is closed.
func (d *dealer) follow(ctx context.Context, a *agent) error {
	for {
		frame, err := a.event(ctx)
		at := d.now()
		if err != nil {
			a.mu.Lock()
			defer a.mu.Unlock()
			if a.closed {
				return nil
			}
			return fmt.Errorf("follow the queue: %w", err)
		}
		start := frame[:min(len(frame), 256)]
		n, added := readIndex(frame, d.marker)
		if !added && !bytes.Contains(start, assignedFact) && !bytes.Contains(start, resolvedFact) {
			continue
		}
		var h head
		if err := json.Unmarshal(frame, &h); err != nil {
			return fmt.Errorf("read a frame: %w", err)
		}
		d.tell(h, n, added, bytes.Contains(start, assignedFact), at)
	}
}

var resolvedFact = []byte(`"fact":"conversation.resolved"`)

// tell takes one fact. What this run did not send is passed over.
func (d *dealer) tell(h head, n int, added, assigned bool, at int64) {
	c := h.Conversation
	if added {
		if n < len(d.sent) && d.sent[n].Load() > 0 {
			d.index[c.ID] = n
		}
		return
	}
	n, mine := d.index[c.ID]
	if !mine {
		return
	}
	if !assigned {
		d.holds[d.given[c.ID]]--
		return
	}
	if c.Assignee == "" {
		return
	}
	d.lastFrame.Store(at)
	d.seen[n].Add(1)
	if d.assigned[n] > 0 {
		return // counted as doubled
	}
	d.assigned[n], d.given[c.ID] = max(at, 1), c.Assignee
	d.holds[c.Assignee]++
	d.most = max(d.most, d.holds[c.Assignee])
	d.delivered.Add(1)
	d.seens.Add(1)
	d.lastSeen.Store(at)
	d.give <- c.ID // it has room for all
}

// resolve ends what was given out until there is no more.
func (d *dealer) resolve(ctx context.Context, p Plan) error {
	one, err := openDoor(ctx, p.Address)
	if err != nil {
		return err
	}
	defer one.close()
	for c := range d.give {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		status, _, err := one.call("POST", "/api/v1/conversations/"+c+"/resolve", p.Token, []byte("{}"))
		if err != nil {
			return fmt.Errorf("resolve: %w", err)
		}
		if status/100 != 2 {
			d.refused.Add(1)
		}
	}
	return nil
}
