package calls_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/phone/calls"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func at(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }

func answered(id string, role calls.Role, start, answer, end int) calls.Leg {
	return calls.Leg{ID: id, Call: "c", Direction: events.In, Role: role, From: "+821012345678", To: "+8215881234", StartedAt: at(start), AnsweredAt: at(answer), EndedAt: at(end)}
}

func rang(id string, result calls.Result, start, end int) calls.Leg {
	return calls.Leg{ID: id, Call: "c", Direction: events.In, Result: result, From: "+821012345678", StartedAt: at(start), EndedAt: at(end)}
}

func with(l calls.Leg, changes ...func(*calls.Leg)) calls.Leg {
	for _, change := range changes {
		change(&l)
	}
	return l
}

func untimed(l calls.Leg) calls.Leg {
	l.Untimed = true
	return l
}

// Word of a leg that has no time of its own is repeated at any time, and moves
// nothing; one with a time tells more.
func TestAnUntimedLegIsAsOldAsItsFirstWord(t *testing.T) {
	first, again, timed := untimed(rang("1", calls.NoAnswer, 0, 5)), untimed(rang("1", calls.NoAnswer, 90, 95)), rang("1", calls.NoAnswer, 1, 3)
	for _, legs := range [][]calls.Leg{{first, again}, {again, first}} {
		if got := calls.Merge(nil, legs...); len(got) != 1 || !got[0].EndedAt.Equal(first.EndedAt) {
			t.Errorf("merged into %+v", got)
		}
	}
	for _, legs := range [][]calls.Leg{{first, timed}, {timed, first}} {
		if got := calls.Merge(nil, legs...); len(got) != 1 || got[0].Untimed {
			t.Errorf("merged into %+v", got)
		}
	}
}

func TestStories(t *testing.T) {
	agent := func(name string) func(*calls.Leg) { return func(l *calls.Leg) { l.Agent = name } }
	queue := func(l *calls.Leg) { l.Queue = "sales" }
	out := func(l *calls.Leg) { l.Direction = events.Out }
	for name, c := range map[string]struct {
		legs                  []calls.Leg
		outcome, agent, queue string
		ring, talk            int
	}{
		"a person answers":           {[]calls.Leg{with(answered("1", calls.Person, 0, 5, 65), agent("101"))}, "answered", "101", "", 5, 60},
		"only the menu answers":      {[]calls.Leg{answered("1", calls.Machine, 0, 1, 30)}, "missed", "", "", 30, 0},
		"menu, then a person":        {[]calls.Leg{answered("1", calls.Machine, 0, 1, 90), with(answered("2", calls.Person, 20, 30, 90), agent("102"))}, "answered", "102", "", 30, 60},
		"queue and nobody":           {[]calls.Leg{with(answered("1", calls.Queue, 0, 0, 40), queue), with(rang("2", calls.NoAnswer, 2, 17), queue)}, "abandoned", "", "sales", 40, 0},
		"second agent of a queue":    {[]calls.Leg{with(rang("1", calls.NoAnswer, 0, 15), agent("101"), queue), with(answered("2", calls.Person, 0, 22, 100), agent("102"), queue)}, "answered", "102", "sales", 22, 78},
		"voicemail":                  {[]calls.Leg{rang("1", calls.NoAnswer, 0, 20), answered("2", calls.Voicemail, 0, 21, 50)}, "voicemail", "", "", 21, 0},
		"a person beats voicemail":   {[]calls.Leg{answered("2", calls.Voicemail, 0, 21, 50), answered("1", calls.Person, 50, 55, 60)}, "answered", "", "", 55, 5},
		"blind transfer":             {[]calls.Leg{with(answered("1", calls.Person, 0, 5, 65), agent("101")), with(answered("2", calls.Person, 65, 70, 130), agent("102"))}, "answered", "101", "", 5, 120},
		"attended transfer, overlap": {[]calls.Leg{with(answered("1", calls.Person, 0, 5, 65), agent("101")), with(answered("2", calls.Person, 40, 45, 130), agent("102"))}, "answered", "101", "", 5, 125},
		"caller gives up":            {[]calls.Leg{rang("1", calls.Cancelled, 0, 9)}, "missed", "", "", 9, 0},
		"busy":                       {[]calls.Leg{rang("1", calls.Busy, 0, 1)}, "busy", "", "", 1, 0},
		"failed road, then busy":     {[]calls.Leg{rang("1", calls.Failed, 0, 1), rang("2", calls.Busy, 1, 2)}, "busy", "", "", 2, 0},
		"rejected":                   {[]calls.Leg{rang("1", calls.Rejected, 0, 4)}, "rejected", "", "", 4, 0},
		"failed":                     {[]calls.Leg{rang("1", calls.Failed, 0, 0)}, "failed", "", "", 0, 0},
		"outbound reached":           {[]calls.Leg{with(answered("1", calls.Person, 0, 7, 27), out, agent("103"))}, "answered", "103", "", 7, 20},
		"outbound through a queue":   {[]calls.Leg{with(rang("1", "", 0, 27), out, queue, agent("103"))}, "missed", "103", "sales", 27, 0},
		"word that comes late":       {[]calls.Leg{untimed(answered("began", calls.Machine, 300, 300, 300)), answered("1", calls.Machine, 0, 0, 65), with(answered("2", calls.Person, 5, 5, 65), agent("101"))}, "answered", "101", "", 5, 60},
		"only word without times":    {[]calls.Leg{untimed(rang("began", calls.Cancelled, 3, 3)), untimed(rang("1", calls.NoAnswer, 9, 9))}, "missed", "", "", 6, 0},
		"a clock that was set back":  {[]calls.Leg{answered("1", calls.Person, 10, 5, 0)}, "answered", "", "", 0, 0},
	} {
		got := calls.Fold(c.legs)
		if got.Outcome != c.outcome || got.Agent != c.agent || got.Queue != c.queue || got.RingS != c.ring || got.TalkS != c.talk {
			t.Errorf("%s: %s agent %q queue %q ring %d talk %d; want %s %q %q %d %d", name, got.Outcome, got.Agent, got.Queue, got.RingS, got.TalkS, c.outcome, c.agent, c.queue, c.ring, c.talk)
		}
		if len(got.Legs) != len(c.legs) {
			t.Errorf("%s: %d legs of %d", name, len(got.Legs), len(c.legs))
		}
	}
}

