package callchannel_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/phone/callchannel"
	"github.com/tributary-inbox/tributary/services/phone/calls"
)

func switchInbox(settings string) config.Inbox {
	return config.Inbox{ID: "infs", Channel: "freeswitch", HookToken: "tok", Settings: []byte(settings), Secrets: map[string]string{"password": "pw"}}
}

// leg is a FreeSWITCH record; answered is the second of the answer, or nought.
func leg(call, uuid string, answered int, more string) string {
	start := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC).Unix()
	answer := int64(0)
	if answered > 0 {
		answer = start + int64(answered)
	}
	return fmt.Sprintf(`{"variables":{"uuid":%q,"call_uuid":%q,"caller_id_number":"01012345678","destination_number":"101","start_epoch":"%d","answer_epoch":"%d","end_epoch":"%d","hangup_cause":"ORIGINATOR_CANCEL"%s}}`,
		uuid, call, start, answer, start+60, more)
}

func send(t testing.TB, url, user, password, contentType, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(user, password)
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestPostedLegsWaitForTheirCall(t *testing.T) {
	h := newHouse(t, switchInbox(`{"settle":"5ms"}`))
	url := h.door().URL + "/hooks/freeswitch/tok"
	if status, _ := send(t, url, "tributary", "wrong", "application/json", leg("a", "b1", 0, "")); status != http.StatusUnauthorized {
		t.Errorf("a wrong password has status %d", status)
	}
	for _, b := range []string{leg("a", "b1", 0, ""), leg("a", "b2", 10, `,"dialed_user":"102"`), `{"no":"variables"}`} {
		if status, text := send(t, url, "tributary", "pw", "application/json", b); status != http.StatusOK || text != "" {
			t.Fatalf("status %d %q", status, text)
		}
	}
	if _, n := h.tap.calls(); n != 0 {
		t.Fatal("a call is stated before the caller hung up")
	}
	h.restart() // what was taken is not forgotten
	url = h.door().URL + "/hooks/freeswitch/tok"
	if status, _ := send(t, url, "tributary", "pw", "application/json", leg("a", "a", 0, "")); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	in := h.until("a", outcome("answered", 3))
	if in.Call.RingS != 10 || in.Call.TalkS != 50 {
		t.Errorf("call is %+v", in.Call)
	}
	if _, n := h.tap.calls(); n != 1 {
		t.Errorf("%d statements of one call", n)
	}
}

func TestALogThatIsAwayLosesNothing(t *testing.T) {
	h := newHouse(t, switchInbox(`{"settle":"1ms"}`))
	url := h.door().URL + "/hooks/freeswitch/tok"
	h.tap.close(true)
	for _, id := range []string{"a", "b", "c"} {
		if status, _ := send(t, url, "tributary", "pw", "application/json", leg(id, id, 5, `,"bridge_uuid":"x"`)); status != http.StatusOK {
			t.Fatalf("status %d: a leg needs only the store", status)
		}
	}
	if status, _ := send(t, url, "tributary", "pw", "application/json", `{}`); status != http.StatusServiceUnavailable {
		t.Errorf("what must go to the log has status %d while it is away", status)
	}
	h.restart()
	h.tap.close(false)
	for _, id := range []string{"a", "b", "c"} {
		h.until(id, outcome("answered", 1))
	}
}

func TestACallHasABoundedNumberOfLegs(t *testing.T) {
	h := newHouse(t, switchInbox(`{"settle":"1ms"}`))
	url := h.door().URL + "/hooks/freeswitch/tok"
	for i := range 260 {
		send(t, url, "tributary", "pw", "application/json", leg("a", fmt.Sprint("b", i), 0, ""))
	}
	over := 0
	for _, in := range h.tap.all() {
		if in.Type == events.Unknown && flagged(in, "too-many-legs") {
			over++
		}
	}
	if over != 4 {
		t.Errorf("%d legs were kept raw, want 4", over)
	}
}

func TestImport(t *testing.T) {
	h := newHouse(t, csvInbox(""), switchInbox(`{}`))
	inbox, _ := h.inboxes.ByID("incsv")
	report, err := h.Import(t.Context(), inbox, strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	if report.Rows != 5 || report.Accepted != 4 || report.New != 4 || report.Rejected != 1 || len(report.Errors) != 1 || report.Errors[0].Line != 5 {
		t.Errorf("report is %+v", report)
	}
	one := h.until("1", outcome("answered", 1))
	if one.Call.Agent != "김상담" || one.Call.TalkS != 83 || one.Sender.Points[0].Value != "+821012345678" || one.Call.To != "+8215881234" {
		t.Errorf("call is %+v of %+v", one.Call, one.Sender)
	}
	two, three := h.until("2", outcome("missed", 1)), h.until("3", outcome("missed", 1))
	if two.Sender.Points[0].Key() == three.Sender.Points[0].Key() || two.SenderKey() == three.SenderKey() {
		t.Error("two hidden callers are one")
	}
	if five := h.until("5", outcome("answered", 1)); five.Direction != events.Out || !flagged(five, "temporary-number") || five.Sender.Points[0].Scope == "" {
		t.Errorf("a safe number is %+v, flags %v", five.Sender, five.Flags)
	}

	_, before := h.tap.calls()
	again, err := h.Import(t.Context(), inbox, bytes.NewReader([]byte("\xef\xbb\xbf"+list)))
	if err != nil || again.New != 0 || again.Accepted != 4 {
		t.Errorf("the same file again: %+v, %v", again, err)
	}
	// One more call shows that all before it has been considered.
	if _, err := h.Import(t.Context(), inbox, strings.NewReader(strings.SplitAfter(list, "\n")[0]+"9,수신,010-1234-5678,1588-1234,2026-03-04 12:00:00,1,응답,\n")); err != nil {
		t.Fatal(err)
	}
	h.until("9", outcome("answered", 1))
	if _, n := h.tap.calls(); n != before+1 {
		t.Errorf("%d statements, want %d", n, before+1)
	}

	if _, err := h.Import(t.Context(), inbox, strings.NewReader("a,b\n1,2\n")); err == nil {
		t.Error("another header is taken")
	}
	fs, _ := h.inboxes.ByID("infs")
	if _, err := h.Import(t.Context(), fs, strings.NewReader(list)); !errors.Is(err, callchannel.ErrNoImport) {
		t.Errorf("an import into an exchange: %v", err)
	}
}

func TestAListIsPosted(t *testing.T) {
	h := newHouse(t, csvInbox(""))
	status, text := send(t, h.door().URL+"/hooks/callcsv/tok", "", "", "text/csv", list)
	if status != http.StatusOK || !strings.Contains(text, `"rejected":1`) {
		t.Fatalf("status %d %s", status, text)
	}
	h.until("5", outcome("answered", 1))
}

func TestAnUploadIsBounded(t *testing.T) {
	h := newHouse(t, csvInbox(""))
	inbox, _ := h.inboxes.ByID("incsv")
	header, _, _ := strings.Cut(list, "\n")
	row := "1,수신,010-1234-5678,1588-1234,2026-03-04 09:00:00,1,응답," + strings.Repeat("x", 8000) + "\n"
	endless := io.MultiReader(strings.NewReader(header+"\n"), &repeat{text: row})
	if _, err := h.Import(t.Context(), inbox, endless); !errors.Is(err, callchannel.ErrTooLarge) {
		t.Errorf("a file without end gives %v", err)
	}
}

type repeat struct {
	text string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

// Any order of legs, any split over time, and all of it once more: the last
// statement of the call is the fold of all its legs, and the repetition states
// nothing.
func TestAnyOrderIsStatedAsTheSameCall(t *testing.T) {
	h := newHouse(t, switchInbox(`{"settle":"1ms","patience":"1ms"}`))
	url := h.door().URL + "/hooks/freeswitch/tok"
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		call := fmt.Sprint("call", n)
		posts := []string{leg(call, call, rapid.IntRange(0, 3).Draw(rt, "answer"), "")}
		for i := range rapid.IntRange(1, 4).Draw(rt, "legs") {
			posts = append(posts, leg(call, fmt.Sprint(call, "-", i), rapid.IntRange(0, 50).Draw(rt, "answered"), ""))
		}
		post := func(bodies []string) {
			for _, b := range bodies {
				if status, _ := send(t, url, "tributary", "pw", "application/json", b); status != http.StatusOK {
					rt.Fatalf("status %d", status)
				}
				if rapid.Bool().Draw(rt, "wait") {
					h.until(call, func(*events.Inbound) bool { return true })
				}
			}
		}
		post(rapid.Permutation(posts).Draw(rt, "order"))
		in := h.until(call, func(in *events.Inbound) bool { return len(in.Call.Legs) == len(posts) })
		var legs []calls.Leg
		if err := json.Unmarshal(in.Raw.Bytes, &legs); err != nil {
			rt.Fatal(err)
		}
		want, _ := json.Marshal(calls.Fold(legs))
		if got, _ := json.Marshal(in.Call); !bytes.Equal(got, want) {
			rt.Fatalf("stated %s, folded %s", got, want)
		}
		_, before := h.tap.calls()
		post(rapid.Permutation(posts).Draw(rt, "again"))
		send(t, url, "tributary", "pw", "application/json", leg(call+"z", call+"z", 0, ""))
		h.until(call+"z", outcome("missed", 1))
		if _, after := h.tap.calls(); after != before+1 {
			rt.Fatalf("the same legs again made %d statements", after-before-1)
		}
	})
}

// The road to the real log: synced, and with one id for each call.
func TestCallsReachTheLog(t *testing.T) {
	nats := testkit.NATS(t)
	log := nats.OpenLog(t, "INBOUND", "inbound.>")
	h := newHouse(t, csvInbox(""))
	h.stop()
	s, err := callchannel.New(callchannel.Deps{Inboxes: h.inboxes, Publisher: channel.NewLogPublisher(log), Dir: h.dir, Log: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	h.Service = s
	done := make(chan error, 1)
	ctx, cancel := contextOf(t)
	go func() { done <- s.Run(ctx) }()
	defer func() {
		cancel()
		if err := errors.Join(<-done, s.Close()); err != nil {
			t.Error(err)
		}
	}()
	inbox, _ := h.inboxes.ByID("incsv")
	if _, err := s.Import(t.Context(), inbox, strings.NewReader(list)); err != nil {
		t.Fatal(err)
	}
	js := nats.JetStream(t)
	testkit.Eventually(t, patience, func() error {
		stream, err := js.Stream(t.Context(), "INBOUND")
		if err != nil {
			return err
		}
		info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter("inbound.>"))
		if err != nil {
			return err
		}
		if info.State.Msgs != 4 {
			return fmt.Errorf("%d statements in the log, want 4", info.State.Msgs)
		}
		return nil
	})
}
