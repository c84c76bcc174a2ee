package rehearse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/services/router/whatif"
)

var errTooMuch = errors.New("too much happened")

// read makes a day of the log. Where the time is up before its end, the day ends
// where the reading did, and partial says so.
func (s *service) read(ctx context.Context, from, to time.Time) (day whatif.Day, partial bool, err error) {
	head := s.deps.Facts.Head()
	place, err := s.place(ctx, from.Add(-before), head)
	if err != nil {
		return day, false, err
	}
	reading, cancel := context.WithTimeout(ctx, s.deps.ReadFor)
	defer cancel()
	r, reached := whatif.NewRecorder(from, to), from
	cursor := s.deps.Facts.From(place)
	for place < head {
		batch, err := cursor.Next(reading)
		if err != nil && reading.Err() != nil && ctx.Err() == nil {
			return r.Until(reached), true, nil
		}
		if err != nil {
			return day, false, fmt.Errorf("read the past: %w", err)
		}
		for _, entry := range batch {
			place = entry.Seq
			if entry.Err != nil || place > head {
				continue
			}
			if !entry.Value.At.Before(to) {
				return r.Day(), false, nil
			}
			r.See(entry.Value)
			reached = entry.Value.At
		}
		if r.Stays() > maxStays {
			return day, false, errTooMuch
		}
	}
	return r.Day(), false, nil
}

// place is a place in the log before which nothing was stored at a time or later.
func (s *service) place(ctx context.Context, at time.Time, head uint64) (uint64, error) {
	low, _, err := s.deps.Log.Bounds(ctx)
	if err != nil {
		return 0, fmt.Errorf("find a time in the log: %w", err)
	}
	for high := head + 1; low < high; {
		middle := low + (high-low)/2
		record, err := s.deps.Log.Get(ctx, middle)
		if errors.Is(err, eventlog.ErrNotFound) { // deleted for good; its neighbour tells as much
			low = middle + 1
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("find a time in the log: %w", err)
		}
		stored := record.Time
		if d, err := events.DecodeDecision(record.Data); err == nil {
			stored = d.At
		}
		if stored.Before(at) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return max(low, 1) - 1, nil
}
