package e2e

import (
	"flag"
	"fmt"
	"testing"

	"github.com/tributary-inbox/tributary/services/tributary/chaos"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

var (
	kills = flag.Int("kills", 3, "how often TestP1Durable kills the program")
	seed  = flag.Uint64("seed", 1, "of TestP1Durable's choices")
)

// TestP1Durable kills the whole program (SIGKILL) at random moments under
// traffic from every door. What was acknowledged is there afterwards, exactly
// once, and the books balance. `task chaos` kills more often, by the flag -kills.
//
// To see it fail: in pkg/channel Publish, return nil before waiting for
// Durable.
func TestP1Durable(t *testing.T) {
	report := chaos.Run(t, chaos.Plan{Kills: *kills, Seed: *seed})
	t.Log(report)
	if report.Acknowledged < int64(20**kills) {
		t.Errorf("only %d messages were acknowledged: the storm proves nothing", report.Acknowledged)
	}
}

// TestP1RefusesWhatItCannotStore fills the disk beneath the running program.
// From then on nobody is told that their message is kept: the hook answers 503
// with Retry-After and mail 451; when there is room again everything goes on,
// and what was acknowledged before and after is there.
//
// To see it fail: in pkg/channel Publish, return nil where Durable gives an
// error.
func TestP1RefusesWhatItCannotStore(t *testing.T) {
	disk := smallDisk(t, 48<<20)
	child := rig.Start(t, disk+"/data")
	admin := child.Admin(t)
	shop := admin.Shop()
	admin.Inbox("email", "help", map[string]any{"address": "help@example.com"})
	said := fillDisk(t, child, disk, shop)
	hookRefuses(t, child, shop)
	mailRefuses(t, child)
	said = append(said, roomAgain(t, child, disk, shop)...)
	admin = child.Admin(t)
	want := map[string]bool{}
	for _, id := range said {
		want[id] = true
	}
	rig.Eventually(t, func() error { return missing(admin, want) })
	child.Healthy(t)
	out, err := child.Tool("verify")
	if err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
}

func missing(admin *rig.Agent, want map[string]bool) error {
	found := map[string]int{}
	list, err := admin.TryConversations()
	if err != nil {
		return err
	}
	for _, c := range list {
		messages, err := admin.TryMessages(c.ID)
		if err != nil {
			return err
		}
		for _, m := range messages {
			found[m.ProviderID]++
		}
	}
	for id := range want {
		if found[id] != 1 {
			return fmt.Errorf("message %s is there %d times", id, found[id])
		}
	}
	return nil
}
