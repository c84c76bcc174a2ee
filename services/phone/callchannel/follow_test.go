package callchannel_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func TestAFileIsFollowed(t *testing.T) {
	h := newHouse(t, asteriskInbox(""))
	h.append("Master.csv", cdr("1.1", 1, 0, false)+cdr("1.2", 2, 1, true)[:60])
	in := h.until("1.1", outcome("missed", 1))
	if in.Sender.Points[0].Value != "+821012345678" || in.Sender.Points[0].Kind != "phone" || in.Sender.Name != "Kim" || in.Direction != events.In {
		t.Errorf("sender is %+v, direction %s", in.Sender, in.Direction)
	}
	if newest, n := h.tap.calls(); newest["1.2"] != nil || n != 1 {
		t.Fatalf("half a line is a call: %d statements", n)
	}
	h.append("Master.csv", cdr("1.2", 2, 1, true)[60:])
	h.until("1.2", outcome("answered", 1))

	// A leg that comes late makes the same call richer.
	h.append("Master.csv", cdr("1.1", 3, 2, true))
	in = h.until("1.1", outcome("answered", 2))
	if in.Call.Agent != "101" || in.Call.TalkS != 20 {
		t.Errorf("call is %+v", in.Call)
	}
}

func TestRotationTruncationAndRestart(t *testing.T) {
	h := newHouse(t, asteriskInbox(""))
	h.append("Master.csv", cdr("1.1", 1, 0, true))
	h.until("1.1", outcome("answered", 1))

	// Rotated while nobody looks: what the old file still got is read, then the new.
	h.stop()
	h.append("Master.csv", cdr("1.2", 2, 1, true))
	if err := os.Rename(filepath.Join(h.files, "Master.csv"), filepath.Join(h.files, "Master.csv.1")); err != nil {
		t.Fatal(err)
	}
	h.append("Master.csv", cdr("1.3", 3, 2, true))
	h.start()
	h.until("1.2", outcome("answered", 1))
	h.until("1.3", outcome("answered", 1))

	// Emptied in place, and longer than before by the time it is looked at.
	h.stop()
	h.write("Master.csv", lines(cdr("1.4", 4, 3, true), cdr("1.5", 5, 4, true), cdr("1.6", 6, 5, true)), os.O_TRUNC)
	h.start()
	for _, id := range []string{"1.4", "1.5", "1.6"} {
		h.until(id, outcome("answered", 1))
	}

	// The whole history once more changes nothing.
	h.append("Master.csv", lines(cdr("1.1", 1, 0, true), cdr("1.2", 2, 1, true), cdr("1.3", 3, 2, true), cdr("1.7", 7, 6, true)))
	h.until("1.7", outcome("answered", 1))
	if _, n := h.tap.calls(); n != 7 {
		t.Errorf("%d statements of 7 calls", n)
	}
}

func TestWhatCannotBeReadIsKeptAndHoldsUpNothing(t *testing.T) {
	h := newHouse(t, asteriskInbox(""))
	// Two quotes that are never closed: one seen as such by the line after it,
	// one closed by the next.
	h.append("Master.csv", "a,b,c\n\xff\xfe,\"x\n"+cdr("1.1", 1, 0, true))
	h.until("1.1", outcome("answered", 1))
	h.append("Master.csv", "d,\"e\n"+cdr("1.2", 2, 1, true)+"f\"\n"+cdr("1.3", 3, 2, true))
	h.until("1.2", outcome("answered", 1))
	h.until("1.3", outcome("answered", 1))
	testkit.Eventually(t, patience, func() error {
		kept := map[string]bool{}
		for _, in := range h.tap.all() {
			if in.Type == events.Unknown && flagged(in, "unreadable-record") {
				kept[string(in.Raw.Bytes)] = true
			}
		}
		for _, want := range []string{"a,b,c", "\xff\xfe,\"x", "d,\"e", "f\""} {
			if !kept[want] {
				return fmt.Errorf("%q is not kept: %v", want, kept)
			}
		}
		return nil
	})
}

