package level

import (
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/hours"
)

// tale is a conversation told step by step.
type tale struct {
	*testing.T
	row    events.Conversation
	memory Memory
	rules  *Rules
	now    time.Time
}

func tell(t *testing.T, rules *Rules) *tale {
	return &tale{T: t, rules: rules, now: opening, row: events.Conversation{ID: conv, Status: events.Open}}
}

func simple(first, next, resolution int, pauses ...string) *Rules {
	return &Rules{Policy: config.Policy{ID: "p", WarnBefore: 50, PauseWhile: pauses, Targets: []config.Target{{FirstResponse: first * 60, NextResponse: next * 60, Resolution: resolution * 60}}}}
}

// does decides and lists what was said of clocks: fact, kind and, at an end, how.
func (s *tale) does(changes ...Change) []string {
	for _, c := range changes {
		s.memory = s.memory.After(c, s.now)
		switch c.What {
		case Resolved:
			s.row.Status = events.Resolved
		case Reopened:
			s.row.Status = events.Open
		case Folded:
			s.row.Status = events.Merged
		}
	}
	return s.settle(nil)
}

func (s *tale) settle(was *Rules) (out []string) {
	for _, f := range Settle(&s.row, s.memory, s.rules, was, s.now) {
		Apply(&s.row, f)
		word := f.FactType()
		switch f := f.(type) {
		case *events.ClockStarted:
			word += " " + string(f.Clock.Kind)
		case *events.ClockStopped:
			word += " " + string(f.Clock.Kind) + " " + f.Outcome + " " + (time.Duration(f.Took) * time.Millisecond).String()
		}
		out = append(out, word)
	}
	return out
}

func (s *tale) later(d time.Duration) { s.now = s.now.Add(d) }

func (s *tale) want(got []string, want ...string) {
	s.Helper()
	if len(got) != len(want) {
		s.Fatalf("%q, want %q", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			s.Fatalf("%q, want %q", got, want)
		}
	}
}

// chatwoot#12058: a chat that was reopened after days showed days to its first
// response.
func TestAReopenedChatShowsNoDaysToItsFirstResponse(t *testing.T) {
	s := tell(t, simple(30, 30, 0))
	s.want(s.does(Change{What: Opened}, Change{What: Wrote}), "clock.started first_response")
	s.later(5 * time.Minute)
	s.want(s.does(Change{What: Resolved}), "clock.stopped first_response dropped 5m0s")
	s.later(5 * 24 * time.Hour)
	s.want(s.does(Change{What: Reopened}, Change{What: Wrote}), "clock.started first_response")
	s.later(3 * time.Minute)
	s.want(s.does(Change{What: Answered}), "clock.stopped first_response met 3m0s")
	s.later(time.Hour)
	s.want(s.does(Change{What: Wrote}), "clock.started next_response")
}

// Whoever only wishes for a call waits from the time they named, and from their
// word where they named none; whoever writes as well waits from then on.
func TestAWishIsNoQuestion(t *testing.T) {
	s := tell(t, simple(30, 0, 0))
	s.does(Change{What: Opened})
	s.want(s.does(Change{What: Wished}, Change{What: CallAsked, At: s.now.Add(2 * time.Hour)}), "clock.started first_response")
	if c := s.row.Clocks[0]; !c.StartedAt.Equal(s.now.Add(2 * time.Hour)) {
		t.Fatalf("waits since %v", c.StartedAt)
	}
	s.later(time.Hour)
	s.want(s.does(Change{What: Wrote}), "clock.started first_response")
	if c := s.row.Clocks[0]; !c.StartedAt.Equal(s.now) {
		t.Fatalf("waits since %v", c.StartedAt)
	}
	s = tell(t, simple(30, 0, 0))
	s.does(Change{What: Opened})
	s.want(s.does(Change{What: Wished}, Change{What: CallAsked}), "clock.started first_response")
	if c := s.row.Clocks[0]; !c.StartedAt.Equal(s.now) {
		t.Fatalf("waits since %v", c.StartedAt)
	}
}

