package parts_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/parts"
)

func TestPlainly(t *testing.T) {
	two := []events.QuickReply{{Label: "1", Value: "a"}, {Label: "2", Value: "b"}}
	for name, c := range map[string]struct {
		buttons []events.QuickReply
		first   events.SendResult
		calls   int
		want    events.SendOutcome
	}{
		"taken":                       {two, events.SendResult{Outcome: events.Sent}, 1, events.Sent},
		"refused, perhaps for them":   {two, events.SendResult{Outcome: events.Rejected}, 2, events.Sent},
		"refused for another reason":  {two, events.SendResult{Outcome: events.Rejected, Code: events.CodeOptedOut}, 1, events.Rejected},
		"refused, and there are none": {nil, events.SendResult{Outcome: events.Rejected}, 1, events.Rejected},
		"to be tried later":           {two, events.SendResult{Outcome: events.Retry}, 1, events.Retry},
		"may have arrived":            {two, events.SendResult{Outcome: events.Unclear}, 1, events.Unclear},
	} {
		calls := 0
		got := parts.Plainly(c.buttons, func(buttons []events.QuickReply) events.SendResult {
			calls++
			if calls == 1 {
				return c.first
			}
			if len(buttons) > 0 {
				t.Errorf("%s: the buttons are sent again", name)
			}
			return events.SendResult{Outcome: events.Sent}
		})
		if calls != c.calls || got.Outcome != c.want {
			t.Errorf("%s: %d calls, %+v", name, calls, got)
		}
	}
}

func TestRows(t *testing.T) {
	scale := func(n int) (out []events.QuickReply) {
		for i := range n {
			out = append(out, events.QuickReply{Label: strings.Repeat("9", 1+i/10)})
		}
		return out
	}
	if got := parts.Rows(scale(11), 6); len(got) != 2 || len(got[0]) != 5 || len(got[1]) != 6 {
		t.Errorf("0 to 10 stand in %d rows: %v", len(got), got)
	}
	if got := parts.Rows([]events.QuickReply{{Label: "a long label of twenty"}, {Label: "x"}}, 6); len(got) != 2 {
		t.Errorf("a long label shares its row: %v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		var buttons []events.QuickReply
		for _, label := range rapid.SliceOfN(rapid.StringN(0, 20, -1), 0, 30).Draw(t, "labels") {
			buttons = append(buttons, events.QuickReply{Label: label})
		}
		widest := rapid.IntRange(1, 8).Draw(t, "widest")
		rows := parts.Rows(buttons, widest)
		if !slices.Equal(slices.Concat(rows...), buttons) {
			t.Fatalf("the rows are %v", rows)
		}
		for _, row := range rows {
			if len(row) == 0 || len(row) > widest {
				t.Fatalf("a row of %d", len(row))
			}
		}
	})
}