func TestALinkOutOfTheFolderIsNotFollowed(t *testing.T) {
	h := newHouse(t)
	secret := filepath.Join(t.TempDir(), "Master.csv")
	if err := os.WriteFile(secret, []byte(cdr("1.1", 1, 0, true)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(h.files, "Master.csv")); err != nil {
		t.Fatal(err)
	}
	h.inboxes.put(h.checked(asteriskInbox("")))
	other := asteriskInbox("")
	other.ID, other.Settings = "inother", []byte(`{"zone":"UTC","file":"Other.csv","unique_id":true,"user_field":true,"new_columns":true,"settle":"1ms"}`)
	h.append("Other.csv", cdr("2.1", 1, 0, true))
	h.inboxes.put(h.checked(other))
	h.until("2.1", outcome("answered", 1))
	if newest, _ := h.tap.calls(); newest["1.1"] != nil {
		t.Error("a file outside of the folder was read")
	}
}

func TestTheEventLogClosesCalls(t *testing.T) {
	h := newHouse(t, asteriskInbox(`,"cel_file":"cel.csv","patience":"24h"`))
	h.append("Master.csv", cdr("1.1", 1, 0, true))
	h.append("Master.csv", cdr("1.2", 2, 1, true))
	h.append("cel.csv", `"LINKEDID_END","1772625600.1","","","","","","","","","","","","","1.2","1.2","","","",""`+"\n")
	h.until("1.2", outcome("answered", 1))
	if newest, _ := h.tap.calls(); newest["1.1"] != nil {
		t.Error("a call is stated before its end")
	}
}

func TestPatienceEndsACallThatNobodyEnds(t *testing.T) {
	h := newHouse(t, asteriskInbox(`,"patience":"30ms"`))
	line := cdr("1.1", 1, 0, true)
	h.append("Master.csv", line[:len(line)-len(`"1.1",1`)-1]+`"0.9",1`+"\n") // linked to a channel whose own record never comes
	h.until("0.9", outcome("answered", 1))
}

func csvInbox(more string) config.Inbox {
	return config.Inbox{ID: "incsv", Channel: "callcsv", HookToken: "tok", Settings: []byte(`{"zone":"Asia/Seoul","settle":"5ms","columns":{
		"id":"번호","from":"발신","to":"수신","start":"시작","talk":"통화시간","direction":"구분","outcome":"결과","agent":"상담원"}` + more + `}`)}
}

const list = "번호,구분,발신,수신,시작,통화시간,결과,상담원\n" +
	"1,수신,010-1234-5678,1588-1234,2026-03-04 09:00:00,00:01:23,응답,김상담\n" +
	"2,수신,발신번호표시제한,1588-1234,2026-03-04 09:05:00,,부재중,\n" +
	"3,수신,발신번호표시제한,1588-1234,2026-03-04 09:06:00,,부재중,\n" +
	"4,발신,1588-1234,010-1234-5678,not a time,,부재중,\n" +
	"5,발신,1588-1234,0507-1234-5678,2026-03-04 10:00:00,12,응답,김상담\n"

func TestAWatchedFolder(t *testing.T) {
	h := newHouse(t, csvInbox(`,"folder":"lists"`))
	if err := os.Mkdir(filepath.Join(h.files, "lists"), 0o700); err != nil {
		t.Fatal(err)
	}
	h.write("lists/day.CSV", list, os.O_TRUNC)
	h.write("lists/readme.txt", list, os.O_TRUNC)
	for _, id := range []string{"1", "2", "3", "5"} {
		h.until(id, func(*events.Inbound) bool { return true })
	}
	_, before := h.tap.calls()

	// A longer file under the same name, read after a restart: only what is new.
	h.stop()
	h.write("lists/day.CSV", list+"6,수신,010-1234-5678,1588-1234,2026-03-04 11:00:00,,부재중,\n", os.O_TRUNC)
	h.start()
	h.until("6", outcome("missed", 1))
	if _, n := h.tap.calls(); n != before+1 {
		t.Errorf("%d statements, want %d", n, before+1)
	}
	for _, in := range h.tap.all() {
		if in.Type == events.Unknown && (!strings.Contains(string(in.Raw.Bytes), "not a time") || !flagged(in, "unreadable-row")) {
			t.Errorf("kept %q, flags %v", in.Raw.Bytes, in.Flags)
		}
	}
}
