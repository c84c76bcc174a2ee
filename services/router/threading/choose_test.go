package threading

import (
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
)

func TestChoose(t *testing.T) {
	open := []Candidate{{ID: "open"}}
	cases := []struct {
		name     string
		in       Input
		want     events.ConversationID
		explicit bool
		foreign  bool
	}{
		{"the one open conversation", Input{Contact: "a", Live: open}, "open", false, false},
		{"nothing open", Input{Contact: "a"}, "", false, false},
		{"an explicit reply wins over what is open", Input{Contact: "a", Live: open, Refs: []Ref{{"old", "a"}}}, "old", true, false},
		{"a token wins over references", Input{Contact: "a", Token: &Ref{"tok", "a"}, Refs: []Ref{{"old", "a"}}}, "tok", true, false},
		{"a stranger who quotes an id joins nothing", Input{Contact: "a", Live: open, Refs: []Ref{{"theirs", "b"}}}, "open", false, true},
		{"a stranger with a token joins nothing", Input{Contact: "a", Token: &Ref{"theirs", "b"}}, "", false, true},
		{"a new subject opens its own where the inbox says so", Input{Contact: "a", Live: open, ByThread: true, Thread: "new"}, "", false, false},
		{"the same subject joins it", Input{Contact: "a", Live: []Candidate{{"t", "new"}, {ID: "open"}}, ByThread: true, Thread: "new"}, "t", false, false},
		{"what stands alone joins nothing", Input{Contact: "a", Live: open, Alone: "m"}, "", false, false},
		{"what stands alone joins what it names", Input{Contact: "a", Live: open, Alone: "m", Refs: []Ref{{"old", "a"}}}, "old", true, false},
		{"a thread of its own is not the open conversation", Input{Contact: "a", Live: []Candidate{{"t", "new"}}}, "", false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := Choose(c.in)
			if v.Conversation != c.want || v.Explicit != c.explicit || v.Foreign != c.foreign {
				t.Fatalf("got %+v", v)
			}
		})
	}
}
