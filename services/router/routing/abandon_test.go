package routing

import (
	"testing"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// A customer who leaves the channel on which they wait has given up if nobody comes;
// nothing that is done to a queue, or states something else of them, says so.
//
// To see it fail: leave Leave out of decideContact.
func TestOnlyTheCustomerGivesUp(t *testing.T) {
	for i, c := range []struct {
		stated  map[string]string
		channel string
		want    string
	}{
		{map[string]string{"blocked": "yes"}, "webhook", events.PlaceAbandoned},
		{map[string]string{"naver_chat": "left"}, "webhook", events.PlaceAbandoned},
		{map[string]string{"kakao_session": "left"}, "webhook", events.PlaceAbandoned},
		{map[string]string{"kakao_session": "ended"}, "webhook", events.PlaceResolved},
		{map[string]string{"blocked": "no"}, "webhook", events.PlaceResolved},
		{map[string]string{"blocked": "yes"}, "channeltalk", events.PlaceResolved},
	} {
		h := newDesk(t, config.Queue{Mode: config.QueuePush})
		kim := point("external", "kim", events.Stated)
		row := conversationOf(t, h.say(statement("shop", c.channel, "m", "hello", kim)))
		gone := statement("shop", c.channel, "s", "", kim)
		gone.Type, gone.Message, gone.Sender.Attributes = events.ContactWasStated, nil, c.stated
		h.say(gone)
		if r := h.command(commands.Resolve, commands.Envelope{Conversation: row.ID}, commands.ReasonBody{}); r.Problem != nil {
			t.Fatal(r.Problem)
		}
		ends := bodies[*events.ConversationUnqueued](h.log())
		if len(ends) != 1 || ends[0].Reason != c.want || ends[0].Queue != "sales" {
			t.Errorf("%d: %v over %s: %+v, want %s", i, c.stated, c.channel, ends, c.want)
		}
	}
}
