package callchannel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/phone/asterisk/asteriskfake"
	"github.com/tributary-inbox/tributary/services/phone/callcsv/callcsvfake"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
	"github.com/tributary-inbox/tributary/services/phone/freeswitch/freeswitchfake"
	"github.com/tributary-inbox/tributary/services/phone/threecx/threecxfake"
	"github.com/tributary-inbox/tributary/services/phone/twiliovoice/twiliovoicefake"
	"github.com/tributary-inbox/tributary/services/phone/vonagevoice/vonagevoicefake"
)

func exchanges() map[string]callfake.Exchange {
	box := vonagevoicefake.New()
	box.Box = true
	return map[string]callfake.Exchange{
		"asterisk": asteriskfake.New(), "threecx": threecxfake.New(), "callcsv": callcsvfake.New(), "freeswitch": freeswitchfake.New(),
		"twiliovoice": twiliovoicefake.New(), "vonagevoice": vonagevoicefake.New(), "vonagevoice with a box": box,
	}
}

// switchboard is a fake at work, the inbox that reads it and the service.
type switchboard struct {
	*house
	callfake.Exchange
	api, hook string
}

func connect(t *testing.T, x callfake.Exchange) *switchboard {
	t.Helper()
	b := &switchboard{Exchange: x}
	if o, ok := x.(callfake.Opener); ok {
		must(t, o.Open())
		t.Cleanup(func() { must(t, o.Close()) })
	}
	if h, ok := x.(http.Handler); ok {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		b.api = server.URL
	}
	b.house = newHouse(t)
	b.hook = b.door().URL + "/hooks/" + x.Kind() + "/tok"
	in := config.Inbox{ID: "inpbx", Channel: x.Kind(), HookToken: "tok"}
	in.Settings, in.Secrets = x.Settings(b.api, b.hook)
	b.inboxes.put(b.checked(in))
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tell has the exchange tell of a call to the real door or socket.
func (b *switchboard) tell(t *testing.T, c callfake.Call) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	must(t, b.Tell(ctx, c, func(ctx context.Context, r fake.Request) error {
		req, err := r.Request(ctx, b.hook)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("the hook answers %d", res.StatusCode)
		}
		return nil
	}))
}

// TestEveryExchangeTellsTheSameStories brings the same calls by every kind of
// exchange, through its own way in, each told twice.
func TestEveryExchangeTellsTheSameStories(t *testing.T) {
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	const mina = "+821012345678"
	stories := []struct {
		callfake.Call
		outcome string
	}{
		{callfake.Call{ID: "missed", Direction: events.In, Customer: mina, Start: at, Ring: 12 * time.Second}, "missed"},
		{callfake.Call{ID: "answered", Direction: events.In, Customer: mina, Start: at.Add(time.Minute), Ring: 5 * time.Second, Talk: 65 * time.Second}, "answered"},
		{callfake.Call{ID: "box", Direction: events.In, Customer: mina, Start: at.Add(3 * time.Minute), Ring: 20 * time.Second, Voicemail: "please call me back"}, "voicemail"},
		{callfake.Call{ID: "hidden", Direction: events.In, Start: at.Add(4 * time.Minute), Ring: 9 * time.Second}, "missed"},
		{callfake.Call{ID: "back", Direction: events.Out, Customer: mina, Start: at.Add(5 * time.Minute), Ring: 7 * time.Second, Talk: 30 * time.Second}, "answered"},
	}
	for name, x := range exchanges() {
		t.Run(name, func(t *testing.T) {
			b := connect(t, x)
			box, _ := x.(*vonagevoicefake.Fake)
			took := map[string]string{} // and with what outcome
			for _, c := range stories {
				outcome := c.outcome
				if box != nil && !box.Box && c.Voicemail != "" {
					outcome = "missed" // it connects, and has no box
				}
				if box != nil && box.Box && c.Direction == events.In && c.Answered() {
					continue // nobody is connected there
				}
				took[c.ID] = outcome
				b.tell(t, c.Call)
				b.agree(b.CallID(c.Call), func(in *events.Inbound) error {
					return errors.Join(ends(in, outcome), matches(c.Call, in))
				})
			}
			for _, c := range stories {
				if took[c.ID] != "" {
					b.tell(t, c.Call)
				}
			}
			// A call after them shows that all before it has been considered.
			last := callfake.Call{ID: "last", Direction: events.In, Customer: mina, Start: at.Add(10 * time.Minute), Ring: 3 * time.Second}
			b.tell(t, last)
			b.agree(b.CallID(last), func(in *events.Inbound) error { return ends(in, "missed") })
			b.eachTellsMore(t)
			for _, c := range stories {
				if outcome := took[c.ID]; outcome != "" {
					b.agree(b.CallID(c.Call), func(in *events.Inbound) error { return errors.Join(ends(in, outcome), matches(c.Call, in)) })
				}
			}
			for _, in := range b.tap.all() {
				if in.Type == events.Unknown {
					t.Errorf("not understood: %v %s", in.Flags, in.Raw.Bytes)
				}
			}
		})
	}
}

// eachTellsMore wants no statement of a call to be one that was made of it before. A
// call whose legs came slowly is stated more than once, each time with more; what is
// told again adds nothing, whenever the last of its legs came.
func (b *switchboard) eachTellsMore(t *testing.T) {
	t.Helper()
	made := map[string]bool{}
	for _, in := range b.tap.all() {
		if in.Type != events.CallLogged {
			continue
		}
		data, err := json.Marshal(in.Call)
		must(t, err)
		statement := in.ProviderID + " " + string(data)
		if made[statement] {
			t.Errorf("stated twice: %s", statement)
		}
		made[statement] = true
	}
}