// A wait that began in the same millisecond as one that is answered, in a
// conversation that is folded into this one, is not answered by that.
func TestAJoinedWaitIsItsOwn(t *testing.T) {
	at := time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC)
	done := Memory{OpenSince: at, AnsweredAt: at, Answered: at, Theirs: true}
	if m := done.Joined(Memory{OpenSince: at, Waiting: at}); !m.Waiting.Equal(at) || !m.Answered.IsZero() || m.Theirs {
		t.Fatalf("joined as %+v", m)
	}
}

func TestClosingALateConversationHidesNothing(t *testing.T) {
	s := tell(t, simple(30, 0, 0))
	s.does(Change{What: Opened}, Change{What: Wrote})
	s.later(31 * time.Minute)
	s.want(s.does(Change{What: Resolved}), "clock.warned", "clock.breached", "clock.stopped first_response missed 31m0s")
}

func TestAReopeningPromisesANewResolution(t *testing.T) {
	s := tell(t, simple(0, 0, 60))
	s.want(s.does(Change{What: Opened}, Change{What: Wrote}), "clock.started resolution")
	s.later(20 * time.Minute)
	s.want(s.does(Change{What: Resolved}), "clock.stopped resolution met 20m0s")
	s.later(100 * time.Hour)
	s.want(s.does(Change{What: Reopened}, Change{What: Wrote}), "clock.started resolution")
	s.later(59 * time.Minute)
	s.want(s.does(Change{What: Resolved}), "clock.warned", "clock.stopped resolution met 59m0s")
}

// A higher priority comes while the clock stands still: nothing is said then, but
// closing the conversation in that state does not hide that it was late.
func TestATargetThatIsPassedWhilePausedIsSaidAtTheEnd(t *testing.T) {
	s := tell(t, simple(0, 0, 60, config.PauseWaiting))
	s.rules.Policy.Targets = append(s.rules.Policy.Targets, config.Target{Priority: 5, Resolution: 10 * 60})
	s.does(Change{What: Opened}, Change{What: Wrote})
	s.later(20 * time.Minute)
	s.want(s.does(Change{What: Answered}), "clock.paused")
	s.row.Priority = 5
	s.want(s.settle(nil), "clock.started resolution")
	if _, ok := Due(&s.row); ok {
		t.Fatal("something is due while nothing runs")
	}
	s.later(time.Hour)
	s.want(s.does(Change{What: Resolved}), "clock.warned", "clock.breached", "clock.stopped resolution missed 20m0s")
}

// An answer written in the provider's own console is heard of after an outage.
func TestAnAnswerThatIsHeardOfLateWasInTime(t *testing.T) {
	s := tell(t, simple(30, 30, 0))
	s.does(Change{What: Opened}, Change{What: Wrote})
	s.later(2 * time.Hour)
	s.want(s.does(Change{What: Answered, At: opening.Add(10 * time.Minute)}), "clock.stopped first_response met 10m0s")
	s.does(Change{What: Wrote})
	s.later(time.Minute)
	s.want(s.does(Change{What: Answered, At: opening.Add(20 * time.Minute)})) // older than the question
	if len(s.row.Clocks) != 1 {
		t.Fatal("an old answer ended a new wait")
	}
}

func TestACallbackWaitsFromTheTimeThatIsWanted(t *testing.T) {
	s := tell(t, simple(30, 30, 0))
	s.does(Change{What: Opened}, Change{What: Answered}) // they called and we spoke
	wanted := s.now.Add(24 * time.Hour)
	s.want(s.does(Change{What: CallAsked, At: wanted}), "clock.started next_response")
	if due, _ := Due(&s.row); !due.Equal(wanted.Add(15 * time.Minute)) {
		t.Fatalf("warns at %v", due)
	}
	s.later(time.Hour)
	s.want(s.does(Change{What: CallAsked, At: wanted.Add(time.Hour)}), "clock.started next_response") // postponed
	s.want(s.does(Change{What: Wrote}), "clock.started next_response")                                // and then they write
	s.later(10 * time.Minute)
	s.want(s.does(Change{What: CallReached}), "clock.stopped next_response met 10m0s")
}

