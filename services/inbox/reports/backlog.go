package reports

import (
	"slices"
	"time"
)

// backlog walks back from now: what stands now, less what came since, is what
// stood then.
func (a *answer) backlog(from, to int) error {
	l, stock := a.ledger, map[key]int64{}
	for k, n := range l.stock {
		if len(a.keys(k)) > 0 {
			stock[k] = n
		}
	}
	back := func(h int64) {
		for k, c := range l.cells[h] {
			if c.stock != 0 && len(a.keys(k)) > 0 {
				if stock[k] -= c.stock; stock[k] == 0 {
					delete(stock, k)
				}
			}
		}
	}
	for _, h := range slices.Backward(l.hours[to:]) {
		back(h)
	}
	write := func(bucket string) error {
		for k, n := range stock {
			for _, keys := range a.keys(k) {
				a.group(keys, bucket).counts[Backlog] += n
			}
		}
		return a.full()
	}
	if a.time < 0 {
		return write("")
	}
	i := to // hours[i:] are taken back
	for _, b := range slices.Backward(a.buckets()) {
		for i > from && l.hours[i-1] >= b.end {
			i--
			back(l.hours[i])
		}
		if err := write(b.name); err != nil {
			return err
		}
	}
	return nil
}

// bucket of time that a table has rows for, and where the next begins.
type bucket struct {
	name string
	end  int64
}

// buckets are those of the range, in order, from the hour of the first decision to
// that of the newest: nothing is known of the time after it.
func (a *answer) buckets() []bucket {
	l, q := a.ledger, a.query
	begin, end := max(l.hour(q.From.Unix()), l.begin), min(q.To.Unix(), l.end)
	var out []bucket
	for at := begin; at < end && len(out) <= MaxRows; {
		next := l.hour(at + 3600)
		if next <= at {
			next = at + 3600
		}
		if q.By[a.time] == ByDay {
			y, m, d := time.Unix(at, 0).In(l.zone).Date()
			if next = time.Date(y, m, d+1, 0, 0, 0, 0, l.zone).Unix(); next <= at {
				next = at + 3600
			}
		}
		out = append(out, bucket{a.bucket(at), min(next, end)})
		at = next
	}
	return out
}
