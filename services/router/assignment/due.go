package assignment

import "time"

// Due is when [Desk.Next] may have more to do although nobody tells the desk
// anything: when a timer ends, or a queue opens or closes. False when never.
func (d *Desk) Due() (time.Time, bool) {
	first := never
	if len(d.timers.list) > 0 {
		first = d.timers.list[0].at
	}
	for _, q := range d.queues {
		if q.until.Before(first) {
			first = q.until
		}
	}
	return first, first.Before(never)
}