func TestACancelledCallbackIsOwedNoMore(t *testing.T) {
	s := tell(t, simple(30, 30, 0))
	s.does(Change{What: Opened}, Change{What: CallAsked})
	s.later(time.Minute)
	s.want(s.does(Change{What: CallGone}), "clock.stopped first_response dropped 1m0s")
	s.does(Change{What: Wrote})
	s.want(s.does(Change{What: CallAsked}, Change{What: CallGone})) // the question stands
}

// Tomorrow turns out to be a holiday: what is due tomorrow moves.
func TestAHolidayThatIsAddedMovesWhatIsDue(t *testing.T) {
	shop := config.Hours{Zone: "Asia/Seoul"}
	day := []config.Block{{From: "09:00", To: "18:00"}}
	shop.Week = config.Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day}
	ready := func() *Rules {
		zone, err := shop.Location()
		if err != nil {
			t.Fatal(err)
		}
		c, err := hours.Compile(shop, zone)
		if err != nil {
			t.Fatal(err)
		}
		r := simple(120, 0, 600, config.PauseWaiting)
		r.Hours = c
		return r
	}
	s := tell(t, ready())
	s.now = time.Date(2026, 3, 4, 8, 30, 0, 0, time.UTC) // half past five in Seoul, a Wednesday
	s.does(Change{What: Opened}, Change{What: Wrote})
	s.later(20 * time.Minute)
	was := s.rules
	shop.Holidays = []config.Holiday{{Date: "2026-03-05"}}
	s.rules = ready()
	s.want(s.settle(was), "clock.started first_response", "clock.started resolution")
	for i, want := range []time.Time{time.Date(2026, 3, 6, 1, 30, 0, 0, time.UTC), time.Date(2026, 3, 9, 0, 30, 0, 0, time.UTC)} {
		if got := s.row.Clocks[i].DueAt; got == nil || !got.Equal(want) {
			t.Errorf("%s due at %v, want %v", s.row.Clocks[i].Kind, got, want)
		}
	}
	s.want(s.settle(nil)) // and stays there
}

func TestAFoldedConversationHandsItsWaitOn(t *testing.T) {
	from, into := tell(t, simple(30, 30, 60)), tell(t, simple(30, 30, 0))
	from.does(Change{What: Opened}, Change{What: Wrote})
	into.now = opening.Add(10 * time.Minute)
	into.does(Change{What: Opened}, Change{What: Wrote})
	from.now = into.now
	waited := from.memory
	from.want(from.does(Change{What: Folded}), "clock.stopped first_response dropped 10m0s", "clock.stopped resolution dropped 10m0s")
	into.memory = into.memory.Joined(waited)
	into.want(into.settle(nil), "clock.started first_response")
	if due := into.row.Clocks[0].DueAt; !due.Equal(opening.Add(30 * time.Minute)) {
		t.Fatalf("due at %v", due)
	}
	if got := (Memory{}).Joined(Memory{Waiting: opening, ForCall: true}); !got.ForCall || !got.Waiting.Equal(opening) {
		t.Fatalf("a wait for a call became %+v", got)
	}
}

func TestAnImportOfOldMailWaitsForAYearAtMost(t *testing.T) {
	m := Memory{}.After(Change{What: Wrote, At: opening.AddDate(-20, 0, 0)}, opening)
	if got := opening.Sub(m.Waiting); got != MaxBack {
		t.Fatalf("waits for %v", got)
	}
	if m = (Memory{}).After(Change{What: Wrote, At: opening.Add(time.Hour)}, opening); !m.Waiting.Equal(opening) {
		t.Fatalf("waits from %v on", m.Waiting)
	}
}

