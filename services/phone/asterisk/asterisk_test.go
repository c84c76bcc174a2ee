package asterisk_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/phone/asterisk"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

func reader(t testing.TB, settings string) *asterisk.Reader {
	t.Helper()
	inbox := config.Inbox{ID: "inast", Channel: asterisk.Kind, Settings: []byte(settings)}
	if err := asterisk.New().Check(&inbox); err != nil {
		t.Fatal(err)
	}
	r, err := asterisk.NewReader(inbox) // what Check wrote is read again
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const full = `{"zone":"Asia/Seoul","file":"Master.csv","unique_id":true,"user_field":true,"new_columns":true}`

func TestGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/master.csv")
	if err != nil {
		t.Fatal(err)
	}
	r := reader(t, full)
	records, used := exchange.Cut(data, true)
	if used != len(data) {
		t.Fatalf("%d of %d bytes are records", used, len(data))
	}
	together := map[string][]calls.Leg{}
	var order []string
	var after time.Time
	for i, rec := range records {
		l, err := r.Leg(rec, after)
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		after = l.EndedAt
		if together[l.Call] == nil {
			order = append(order, l.Call)
		}
		together[l.Call] = append(together[l.Call], l)
	}
	now := time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	for _, call := range order {
		in := exchange.Statement(config.Inbox{ID: "inast", Channel: asterisk.Kind}, "KR", calls.FoldAll(together[call]), now)
		if in == nil {
			out.WriteString("// " + call + " stays within the house\n")
			continue
		}
		in.Raw = nil // the legs, which the call names
		text, err := json.MarshalIndent(in, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(text, '\n'))
	}
	testkit.Golden(t, "testdata/golden/master.json", out.Bytes())
}

// Each of the column counts that cdr.conf can make is read by its settings, and
// by no other.
func TestColumnCounts(t *testing.T) {
	base := `"","01012345678","101","from-trunk","x","PJSIP/provider-1","PJSIP/101-2","Dial","","2026-03-04 09:00:00","2026-03-04 09:00:05","2026-03-04 09:00:25",25,20,"ANSWERED","DOCUMENTATION"`
	for settings, line := range map[string]string{
		``:                                     base,
		`,"unique_id":true`:                    base + `,"1.1"`,
		`,"user_field":true`:                   base + `,"note"`,
		`,"unique_id":true,"user_field":true`:  base + `,"1.1","note"`,
		`,"new_columns":true`:                  base + `,"","1.1",1`,
		`,"unique_id":true,"new_columns":true`: base + `,"1.1","","1.1",1`,
		`,"unique_id":true,"user_field":true,"new_columns":true`: base + `,"1.1","note","","1.1",1`,
	} {
		r := reader(t, `{"zone":"UTC","file":"Master.csv"`+settings+`}`)
		l, err := r.Leg([]byte(line), time.Time{})
		if err != nil {
			t.Errorf("%s: %v", settings, err)
			continue
		}
		if l.From != "+821012345678" || l.Agent != "101" || !l.Answered() || !l.Closes || l.ID == "" || l.Call == "" {
			t.Errorf("%s: leg is %+v", settings, l)
		}
		if strings.Contains(settings, "new_columns") && (l.ID != "1.1:1" || l.Call != "1.1") {
			t.Errorf("%s: id %s of call %s", settings, l.ID, l.Call)
		}
		if _, err := r.Leg([]byte(line+`,"one more"`), time.Time{}); err == nil {
			t.Errorf("%s: a line with another number of columns is read", settings)
		}
	}
	var ids []string
	for _, src := range []string{"01012345678", "01087654321"} {
		l, err := reader(t, `{"zone":"UTC","file":"x.csv","columns":["start","end","src","dst","disposition"]}`).Leg([]byte(`2026-03-04 09:00:00,2026-03-04 09:00:25,`+src+`,101,NO ANSWER`), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, l.ID)
	}
	if ids[0] == ids[1] {
		t.Error("two callers in one second are one call")
	}
	custom := reader(t, `{"zone":"UTC","file":"x.csv","columns":["start","end","","src","dst","disposition"]}`)
	l, err := custom.Leg([]byte(`2026-03-04 09:00:00,2026-03-04 09:00:25,ignored,01012345678,101,NO ANSWER`), time.Time{})
	if err != nil || l.Result != calls.NoAnswer || l.Direction != events.In {
		t.Errorf("a layout of one's own: %+v %v", l, err)
	}
}

