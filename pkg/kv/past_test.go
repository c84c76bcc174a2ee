package kv_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// Whatever is written to a bucket, in whichever order: every entry is told at every
// moment as it stood, what cannot be read counts for nothing, and a moment before the
// oldest value is one at which it was not made yet, or one that is forgotten once the
// bucket keeps as many values as it may.
//
// To see it fail: take the newest value in Then, or leave out how many are kept.
func TestThePastIsAsItWasWritten(t *testing.T) {
	server := testkit.NATS(t)
	nc := server.Conn(t)
	decode := kv.Changes("past", func(_ string, data []byte) (n int, err error) { return n, json.Unmarshal(data, &n) }, "a", "b")
	log, err := eventlog.Open(t.Context(), nc, eventlog.Config{Stream: kv.Stream("past"), Commit: server.Commit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		type write struct {
			at   time.Time
			what string
		}
		wrote := map[string][]write{} // all that can be read, by key
		kept := map[string]int{}
		for n := range rapid.IntRange(1, 12).Draw(rt, "writes") {
			id := fmt.Sprint(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "prefix"), ".", runs, "x", rapid.IntRange(0, 1).Draw(rt, "id"))
			m := eventlog.Message{Subject: "$KV.past." + id}
			what := rapid.SampledFrom([]string{"put", "put", "put", "put", "put", "remove", "remove", "spoil", "spoil", "often"}).Draw(rt, "what")
			times := 1
			switch what {
			case "remove":
				m.Header = map[string][]string{"KV-Operation": {"DEL"}}
			case "spoil":
				m.Data = []byte("[")
			case "often":
				times = kv.History
				fallthrough
			default:
				m.Data = []byte(fmt.Sprint(n))
			}
			for range times {
				seq, err := log.Append(t.Context(), m)
				if err != nil {
					rt.Fatal(err)
				}
				stored, err := log.Get(t.Context(), seq)
				if err != nil {
					rt.Fatal(err)
				}
				kept[id]++
				if what != "spoil" {
					wrote[id] = append(wrote[id], write{stored.Time, string(m.Data)})
				}
			}
		}
		// The bucket's own reader: what is behind the oldest value kept is gone for it.
		changes, err := feed.Open(t.Context(), log, decode, feed.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		defer changes.Close()
		past, err := kv.ReadPast(t.Context(), changes)
		if err != nil {
			rt.Fatal(err)
		}
		for id, list := range wrote {
			prefix, name := id[:1], id[2:]
			if prefix == "c" {
				if is, how := past.Then(prefix, name, time.Now()); is != nil || how != kv.Unmade {
					rt.Fatalf("%s concerns nobody: %+v", id, is)
				}
				continue
			}
			for i, w := range list {
				is, how := past.Then(prefix, name, w.at)
				if i+1 < len(list) && list[i+1].at.Equal(w.at) {
					continue
				}
				if how == kv.Forgotten && kept[id] > kv.History {
					continue
				}
				told := fmt.Sprint(is.Value)
				if is.Removed {
					told = ""
				}
				if how != kv.Seen || told != w.what {
					rt.Fatalf("%s at its value %d of %d is %q, %v, and was %q", id, i, len(list), told, how, w.what)
				}
			}
			is, how := past.Then(prefix, name, list[0].at.Add(-time.Hour))
			want := kv.Unmade
			if kept[id] >= kv.History {
				want = kv.Forgotten
			}
			if is == nil || how != want && len(list) == kept[id] {
				rt.Fatalf("%s before all is %+v, %v, want %v", id, is, how, want)
			}
		}
	})
}