// A call answers when it is taken, and what was asked while it lasted.
func TestWhatFactsMean(t *testing.T) {
	taken := opening.Add(time.Minute)
	call := func(d events.Direction, outcome string) *events.MessageAdded {
		return &events.MessageAdded{Message: events.Message{ConversationID: conv, Kind: events.KindCall, Direction: d, Call: &events.Call{Direction: d, Outcome: outcome, AnsweredAt: &taken, EndedAt: taken.Add(time.Hour)}}}
	}
	line := func(kind events.Kind, flags ...string) *events.MessageAdded {
		return &events.MessageAdded{Message: events.Message{ConversationID: conv, Kind: kind, Direction: events.Out, Author: events.Author{Kind: "system"}, Flags: flags}}
	}
	bot := &events.MessageAdded{Message: events.Message{ConversationID: conv, Kind: events.KindMessage, Direction: events.Out, Author: events.Author{Kind: "bot"}}}
	for name, k := range map[string]struct {
		body events.Body
		bots bool
		want What
	}{
		"a missed call":         {call(events.In, "missed"), false, Wrote},
		"a taken call":          {call(events.In, "answered"), false, Answered},
		"a call of ours":        {call(events.Out, "answered"), false, Answered},
		"a call in vain":        {call(events.Out, "busy"), false, 0},
		"a bot that counts":     {bot, true, Answered},
		"a bot":                 {bot, false, 0},
		"a line in the history": {line(events.KindEvent), false, 0},
		"a demand for data":     {line(events.KindEvent, "data-request"), false, Wrote},
		"machine mail":          {line(events.KindMessage, "automatic"), true, 0},
		"answered after all":    {&events.CallAmended{Conversation: conv, Call: *call(events.In, "answered").Message.Call}, false, Answered},
		"still unanswered":      {&events.CallAmended{Conversation: conv, Call: events.Call{Outcome: "missed"}}, false, 0},
		"folded":                {&events.ConversationMerged{From: conv, Into: "cv2"}, false, Folded},
		"unfolded":              {&events.ConversationMergeReversed{From: conv, Into: "cv2", Status: events.Open}, false, Reopened},
		"unfolded and done":     {&events.ConversationMergeReversed{From: conv, Into: "cv2", Status: events.Resolved}, false, 0},
		"a snooze":              {&events.ConversationSnoozed{Conversation: conv}, false, 0},
	} {
		c, ok := Read(k.body, k.bots)
		if ok != (k.want != 0) || ok && (c.What != k.want || c.Conversation != conv) {
			t.Errorf("%s: %+v, %v", name, c, ok)
		}
	}
	c, _ := Read(call(events.In, "answered"), false)
	now := taken.Add(2 * time.Hour)
	for asked, ends := range map[time.Duration]bool{-time.Hour: true, 30 * time.Minute: true, 90 * time.Minute: false} {
		m := Memory{}.After(Change{What: Wrote, At: taken.Add(asked)}, now).After(c, now)
		if m.Waiting.IsZero() != ends {
			t.Errorf("asked %v after the call was taken: waits since %v", asked, m.Waiting)
		}
	}
}

func TestAPausedClockSaysNothingWhateverItShows(t *testing.T) {
	at := opening
	row := events.Conversation{Clocks: []events.Clock{{Kind: events.Resolution, PausedAt: &at, WarnAt: &at, DueAt: &at}}}
	if _, ok := Due(&row); ok || len(OnTime(&row, at.Add(time.Hour))) > 0 {
		t.Fatal("something is due")
	}
}

// Rows are shared: applying a fact leaves every copy as it was.
func TestApplyLeavesCopiesAlone(t *testing.T) {
	s := tell(t, simple(30, 30, 60))
	s.does(Change{What: Opened}, Change{What: Wrote})
	copied := s.row
	Apply(&s.row, &events.ClockWarned{Clock: events.Clock{Kind: events.FirstResponse, Warned: true}})
	Apply(&s.row, &events.ClockStopped{Clock: events.Clock{Kind: events.Resolution}})
	Apply(&s.row, &events.ConversationRead{Conversation: conv})
	if len(copied.Clocks) != 2 || copied.Clocks[0].Warned || len(s.row.Clocks) != 1 {
		t.Fatalf("%s and %s", text(copied.Clocks), text(s.row.Clocks))
	}
}

func BenchmarkSettle(b *testing.B) {
	rules := everyRules[2]
	row := events.Conversation{ID: conv, Status: events.Open}
	asked := Memory{}.After(Change{What: Opened}, opening).After(Change{What: Wrote}, opening)
	for _, f := range Settle(&row, asked, rules, nil, opening) {
		Apply(&row, f)
	}
	now := opening.Add(time.Hour)
	told := asked.After(Change{What: Answered}, now)
	for b.Loop() {
		if len(Settle(&row, told, rules, nil, now)) == 0 {
			b.Fatal("nothing is said")
		}
	}
}
