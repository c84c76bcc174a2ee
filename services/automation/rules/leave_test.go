package rules

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// What an action has left is left by it no second time, and nothing that the action
// does not name has changed: the tags of the row it came from least of all.
//
// To see it fail: let Leave append to the tags of the row it is given.
func TestWhatAnActionLeavesIsLeftOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tags := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3, rapid.ID)
		priority := rapid.IntRange(-2, 2).Draw(t, "priority")
		a := config.Action{
			Do: rapid.SampledFrom([]string{
				config.DoTag, config.DoUntag, config.DoAssign, config.DoTransfer, config.DoPrioritise, config.DoResolve, config.DoReopen, config.DoNote,
			}).Draw(t, "do"),
			Tags: tags.Draw(t, "tags"), Agent: events.AgentID(rapid.SampledFrom([]string{"", "x"}).Draw(t, "agent")), Queue: "q", Priority: &priority,
		}
		backing := make([]string, 0, 8)
		was := events.Conversation{ID: "cv", Status: events.Open, Tags: append(backing, tags.Draw(t, "had")...), Assignee: "y", Priority: 1}
		row, had := was, slices.Clone(was.Tags)
		changes := !Moot(&a, &row)
		Leave(&a, &row)
		switch {
		case a.Do != config.DoNote && a.Do != config.DoTransfer && !Moot(&a, &row):
			t.Fatalf("%+v would be done again to %+v", a, row)
		case !slices.Equal(was.Tags, had) || !slices.Equal(backing[:len(had)], had):
			t.Fatal("the row it came from has changed")
		case !changes && (row.Assignee != was.Assignee || row.Priority != was.Priority || row.Status != was.Status || !slices.Equal(row.Tags, was.Tags)):
			t.Fatalf("%+v changes nothing, and left %+v", a, row)
		case a.Do == config.DoTransfer && (row.Queue != "q" || row.Assignee != ""):
			t.Fatalf("transferred %+v", row)
		}
	})
}