// ends says whether a call is stated with that outcome.
func ends(in *events.Inbound, outcome string) error {
	if in.Call.Outcome != outcome {
		return fmt.Errorf("call is %s, want %s", in.Call.Outcome, outcome)
	}
	return nil
}

// matches compares a call with what was stated of it. A call whose legs came
// further apart than the inbox's settle time is stated early and then once more,
// so this is waited for.
func matches(c callfake.Call, in *events.Inbound) error {
	var wrong []error
	call := in.Call
	if call.Direction != c.Direction || in.Direction != c.Direction {
		wrong = append(wrong, fmt.Errorf("goes %s", call.Direction))
	}
	number := call.From
	if c.Direction == events.Out {
		number = call.To
	}
	if number != c.Customer {
		wrong = append(wrong, fmt.Errorf("is a call of %q", number))
	}
	if p := in.Sender.Points[0]; c.Customer == "" && (p.Kind != "withheld" || p.Trust != events.Claimed) || c.Customer != "" && (p.Kind != "phone" || p.Value != c.Customer) {
		wrong = append(wrong, fmt.Errorf("is by %+v", p))
	}
	if talk := time.Duration(call.TalkS) * time.Second; talk < c.Talk-time.Second || talk > c.Talk+time.Second {
		wrong = append(wrong, fmt.Errorf("%v was talked, want %v", talk, c.Talk))
	}
	if off := call.EndedAt.Sub(c.End()); c.Voicemail == "" && (off < -2*time.Second || off > 2*time.Second) {
		// The first word of Twilio and Vonage has no time of its own, but an end has.
		wrong = append(wrong, fmt.Errorf("ended %v beside the truth", off))
	}
	return errors.Join(wrong...)
}

// What was said while nobody listened is not repeated, and what is said after
// the connection came back is heard.
func TestAConnectionThatBreaksComesBack(t *testing.T) {
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	pbx, socket := asteriskfake.New(), threecxfake.New()
	for name, c := range map[string]struct {
		callfake.Exchange
		s *callfake.Socket
	}{"asterisk": {pbx, &pbx.Socket}, "threecx": {socket, &socket.Socket}} {
		t.Run(name, func(t *testing.T) {
			b := connect(t, c.Exchange)
			for n := range 3 {
				call := callfake.Call{ID: fmt.Sprint("call", n), Direction: events.In, Customer: "+821012345678", Start: at, Ring: 5 * time.Second}
				b.tell(t, call)
				b.until(b.CallID(call), func(in *events.Inbound) bool { return in.Call.Outcome == "missed" })
				c.s.Drop()
			}
			if c.s.Greeted() < 3 {
				t.Errorf("connected %d times", c.s.Greeted())
			}
		})
	}
}

func TestAWrongManagerSecretIsTold(t *testing.T) {
	pbx := asteriskfake.New()
	must(t, pbx.Open())
	t.Cleanup(func() { must(t, pbx.Close()) })
	h := newHouse(t)
	in := config.Inbox{ID: "inami", Channel: "asterisk"}
	in.Settings, _ = pbx.Settings("", "")
	in.Secrets = map[string]string{"ami_secret": "wrong"}
	h.inboxes.put(h.checked(in))
	right := in
	right.ID, right.Secrets = "inami2", map[string]string{"ami_secret": asteriskfake.Secret}
	h.inboxes.put(h.checked(right))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	call := callfake.Call{ID: "one", Direction: events.In, Customer: "+821012345678", Start: time.Now().Truncate(time.Second), Ring: time.Second}
	must(t, pbx.Tell(ctx, call, nil))
	if got := h.until("one", func(*events.Inbound) bool { return true }); got.Inbox != "inami2" {
		t.Errorf("stated for %s", got.Inbox)
	}
	if pbx.Greeted() != 1 {
		t.Errorf("%d have logged in", pbx.Greeted())
	}
}

// The lines that a fake writes into files are the legs that it says live.
func TestTheFakesFilesAreRead(t *testing.T) {
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	call := callfake.Call{ID: "1772.1", Direction: events.In, Customer: "+821012345678", Name: "Mina", Start: at, Ring: 4 * time.Second, Talk: 9 * time.Second}
	h := newHouse(t, asteriskInbox(""), config.Inbox{ID: "in3cx", Channel: "threecx", Settings: []byte(`{"zone":"Asia/Seoul","file":"3cx.log","settle":"20ms"}`)})
	list := csvInbox(`"folder":"lists",`)
	raw, _ := callcsvfake.New().Settings("", "")
	list.Settings = []byte(strings.Replace(string(raw), `"settle"`, `"folder":"lists","settle"`, 1))
	h.inboxes.put(h.checked(list))
	must(t, os.Mkdir(h.files+"/lists", 0o700))
	h.append("Master.csv", strings.ReplaceAll(asteriskfake.Lines(call), "1772.1", "1772.9"))
	h.append("3cx.log", threecxfake.Line(call))
	h.append("lists/today.csv", string(callcsvfake.List(call, callfake.Call{ID: "second", Direction: events.Out, Customer: "+821012345678", Start: at, Ring: time.Second})))
	answered := func(in *events.Inbound) bool { return in.Call.Outcome == "answered" && in.Call.TalkS == 9 }
	for _, id := range []string{"1772.9", "1772.1"} {
		h.until(id, answered)
	}
	h.until("second", func(in *events.Inbound) bool { return in.Call.Outcome == "missed" && in.Direction == events.Out })
}