func TestTrunksDecideTheDirection(t *testing.T) {
	r := reader(t, `{"zone":"UTC","file":"m.csv","trunks":["SIP/telco"]}`)
	line := func(channel, dstchannel string) []byte {
		return []byte(`"","0212345678","0298765432","any","x","` + channel + `","` + dstchannel + `","Dial","","2026-03-04 09:00:00","","2026-03-04 09:00:25",25,0,"NO ANSWER",""`)
	}
	for _, c := range []struct {
		channel, dst string
		want         events.Direction
	}{{"SIP/telco-1", "SIP/9-2", events.In}, {"SIP/9-1", "SIP/telco-2", events.Out}, {"SIP/9-1", "SIP/8-2", events.In}} {
		l, err := r.Leg(line(c.channel, c.dst), time.Time{})
		if err != nil || l.Direction != c.want {
			t.Errorf("%s to %s: %s %v, want %s", c.channel, c.dst, l.Direction, err, c.want)
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, c := range []struct{ settings, secret string }{
		{`{"zone":"UTC"}`, "s"}, {`{"file":"m.csv"}`, "s"}, {`{"zone":"UTC","file":"../m.csv"}`, "s"}, {`{"zone":"UTC","file":"/etc/passwd"}`, "s"},
		{`{"zone":"UTC","ami":"pbx:5038","ami_user":"u"}`, ""}, {`{"zone":"UTC","ami":"pbx:5038"}`, "s"}, {`{"zone":"UTC","ami":"pbx","ami_user":"u"}`, "s"},
		{`{"zone":"UTC","ami":"pbx:5038","ami_user":"u\r\nAction: Originate"}`, "s"}, {`{"zone":"UTC","ami":"pbx:5038","ami_user":"u"}`, "s\nAction: x"},
		{`{"zone":"UTC","file":"m.csv","columns":["src"]}`, "s"}, {`{"zone":"UTC","file":"m.csv","columns":["src","dst","start","end","disposition","src"]}`, "s"},
		{`{"zone":"UTC","file":"m.csv","columns":["colour"]}`, "s"}, {`{"zone":"UTC","file":"m.csv","cel_columns":["eventtype"]}`, "s"}, {`{"zone":"UTC","fil":"m.csv"}`, "s"},
	} {
		inbox := config.Inbox{Channel: asterisk.Kind, Settings: []byte(c.settings), Secrets: map[string]string{asterisk.SecretAMI: c.secret}}
		if err := asterisk.New().Check(&inbox); err == nil {
			t.Errorf("taken: %s", c.settings)
		} else if c.secret != "" && len(c.secret) > 1 && strings.Contains(err.Error(), c.secret) {
			t.Errorf("the error holds the secret: %v", err)
		}
	}
	if names := asterisk.New().SecretNames(config.Inbox{}); !slices.Contains(names, asterisk.SecretAMI) {
		t.Errorf("secrets are %v", names)
	}
}

func TestTheEventLog(t *testing.T) {
	r := reader(t, `{"zone":"UTC","file":"m.csv","cel_file":"cel.csv","cel_columns":["linkedid","eventtype"]}`)
	for line, want := range map[string]string{`1.1,LINKEDID_END`: "1.1", `1.1,HANGUP`: "", `1.1`: ""} {
		if got, err := r.Ended([]byte(line)); err != nil || got != want {
			t.Errorf("%s ends %q %v, want %q", line, got, err, want)
		}
	}
	if _, err := r.Ended([]byte(`,LINKEDID_END`)); err == nil {
		t.Error("the end of no call is taken")
	}
}

// One leg has one id, whether it came by event or by file.
func TestAnEventIsTheSameLegAsItsLine(t *testing.T) {
	r := reader(t, full)
	line, err := r.Leg([]byte(`"","01012345678","101","from-trunk","""Kim"" <01012345678>","PJSIP/provider-1","PJSIP/101-2","Dial","PJSIP/101","2026-03-04 09:00:00","2026-03-04 09:00:05","2026-03-04 09:00:25",25,20,"ANSWERED","DOCUMENTATION","1.1","","","1.1",7`), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	e := asterisk.Event{"Event": "Cdr", "Source": "01012345678", "Destination": "101", "DestinationContext": "from-trunk", "CallerID": `"Kim" <01012345678>`,
		"Channel": "PJSIP/provider-1", "DestinationChannel": "PJSIP/101-2", "LastApplication": "Dial", "LastData": "PJSIP/101",
		"StartTime": "2026-03-04 09:00:00", "AnswerTime": "2026-03-04 09:00:05", "EndTime": "2026-03-04 09:00:25", "Duration": "25", "BillableSeconds": "20",
		"Disposition": "ANSWERED", "AMAFlags": "DOCUMENTATION", "UniqueID": "1.1"}
	if _, ok, err := r.Event(e, line.EndedAt); ok || err != nil {
		t.Errorf("an event without linked id is a leg beside a file: %v %v", ok, err)
	}
	e["LinkedID"], e["Sequence"] = "1.1", "7"
	event, ok, err := r.Event(e, line.EndedAt)
	if !ok || err != nil || event != line {
		t.Errorf("event %+v (%v)\nline  %+v", event, err, line)
	}
	if _, ok, err := r.Event(asterisk.Event{"Event": "Hangup"}, line.EndedAt); ok || err != nil {
		t.Error("another event is a leg")
	}
}

func FuzzLeg(f *testing.F) {
	data, err := os.ReadFile("testdata/master.csv")
	if err != nil {
		f.Fatal(err)
	}
	records, _ := exchange.Cut(data, true)
	for _, r := range records {
		f.Add(r)
	}
	r := reader(f, full)
	f.Fuzz(func(t *testing.T, line []byte) {
		_, _ = r.Ended(line)
		l, err := r.Leg(line, time.Time{})
		if err != nil {
			return
		}
		if l.ID == "" || l.Call == "" || l.EndedAt.IsZero() {
			t.Fatalf("leg is %+v", l)
		}
		in := exchange.Statement(config.Inbox{ID: "in", Channel: asterisk.Kind}, "KR", calls.FoldAll([]calls.Leg{l}), l.EndedAt)
		if in == nil {
			return
		}
		if _, err := in.Encode(); err != nil || in.ProviderID == "" || len(in.Sender.Points) == 0 || in.Sender.Points[0].Value == "" {
			t.Fatalf("statement is %+v: %v", in, err)
		}
	})
}

func FuzzReadEvent(f *testing.F) {
	f.Add([]byte("Event: Cdr\r\nSource: 1\r\n\r\nResponse: Success\r\n\r\n"))
	f.Add([]byte("\n\n\n"))
	f.Add([]byte(strings.Repeat("a: b\n", 300)))
	f.Fuzz(func(_ *testing.T, data []byte) {
		in := bufio.NewReaderSize(bytes.NewReader(data), 64)
		for {
			if _, err := asterisk.ReadEvent(in); err != nil {
				return
			}
		}
	})
}
