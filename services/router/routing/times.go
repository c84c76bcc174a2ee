package routing

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/conversation"
	"github.com/tributary-inbox/tributary/services/router/level"
)

// indexClock keeps when the clocks of a conversation have something to say next.
func (s *store) indexClock(before, after *conversation.State) {
	was, is := clockKey(before), clockKey(after)
	if was == is {
		return
	}
	if was != "" {
		s.fresh.clock[was] = false
	}
	if is != "" {
		s.fresh.clock[is] = true
	}
}

func clockKey(s *conversation.State) string {
	if s == nil {
		return ""
	}
	at, ok := level.Due(&s.Conversation)
	if !ok {
		return ""
	}
	return string(timeKey(at)) + string(s.ID)
}

// indexLive keeps which conversations of a queue are open or snoozed.
func (s *store) indexLive(before, after *conversation.State) {
	was, is := liveKey(before), liveKey(after)
	if was == is {
		return
	}
	if was != "" {
		s.fresh.live[was] = false
	}
	if is != "" {
		s.fresh.live[is] = true
	}
}

func liveKey(s *conversation.State) string {
	if s == nil || s.Queue == "" || s.Status != events.Open && s.Status != events.Snoozed {
		return ""
	}
	return string(s.Queue) + "\x00" + string(s.ID)
}

// live lists the conversations of a queue that are open or snoozed, by id.
func (s *store) live(q events.QueueID) []events.ConversationID {
	prefix := string(q) + "\x00"
	found := map[string]bool{}
	s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketLive).Cursor()
		for k, _ := c.Seek([]byte(prefix)); bytes.HasPrefix(k, []byte(prefix)); k, _ = c.Next() {
			found[string(k)] = true
		}
		return nil
	})
	s.over(found, func(l *layer) map[string]bool { return l.live })
	var out []events.ConversationID
	for _, k := range slices.Sorted(maps.Keys(found)) {
		if strings.HasPrefix(k, prefix) {
			out = append(out, events.ConversationID(k[len(prefix):]))
		}
	}
	return out
}

// over lays what is newer than the file over what was found in it.
func (s *store) over(found map[string]bool, in func(*layer) map[string]bool) {
	for _, l := range []*layer{s.flushing, s.fresh} {
		if l == nil {
			continue
		}
		for k, there := range in(l) {
			if there {
				found[k] = true
			} else {
				delete(found, k)
			}
		}
	}
}

// dueSnoozes lists the snoozes that end by a time.
func (s *store) dueSnoozes(until []byte, max int) []events.ConversationID {
	return s.due(bucketSnooze, func(l *layer) map[string]bool { return l.snooze }, until, max)
}

// dueClocks lists the conversations whose clocks have something to say by a time.
func (s *store) dueClocks(until []byte, max int) []events.ConversationID {
	return s.due(bucketClock, func(l *layer) map[string]bool { return l.clock }, until, max)
}

// due lists what is due by a time in an index of times, the earliest max first.
func (s *store) due(bucket []byte, in func(*layer) map[string]bool, until []byte, max int) []events.ConversationID {
	found := map[string]bool{}
	s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucket).Cursor()
		for k, _ := c.First(); k != nil && string(k[:8]) <= string(until) && len(found) < max; k, _ = c.Next() {
			if !s.gone(string(k), in) {
				found[string(k)] = true
			}
		}
		return nil
	})
	s.over(found, in)
	var out []events.ConversationID
	for _, k := range slices.Sorted(maps.Keys(found)) {
		if k[:8] <= string(until) && len(out) < max {
			out = append(out, events.ConversationID(k[8:]))
		}
	}
	return out
}

// gone reports whether a key of the file has been taken back since.
func (s *store) gone(key string, in func(*layer) map[string]bool) bool {
	there, known := lookup(s, func(l *layer) (bool, bool) { there, ok := in(l)[key]; return there, ok })
	return known && !there
}

// told is what each queue promised when its conversations were told last.
func (s *store) told() map[events.QueueID][]byte {
	out := map[events.QueueID][]byte{}
	s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketTold).ForEach(func(k, v []byte) error {
			out[events.QueueID(k)] = bytes.Clone(v)
			return nil
		})
	})
	for _, l := range []*layer{s.flushing, s.fresh} {
		if l != nil {
			maps.Copy(out, l.told)
		}
	}
	maps.DeleteFunc(out, func(_ events.QueueID, v []byte) bool { return v == nil })
	return out
}

// encodeTimes adds the puts of the indexes in this file.
func (l *layer) encodeTimes(puts []put) []put {
	for bucket, keys := range map[string]map[string]bool{string(bucketClock): l.clock, string(bucketLive): l.live} {
		for key, there := range keys {
			value := []byte(nil)
			if there {
				value = []byte{}
			}
			puts = append(puts, put{[]byte(bucket), []byte(key), value})
		}
	}
	for q, promise := range l.told {
		puts = append(puts, put{bucketTold, []byte(q), promise})
	}
	return puts
}
