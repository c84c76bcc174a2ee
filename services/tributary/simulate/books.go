package simulate

import (
	"slices"
	"sync"
	"time"
)

// entry is one message as its sender knows it.
type entry struct {
	channel string
	sent    time.Time
	acked   bool
	seen    time.Time // first on an agent's screen
	copies  int       // times it was sent again on purpose
	quiet   bool      // no screen shows it as it comes
}

// books is what was said, by mark. It is safe for concurrent use.
type books struct {
	mu       sync.Mutex // guards all below
	entries  map[string]*entry
	acks     map[string][]time.Duration
	counts   map[string]int
	problems []string
}

func newBooks() *books {
	return &books{entries: map[string]*entry{}, acks: map[string][]time.Duration{}, counts: map[string]int{}}
}

func (b *books) send(mark, channel string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries[mark] = &entry{channel: channel, sent: time.Now()}
}

// told is send for what stands on a page and on no screen as it comes.
func (b *books) told(mark, channel string) {
	b.send(mark, channel)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries[mark].quiet = true
}

// shown reports whether a screen has shown it.
func (b *books) shown(mark string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[mark]
	return e != nil && !e.seen.IsZero()
}

func (b *books) ack(mark string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[mark]
	if e.acked {
		e.copies++
		return
	}
	e.acked = true
	b.acks[e.channel] = append(b.acks[e.channel], time.Since(e.sent))
}

func (b *books) saw(mark string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.entries[mark]; e != nil && e.seen.IsZero() {
		e.seen = time.Now()
	}
}

func (b *books) count(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts[what]++
}

// maxProblems bounds what is kept word for word; all are counted.
const maxProblems = 20

func (b *books) problem(what string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts["problems"]++
	if len(b.problems) < maxProblems {
		b.problems = append(b.problems, what+": "+err.Error())
	}
}

// unseen is how many acknowledged messages no screen has shown.
func (b *books) unseen() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, e := range b.entries {
		if e.acked && e.seen.IsZero() && !e.quiet {
			n++
		}
	}
	return n
}

// percentiles of durations; nought of none.
func percentiles(v []time.Duration) (p50, p99, most time.Duration) {
	if len(v) == 0 {
		return 0, 0, 0
	}
	slices.Sort(v)
	return v[(len(v)-1)/2], v[(len(v)-1)*99/100], v[len(v)-1]
}
