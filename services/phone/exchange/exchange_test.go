package exchange_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

func house(t testing.TB, c exchange.Common) *exchange.House {
	t.Helper()
	h, err := c.Open(true)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// In Berlin the clocks of 25 October 2026 showed 02:00 to 03:00 twice, first at
// UTC+2.
func TestTheHourThatComesTwice(t *testing.T) {
	h := house(t, exchange.Common{Zone: "Europe/Berlin"})
	utc := func(hour, minute int) time.Time { return time.Date(2026, 10, 25, hour, minute, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		start, answer, end string
		duration, talk     int
		after              time.Time
		s, a, e            time.Time
	}{
		"nothing known":            {"02:10", "", "02:20", 600, -1, time.Time{}, utc(0, 10), time.Time{}, utc(0, 20)},
		"after the second began":   {"02:10", "", "02:20", 600, -1, utc(1, 5), utc(1, 10), time.Time{}, utc(1, 20)},
		"the seconds tell":         {"01:50", "", "02:10", 4800, -1, time.Time{}, utc(23, 50).AddDate(0, 0, -1), time.Time{}, utc(1, 10)},
		"over the change":          {"02:50", "02:55", "02:05", 900, 600, time.Time{}, utc(0, 50), utc(0, 55), utc(1, 5)},
		"an answer in the second":  {"02:50", "02:01", "02:05", 900, 240, time.Time{}, utc(0, 50), utc(1, 1), utc(1, 5)},
		"before the hour: nothing": {"01:10", "01:11", "01:20", 600, 540, utc(5, 0), utc(23, 10).AddDate(0, 0, -1), utc(23, 11).AddDate(0, 0, -1), utc(23, 20).AddDate(0, 0, -1)},
	} {
		day := func(s string) string {
			if s == "" {
				return ""
			}
			return "2026-10-25 " + s + ":00"
		}
		s, a, e, err := h.Resolve(exchange.Layout, exchange.Spell{Start: day(c.start), Answer: day(c.answer), End: day(c.end), Duration: c.duration, Talk: c.talk}, c.after)
		if err != nil || !s.Equal(c.s) || !a.Equal(c.a) || !e.Equal(c.e) {
			t.Errorf("%s: %v %v %v %v; want %v %v %v", name, s, a, e, err, c.s, c.a, c.e)
		}
	}
	if _, _, _, err := h.Resolve(exchange.Layout, exchange.Spell{Start: "x", End: "2026-10-25 01:00:00"}, time.Time{}); err == nil {
		t.Error("no time is taken for one")
	}
}

// In Berlin the clocks of 29 March 2026 went from 02:00 to 03:00, in Seoul they
// never move: a time that was skipped is read as if the clock had not been moved
// yet, and what lies on either side of the gap is as long as it was.
func TestTheHourThatNeverWas(t *testing.T) {
	utc := func(hour, minute int) time.Time { return time.Date(2026, 3, 29, hour, minute, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		zone, start, answer, end string
		duration, talk           int
		s, a, e                  time.Time
	}{
		"over the gap":         {"Europe/Berlin", "01:50", "03:05", "03:10", 1200, 300, utc(0, 50), utc(1, 5), utc(1, 10)},
		"written in the gap":   {"Europe/Berlin", "02:30", "", "02:31", 60, -1, utc(1, 30), time.Time{}, utc(1, 31)},
		"from before, into it": {"Europe/Berlin", "01:59", "", "02:01", 120, -1, utc(0, 59), time.Time{}, utc(1, 1)},
		"no gap here":          {"Asia/Seoul", "02:30", "", "02:31", 60, -1, utc(2, 30).Add(-9 * time.Hour), time.Time{}, utc(2, 31).Add(-9 * time.Hour)},
	} {
		day := func(s string) string {
			if s == "" {
				return ""
			}
			return "2026-03-29 " + s + ":00"
		}
		s, a, e, err := house(t, exchange.Common{Zone: c.zone}).Resolve(exchange.Layout, exchange.Spell{Start: day(c.start), Answer: day(c.answer), End: day(c.end), Duration: c.duration, Talk: c.talk}, time.Time{})
		if err != nil || !s.Equal(c.s) || !a.Equal(c.a) || !e.Equal(c.e) {
			t.Errorf("%s: %v %v %v %v; want %v %v %v", name, s, a, e, err, c.s, c.a, c.e)
		}
	}
}

func TestDirection(t *testing.T) {
	h := house(t, exchange.Common{Zone: "UTC", OwnNumbers: []string{"1588-1234"}})
	for _, c := range []struct {
		from, to string
		want     events.Direction
	}{
		{"01012345678", "101", events.In}, {"01012345678", "1588-1234", events.In}, {"01012345678", "0212345678", events.In},
		{"anonymous", "101", events.In}, {"101", "01012345678", events.Out}, {"15881234", "01012345678", events.Out}, {"101", "102", calls.Internal},
	} {
		if got := h.Direction(h.Number(c.from), h.Number(c.to)); got != c.want {
			t.Errorf("%s to %s is %s, want %s", c.from, c.to, got, c.want)
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, c := range []exchange.Common{
		{}, {Zone: "Nowhere/Land"}, {Zone: "UTC", Region: "korea"}, {Zone: "UTC", Extensions: "("}, {Zone: "UTC", Settle: "2h"}, {Zone: "UTC", Patience: "-1s"},
	} {
		if _, err := c.Open(true); err == nil {
			t.Errorf("taken: %+v", c)
		}
	}
	var c struct{ exchange.Common }
	for _, raw := range []string{`{"zon":"UTC"}`, `{} {}`, `[]`} {
		if err := channel.ReadSettings(config.Inbox{Settings: []byte(raw)}, &c); err == nil {
			t.Errorf("taken: %s", raw)
		}
	}
	settle, patience := exchange.Waits(config.Inbox{Settings: []byte(`{"settle":"1s","patience":"nonsense"}`)})
	if settle != time.Second || patience != exchange.DefaultPatience {
		t.Errorf("waits are %v and %v", settle, patience)
	}
	for _, path := range []string{"../x", "/etc/passwd", "a/../../b"} {
		if exchange.CheckPath(path) == nil {
			t.Errorf("%s leads out of the folder", path)
		}
	}
}

func TestStatement(t *testing.T) {
	start := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	inbox := config.Inbox{ID: "in1", Channel: "asterisk"}
	l := calls.Leg{ID: "1", Call: "c", Direction: events.In, From: "+821012345678", To: "101", Name: "+82 10-1234-5678", StartedAt: start, EndedAt: start.Add(time.Minute), Recording: "https://pbx.example/rec/1.mp3?x=1"}
	in := exchange.Statement(inbox, "KR", calls.FoldAll([]calls.Leg{l}), start.Add(time.Hour))
	if in.ProviderID != "c" || !in.OccurredAt.Equal(start) || in.Sender.Name != "" || len(in.Flags) != 0 {
		t.Errorf("statement is %+v", in)
	}
	if a := in.Message.Attachments[0]; a.ID != in.Call.Recording || a.URL != l.Recording || a.Name != "1.mp3" || a.Type != "audio/mpeg" {
		t.Errorf("recording is %+v", a)
	}
	l.Recording = `C:\rec\2.wav`
	if a := exchange.Statement(inbox, "KR", calls.FoldAll([]calls.Leg{l}), start).Message.Attachments[0]; a.URL != "" || a.Failed == "" || a.Name != "2.wav" {
		t.Errorf("a recording on the exchange is %+v", a)
	}
	l.Direction = calls.Internal
	if exchange.Statement(inbox, "KR", calls.FoldAll([]calls.Leg{l}), start) != nil {
		t.Error("a call within the house is stated")
	}
	if k := exchange.Key(strings.Repeat("x", 300)); len(k) > 40 || k == exchange.Key(strings.Repeat("x", 301)) {
		t.Errorf("key is %s", k)
	}
}

// However a file arrives, the records cut off its front are the same.
func TestCutAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []string
		var file bytes.Buffer
		for _, r := range rapid.SliceOfN(rapid.StringMatching(`[a-c]{1,4}(,"[a-c\n,]{0,5}(""[a-c]?)?")?`), 1, 8).Draw(t, "records") {
			want = append(want, r)
			file.WriteString(r + rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"}).Draw(t, "end"))
		}
		var got []string
		var held []byte
		for data := file.Bytes(); len(data) > 0; {
			n := rapid.IntRange(1, len(data)).Draw(t, "arrives")
			held = append(held, data[:n]...)
			data = data[n:]
			records, used := exchange.Cut(held, true)
			for _, r := range records {
				got = append(got, string(r))
			}
			held = held[used:]
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) || len(bytes.TrimSpace(held)) != 0 {
			t.Fatalf("cut into %s, want %s; %q is left", a, b, held)
		}
	})
}

func FuzzCut(f *testing.F) {
	f.Add([]byte("a,\"b\nc\"\nd"), true)
	f.Add([]byte("\"\n\"\""), false)
	f.Fuzz(func(t *testing.T, data []byte, quoted bool) {
		records, used := exchange.Cut(data, quoted)
		if used > len(data) || (used > 0 && data[used-1] != '\n') {
			t.Fatalf("used %d of %d", used, len(data))
		}
		for _, r := range records {
			if len(bytes.TrimSpace(r)) == 0 {
				t.Fatal("an empty record")
			}
			_, _ = exchange.Split(r, ',')
		}
		scan := bufio.NewScanner(bytes.NewReader(data))
		scan.Split(exchange.Lines)
		n := 0
		for scan.Scan() {
			n += len(scan.Bytes())
		}
		if scan.Err() == nil && n != len(data) {
			t.Fatalf("lines hold %d bytes of %d", n, len(data))
		}
	})
}
