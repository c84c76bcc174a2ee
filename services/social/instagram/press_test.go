package instagram_test

import (
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/graph/graphtest"
	"github.com/tributary-inbox/tributary/services/social/instagram"
	"github.com/tributary-inbox/tributary/services/social/instagram/instagramfake"
	"github.com/tributary-inbox/tributary/services/social/proof"
)

var _ fake.Presser = (*instagramfake.Fake)(nil)

func TestQuickReplies(t *testing.T) {
	proof.Buttons(t, receiver(t), instagramfake.New(), events.Point{Kind: instagram.Kind, Value: "7001", Scope: instagramfake.Account}, "")
}

// A comment is answered by a text alone, in private and for everybody.
func TestCommentsHaveNoButtons(t *testing.T) {
	f, inbox := serve(t)
	statements, _, err := receiver(t).Receive(inbox, graphtest.Request(inbox, f.Comment("7001", "179000", "17870001", "How much?", time.Now()).Body))
	if err != nil || len(statements) != 1 {
		t.Fatalf("%+v, %v", statements, err)
	}
	thread := events.Thread{Key: "179000", References: []string{statements[0].ProviderID}}
	got := answer(t, inbox, events.Message{Text: "10 000 won", QuickReplies: proof.Scale(2)}, thread)
	if sent := f.State().Sent(); got.Outcome != events.Sent || len(sent) != 1 || sent[0].Buttons != nil {
		t.Errorf("%+v, sent %+v", got, f.State().Sent())
	}
}
