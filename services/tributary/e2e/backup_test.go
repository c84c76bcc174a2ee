package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/email/imap/imapfake"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
	"github.com/tributary-inbox/tributary/services/phone/twiliovoice/twiliovoicefake"
	"github.com/tributary-inbox/tributary/services/telemetry/telemetryfake"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// TestABackupHoldsWhatIsKept backs a running program up in the middle of things: a
// mail was fetched, a call rings, a rule of telemetry has spoken. The restored
// program goes on from there: it fetches the next mail and not the last again, the
// call becomes one call with both its halves, and the rule stays silent.
//
// To see it fail: in house writeBackup, leave out keptInto.
func TestABackupHoldsWhatIsKept(t *testing.T) {
	t.Parallel() // it mostly waits
	mail, broker, phone := imapfake.New(), telemetryfake.New(), twiliovoicefake.New()
	must(t, broker.Open())
	t.Cleanup(func() { must(t, broker.Close()) })
	data := t.TempDir()
	in := rig.Run(t, rig.Settings(data))
	admin := in.Admin(t)

	letters := openPost(t, &in.Server, admin, mail)
	letters.say(t, "kim@customers.example", 1, "letter number 1")
	find(t, admin, "letter number 1")
	rig.Eventually(t, func() error { // it stands in the log a moment before its mark is kept
		if !mail.Done() {
			return errors.New("the mailbox is still being read")
		}
		return nil
	})

	reports := admin.Inbox("telemetry", "product", spokenOnce(t, broker))
	must(t, broker.Report(t.Context(), "r1", "u-1", "the first report", "", time.Now()))
	find(t, admin, "the first report")

	rings := openLine(t, &in.Server, admin, phone)
	call := callfake.Call{ID: "kept", Direction: events.In, Customer: "+821012345678", Start: time.Now().Add(-time.Minute).Truncate(time.Second), Ring: 5 * time.Second, Talk: 20 * time.Second}
	callbacks := phone.Callbacks(call)
	rings.post(t, callbacks[0]) // it rings

	file := filepath.Join(t.TempDir(), "backup.tar.gz")
	_, err := house.Backup(t.Context(), in.House.Ground, data, file)
	must(t, err)
	in.Stop()

	fresh := rig.Settings(filepath.Join(t.TempDir(), "restored"))
	must(t, house.RunRestore(t.Context(), fresh, zerolog.Nop(), file, io.Discard))
	for _, name := range []string{"email/mailboxes.db", "phone/legs.db", "telemetry/telemetry.db"} {
		if was, is := keptHash(t, data, name), keptHash(t, fresh.Data, name); was != is {
			t.Errorf("%s is not what it was", name)
		}
	}
	if err := house.RunRestore(t.Context(), fresh, zerolog.Nop(), file, io.Discard); err == nil {
		t.Error("restored over what is there")
	}
	again := rig.Run(t, fresh)
	admin, rings.in = again.Admin(t), &again.Server

	letters.say(t, "kim@customers.example", 2, "letter number 2")
	find(t, admin, "letter number 2")
	for _, next := range callbacks[1:] {
		rings.post(t, next)
	}
	must(t, broker.Report(t.Context(), "r2", "u-1", "the second report", "", time.Now()))
	must(t, broker.Report(t.Context(), "r3", "u-2", "another customer's report", "", time.Now()))
	find(t, admin, "another customer's report")

	admin.AwaitBook(letters.inbox.ID, rig.Book{Received: 2, Stored: 2})
	admin.AwaitBook(reports.ID, rig.Book{Received: 2, Stored: 2})
	rig.Eventually(t, func() error {
		var calls []events.Message
		for _, m := range admin.AllMessages() {
			if m.Kind == events.KindCall {
				calls = append(calls, m)
			}
		}
		if len(calls) != 1 || calls[0].Call.Outcome != "answered" || calls[0].Call.TalkS != 20 || calls[0].Call.RingS == 0 {
			out, _ := json.Marshal(calls)
			return fmt.Errorf("%d calls: %s", len(calls), out)
		}
		return nil
	})
	var head struct{ Items []any }
	admin.Call(http.MethodGet, "/dead", nil, http.StatusOK, &head)
	if len(head.Items) != 0 {
		t.Errorf("%d dead letters", len(head.Items))
	}
}

// spokenOnce are the settings of a telemetry inbox whose rule speaks once a day for
// each customer.
func spokenOnce(t *testing.T, broker *telemetryfake.Broker) map[string]any {
	t.Helper()
	plain, secrets := broker.Settings("", "")
	out := map[string]any{}
	must(t, json.Unmarshal(plain, &out))
	for name, value := range secrets {
		out[name] = value
	}
	rules := out["rules"].([]any)
	rules[0].(map[string]any)["once_per"] = "24h"
	return out
}

func keptHash(t *testing.T, data, name string) string {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(data, "kept", filepath.FromSlash(name)), 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	must(t, err)
	defer func() { _ = db.Close() }()
	sum, err := bolt.Hash(db)
	must(t, err)
	return sum
}