func TestSides(t *testing.T) {
	inside := func(l *calls.Leg) { l.Direction = calls.Internal }
	hidden := with(rang("1", calls.NoAnswer, 0, 5), func(l *calls.Leg) { l.From, l.Withheld = "", true })
	f := calls.FoldAll([]calls.Leg{with(rang("2", calls.NoAnswer, 1, 4), inside), hidden})
	if !f.Withheld || f.Call.From != "" {
		t.Errorf("a hidden caller got the number %q of another leg", f.Call.From)
	}
	if f.Internal {
		t.Error("a call with an outside leg counts as internal")
	}
	if f := calls.FoldAll([]calls.Leg{with(rang("1", "", 0, 1), inside)}); !f.Internal {
		t.Error("a call inside the house does not count as internal")
	}
	if f := calls.FoldAll(nil); f.Internal || f.Call.Outcome != "" {
		t.Error("no legs make a call")
	}
	recorded := with(answered("9", calls.Person, 0, 1, 2), func(l *calls.Leg) { l.Recording, l.Transcript, l.Closes = "https://x/1.wav", "hello", true })
	f = calls.FoldAll([]calls.Leg{recorded, rang("1", "", 0, 1)})
	if f.Call.Recording != calls.RecordingID(recorded) || f.Call.Transcript != "hello" || !f.Closed {
		t.Errorf("recording %q, transcript %q, closed %v", f.Call.Recording, f.Call.Transcript, f.Closed)
	}
}

func legs(t *rapid.T) []calls.Leg {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) calls.Leg {
		start := rapid.IntRange(0, 50).Draw(t, "start")
		l := calls.Leg{
			ID: strconv.Itoa(rapid.IntRange(0, 5).Draw(t, "id")), Call: "c",
			Direction: rapid.SampledFrom([]events.Direction{"", events.In, events.Out, calls.Internal}).Draw(t, "direction"),
			Role:      rapid.SampledFrom([]calls.Role{calls.Person, calls.Machine, calls.Queue, calls.Voicemail}).Draw(t, "role"),
			Result:    rapid.SampledFrom([]calls.Result{"", calls.NoAnswer, calls.Busy, calls.Failed}).Draw(t, "result"),
			Agent:     rapid.SampledFrom([]string{"", "101", "102"}).Draw(t, "agent"),
			From:      rapid.SampledFrom([]string{"", "+8210", "101"}).Draw(t, "from"),
			Queue:     rapid.SampledFrom([]string{"", "q"}).Draw(t, "queue"),
			StartedAt: at(start), EndedAt: at(start + rapid.IntRange(0, 50).Draw(t, "length")),
			Closes: rapid.Bool().Draw(t, "closes"),
		}
		if rapid.Bool().Draw(t, "answered") {
			l.AnsweredAt = at(start + rapid.IntRange(0, 10).Draw(t, "ring"))
		}
		return l
	}), 1, 8).Draw(t, "legs")
}

// Whatever the order of arrival, and however the legs are spread over time, the
// call is the same; so is one whose legs were written down and read again.
func TestAnyOrderFoldsToTheSameCall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := legs(t)
		want := calls.FoldAll(in)
		if got := calls.FoldAll(rapid.Permutation(in).Draw(t, "order")); !reflect.DeepEqual(got, want) {
			t.Fatalf("another order:\n%+v\n%+v", got, want)
		}
		var kept []calls.Leg
		rest := rapid.Permutation(in).Draw(t, "arrival")
		for len(rest) > 0 {
			n := rapid.IntRange(1, len(rest)).Draw(t, "batch")
			kept = stored(t, calls.Merge(kept, rest[:n]...))
			rest = rest[n:]
		}
		kept = calls.Merge(kept, in...) // all of it once more
		if got := calls.FoldAll(kept); !reflect.DeepEqual(got, want) {
			t.Fatalf("in parts:\n%+v\n%+v", got, want)
		}
		if c := want.Call; c.RingS < 0 || c.TalkS < 0 || (c.Outcome == "answered") != (c.AnsweredAt != nil) {
			t.Fatalf("call makes no sense: %+v", c)
		}
	})
}

func stored(t *rapid.T, in []calls.Leg) (out []calls.Leg) {
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
