package threecx_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/threecx"
)

func reader(t testing.TB, settings string) *threecx.Reader {
	t.Helper()
	inbox := config.Inbox{ID: "in3cx", Channel: threecx.Kind, Settings: []byte(settings)}
	if err := threecx.New().Check(&inbox); err != nil {
		t.Fatal(err)
	}
	r, err := threecx.NewReader(inbox)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/records.txt")
	if err != nil {
		t.Fatal(err)
	}
	r := reader(t, `{"zone":"Asia/Seoul","file":"cdr.log"}`)
	records, _ := exchange.Cut(data, true)
	together := map[string][]calls.Leg{}
	var order []string
	for i, rec := range records {
		l, err := r.Leg(rec, time.Time{})
		if err != nil {
			t.Fatalf("record %d: %v", i+1, err)
		}
		if together[l.Call] == nil {
			order = append(order, l.Call)
		}
		together[l.Call] = append(together[l.Call], l)
	}
	var out bytes.Buffer
	for _, call := range order {
		f := calls.FoldAll(together[call])
		text, err := json.MarshalIndent(map[string]any{"id": call, "call": f.Call, "name": f.Name, "withheld": f.Withheld, "internal": f.Internal, "closed": f.Closed}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(text, '\n'))
	}
	testkit.Golden(t, "testdata/golden/records.json", out.Bytes())
}

// A record that another replaced leaves its call open.
func TestATransferIsNoEnd(t *testing.T) {
	r := reader(t, `{"zone":"UTC","file":"cdr.log","fields":["callid","time-start","time-end","from-no","to-no","reason-terminated"]}`)
	for reason, want := range map[string]bool{"TerminatedBySrc": true, "ReplacedBy": false, "ReferredTo": false} {
		l, err := r.Leg([]byte("c1,2026-03-04 09:00:00,2026-03-04 09:00:05,01012345678,Ext.101,"+reason), time.Time{})
		if err != nil || l.Closes != want {
			t.Errorf("%s closes %v (%v), want %v", reason, l.Closes, err, want)
		}
	}
}

func TestWhatIsNoRecord(t *testing.T) {
	r := reader(t, `{"zone":"UTC","file":"cdr.log","fields":["callid","duration","time-start","from-no","to-no"]}`)
	if l, err := r.Leg([]byte("c1,00:00:30,2026-03-04T09:00:00.250,1,2"), time.Time{}); err != nil || l.EndedAt.Sub(l.StartedAt) != 30*time.Second {
		t.Errorf("an end made of the duration: %+v %v", l, err)
	}
	for _, line := range []string{"", "c1", ",00:00:30,2026-03-04 09:00:00,1,2", "c1,soon,2026-03-04 09:00:00,1,2", "c1,1:2:3:4,2026-03-04 09:00:00,1,2", "c1,1,yesterday,1,2", "\xff,1,2026-03-04 09:00:00,1,2"} {
		if l, err := r.Leg([]byte(line), time.Time{}); err == nil {
			t.Errorf("%q is %+v", line, l)
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, settings := range []string{
		`{"zone":"UTC"}`, `{"file":"a"}`, `{"zone":"UTC","file":"../a"}`, `{"zone":"UTC","listen":"127.0.0.1:0"}`, `{"zone":"UTC","listen":"nowhere","allow_from":["10.0.0.0/8"]}`,
		`{"zone":"UTC","listen":":5015","allow_from":["10.0.0.1"]}`, `{"zone":"UTC","connect":"pbx"}`, `{"zone":"UTC","file":"a","fields":["callid"]}`,
		`{"zone":"UTC","file":"a","fields":["time-start","time-end","from-no","to-no"]}`, `{"zone":"UTC","file":"a","fields":["callid","time-start","from-no","to-no"]}`,
		`{"zone":"UTC","file":"a","fields":["callid","callid","time-start","time-end","from-no","to-no"]}`,
	} {
		inbox := config.Inbox{Channel: threecx.Kind, Settings: []byte(settings)}
		if threecx.New().Check(&inbox) == nil {
			t.Errorf("taken: %s", settings)
		}
	}
	r := reader(t, `{"zone":"UTC","listen":":5015","allow_from":["10.0.0.0/8"]}`)
	if !r.Allowed(netip.MustParseAddr("::ffff:10.1.2.3")) || r.Allowed(netip.MustParseAddr("11.1.2.3")) {
		t.Error("allow_from does not hold")
	}
}

func FuzzLeg(f *testing.F) {
	data, err := os.ReadFile("testdata/records.txt")
	if err != nil {
		f.Fatal(err)
	}
	records, _ := exchange.Cut(data, true)
	for _, r := range records {
		f.Add(r)
	}
	r := reader(f, `{"zone":"Europe/Berlin","file":"cdr.log"}`)
	f.Fuzz(func(t *testing.T, line []byte) {
		l, err := r.Leg(line, time.Time{})
		if err != nil {
			return
		}
		in := exchange.Statement(config.Inbox{ID: "in", Channel: threecx.Kind}, "KR", calls.FoldAll([]calls.Leg{l}), l.EndedAt)
		if in == nil {
			return
		}
		if _, err := in.Encode(); err != nil || in.ProviderID == "" || in.Sender.Points[0].Value == "" {
			t.Fatalf("statement is %+v: %v", in, err)
		}
	})
}
