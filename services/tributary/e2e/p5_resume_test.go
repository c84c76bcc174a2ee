package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/natsd"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestP5NoMissedUpdate has an agent whose network breaks again and again, who
// each time reconnects with the cursor to another of two gateways, two processes'
// worth of the program on one NATS. They see every message exactly once and in
// the order of the log, the same as an agent whose network never breaks.
//
// To see it fail: in gateway/session start, return o.spec.after+1.
func TestP5NoMissedUpdate(t *testing.T) {
	server, err := natsd.Start(t.Context(), natsd.Options{StoreDir: t.TempDir(), Port: natsd.RandomPort, Sync: natsd.SyncAlways})
	must(t, err)
	t.Cleanup(server.Shutdown)
	one, two := rig.Settings(t.TempDir()), rig.Settings(t.TempDir())
	one.NATSURL, two.NATSURL = server.URL(), server.URL()
	two.Roles = []string{"gateway"}
	gateways := []*rig.Inside{rig.Run(t, one), rig.Run(t, two)}
	admin := gateways[0].Admin(t)
	shop := admin.Shop()
	steady, _ := admin.Watch("")
	begin := steady.Cursor

	const messages = 400
	posted := make(chan error, 1)
	go func() {
		for n := range messages {
			if err := gateways[0].TrySay(shop, rig.Said{ID: fmt.Sprint(n), Contact: rig.SaidBy{ID: fmt.Sprint(n % 7)}, Text: fmt.Sprint(n)}); err != nil {
				posted <- err
				return
			}
		}
		posted <- nil
	}()
	shaky := follow(t, gateways, admin.Token, begin, messages)
	must(t, <-posted)
	var want []string
	for len(want) < messages {
		if f := steady.Next(); f.Type == live.TypeEvent && f.Fact == "message.added" {
			want = append(want, f.Message.Text)
		}
	}
	if got, all := strings.Join(shaky, " "), strings.Join(want, " "); got != all {
		t.Errorf("the broken network saw\n%s\nand the steady one\n%s", got, all)
	}
}

// follow reads as a client has to: what has come since the cursor last moved
// comes again after a reconnect, and is then dropped.
func follow(t *testing.T, gateways []*rig.Inside, token, cursor string, messages int) []string {
	t.Helper()
	chance := rand.New(rand.NewPCG(5, 5))
	var seen, pending []string
	for round := 0; len(seen)+len(pending) < messages; round++ {
		socket, err := gateways[round%len(gateways)].TryLive(t, token)
		must(t, err)
		pending = nil
		socket.Send(live.Client{Type: live.TypeSubscribe, ID: "s", View: live.ViewAll, Cursor: cursor})
		frames := 1 + chance.IntN(60)
		for i := 0; i < frames && len(seen)+len(pending) < messages; {
			f := socket.Next()
			if f.Type == live.TypeSnapshot {
				t.Fatal("a snapshot came in place of the gap")
			}
			if f.Type != live.TypeEvent {
				continue
			}
			i++
			if f.Fact == "message.added" {
				pending = append(pending, f.Message.Text)
			}
			if f.Cursor != cursor {
				seen, pending, cursor = append(seen, pending...), nil, f.Cursor
			}
		}
		socket.Cut()
	}
	return append(seen, pending...)
}
