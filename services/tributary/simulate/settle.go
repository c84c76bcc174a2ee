package simulate

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// settle waits for what is under way, holds the books against REST and prints.
func (w *world) settle(ctx context.Context) error {
	for range 150 {
		if w.books.unseen() == 0 || !sleep(ctx, 100*time.Millisecond) {
			break
		}
	}
	w.desk.close()
	found, conversations, err := w.readBack(ctx)
	if err != nil {
		return fmt.Errorf("read back what is stored: %w", err)
	}
	missing, doubled := w.compare(found)
	doubled += w.tellProviders()
	w.print(conversations, missing, doubled)
	switch {
	case missing+doubled > 0:
		return fmt.Errorf("%w: %d missing, %d more than once", ErrBooks, missing, doubled)
	case w.books.counts["problems"] > 0:
		return fmt.Errorf("%d requests failed in a way that is not part of the work", w.books.counts["problems"])
	case w.books.unseen() > 0:
		return fmt.Errorf("%w: %d acknowledged messages came to no screen", ErrBooks, w.books.unseen())
	}
	return nil
}

// readBack reads what is stored until nothing acknowledged is missing, or for
// half a minute: screens are fed from the log, and the views that REST reads
// may follow a little later on a busy machine.
func (w *world) readBack(ctx context.Context) (found map[string]int, conversations int, err error) {
	for until := time.Now().Add(30 * time.Second); ; {
		found, conversations, err = w.readAll(ctx)
		if err != nil || len(w.missing(found)) == 0 || time.Now().After(until) || !sleep(ctx, 100*time.Millisecond) {
			return found, conversations, err
		}
	}
}

// missing names what was acknowledged and not found.
func (w *world) missing(found map[string]int) []string {
	w.books.mu.Lock()
	defer w.books.mu.Unlock()
	var out []string
	for mark, e := range w.books.entries {
		if e.acked && found[mark] == 0 {
			out = append(out, mark)
		}
	}
	return out
}

// readAll reads every message of every conversation of this run and counts the
// marks in them.
func (w *world) readAll(ctx context.Context) (found map[string]int, conversations int, err error) {
	ids := map[events.ConversationID]events.ContactID{}
	for _, inbox := range w.inbox.ids {
		rows, err := pageThrough[events.Conversation](ctx, w.admin, "/api/v1/conversations?limit=200&inbox="+url.QueryEscape(inbox))
		if err != nil {
			return nil, 0, err
		}
		for _, c := range rows {
			ids[c.ID] = c.Contact.ID
		}
	}
	// A conversation that was merged into another is in no list of its own, and
	// its messages are read with the other's.
	found = map[string]int{}
	met := map[events.MessageID]bool{}
	for id, contact := range ids {
		messages, err := pageThrough[events.Message](ctx, w.admin, "/api/v1/conversations/"+string(id)+"/messages?limit=200")
		if err != nil {
			return nil, 0, err
		}
		for _, m := range messages {
			if met[m.ID] {
				continue
			}
			met[m.ID] = true
			if mark := w.markOf(&m); mark != "" {
				found[mark]++
				w.told.stands(mark, m.ID, contact)
			}
		}
	}
	return found, len(ids), w.readPages(ctx, found)
}

// pageThrough reads a list to its end.
func pageThrough[T any](ctx context.Context, c *client, path string) ([]T, error) {
	var out []T
	cursor := ""
	for {
		var page struct {
			Items      []T    `json:"items"`
			NextCursor string `json:"next_cursor"`
		}
		if err := c.call(ctx, "GET", path+"&cursor="+url.QueryEscape(cursor), 0, nil, &page); err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.NextCursor == "" {
			return out, nil
		}
		cursor = page.NextCursor
	}
}

// compare names what is missing or doubled, up to a bound, and counts it all.
func (w *world) compare(found map[string]int) (missing, doubled int) {
	gone := w.missing(found)
	w.books.mu.Lock()
	defer w.books.mu.Unlock()
	for _, mark := range gone[:min(len(gone), maxProblems)] {
		w.say("MISSING %s (%s)", mark, w.books.entries[mark].channel)
	}
	for mark, e := range w.books.entries {
		if n := found[mark]; n > 1 {
			if doubled++; doubled <= maxProblems {
				w.say("MORE THAN ONCE %s (%s): %d", mark, e.channel, n)
			}
		}
	}
	return len(gone), doubled
}

func (w *world) print(conversations, missing, doubled int) {
	w.books.mu.Lock()
	defer w.books.mu.Unlock()
	type line struct {
		sent, acked, seen, copies int
		live                      []time.Duration
	}
	lines := map[string]*line{}
	for _, e := range w.books.entries {
		l := lines[e.channel]
		if l == nil {
			l = &line{}
			lines[e.channel] = l
		}
		l.sent++
		l.copies += e.copies
		if e.acked {
			l.acked++
		}
		if !e.seen.IsZero() {
			l.seen++
			l.live = append(l.live, e.seen.Sub(e.sent))
		}
	}
	w.say("%-9s %7s %7s %7s %7s   %-28s %s", "", "sent", "again", "acked", "live", "acknowledged p50 / p99 / max", "on a screen p50 / p99 / max")
	for _, channel := range sorted(lines) {
		l := lines[channel]
		w.say("%-9s %7d %7d %7d %7d   %-28s %s", channel, l.sent, l.copies, l.acked, l.seen, three(w.books.acks[channel]), three(l.live))
	}
	for _, what := range sorted(w.books.counts) {
		w.say("%6d  %s", w.books.counts[what], what)
	}
	for _, p := range w.books.problems {
		w.say("problem: %s", p)
	}
	w.say("%d conversations read back: %d messages missing, %d more than once", conversations, missing, doubled)
}

func three(v []time.Duration) string {
	p50, p99, most := percentiles(v)
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
	return fmt.Sprintf("%v / %v / %v", round(p50), round(p99), round(most))
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K {
	var keys []K
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
