package callcsv_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/services/phone/callcsv"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

func checked(t testing.TB, settings string) config.Inbox {
	t.Helper()
	inbox := config.Inbox{ID: "incsv", Channel: callcsv.Kind, HookToken: "t", Settings: []byte(settings)}
	if err := callcsv.New().Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

func reader(t testing.TB, settings string) *callcsv.Reader {
	t.Helper()
	r, err := callcsv.NewReader(checked(t, settings))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type taken struct {
	legs     []calls.Leg
	rejected map[int]string
}

func read(t testing.TB, r *callcsv.Reader, file string) taken {
	t.Helper()
	out := taken{rejected: map[int]string{}}
	err := r.Read(strings.NewReader(file), func(line int, _ []byte, leg calls.Leg, err error) error {
		if err != nil {
			out.rejected[line] = err.Error()
		} else {
			out.legs = append(out.legs, leg)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const korea = `{"zone":"Asia/Seoul","date_layout":"YYYY-MM-DD A hh:mm:ss","columns":{"from":"발신번호","to":"수신번호","start":"시작 일시","talk":"통화시간","ring":"대기","direction":"구분","outcome":"결과","agent":"상담원","queue":"부서"}}`

const file = "구분,발신번호,수신번호,시작  일시,대기,통화시간,결과,상담원,부서\r\n" +
	"수신,010-1234-5678,1588-1234,2026-03-04 오전 09:00:00,12초,1분 23초,응답,김상담,영업\r\n" +
	"수신,010-1234-5678,1588-1234,2026-03-04 오후 03:05:00,30초,,포기호,,영업\r\n" +
	"\"발신\",1588-1234,\"02-123-4567\n\",2026-03-04 오후 12:10:00,5,1:02:03,응답,\"김, 상담\",\r\n" +
	"\r\n" +
	"수신,010-1234-5678,1588-1234,2026-13-04 오전 09:00:00,,,부재중,,\r\n" +
	"수신,010-1234-5678\r\n" +
	"수신,발신번호표시제한,1588-1234,2026-03-04 오전 09:20:00,,,음성사서함,,\r\n" +
	"수신,010-1234-5678,1588-1234,2026-03-04 오전 09:30:00,,-5,응답,,\r\n" +
	"수신,010-1234-5678,1588-1234,2026-03-04 오전 09:30:00,,,무슨 말,,"

// One list in every encoding that spreadsheets write is the same list.
func TestEncodings(t *testing.T) {
	cp949, err := korean.EUCKR.NewEncoder().String(file)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(file)
	if err != nil {
		t.Fatal(err)
	}
	r := reader(t, korea)
	want := fmt.Sprintf("%+v", read(t, r, file))
	for name, text := range map[string]string{"UTF-8 with a mark": "\xef\xbb\xbf" + file, "CP949": cp949, "UTF-16": utf16} {
		if got := fmt.Sprintf("%+v", read(t, r, text)); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestRows(t *testing.T) {
	got := read(t, reader(t, korea), file)
	if len(got.legs) != 4 || len(got.rejected) != 4 {
		t.Fatalf("%d legs, rejected %v", len(got.legs), got.rejected)
	}
	for line, why := range map[int]string{7: "start", 8: "fields", 10: "seconds", 11: "outcome"} {
		if !strings.Contains(got.rejected[line], why) {
			t.Errorf("line %d is rejected with %q, want something about %s", line, got.rejected[line], why)
		}
	}
	first := calls.Fold(got.legs[:1])
	if first.Outcome != "answered" || first.RingS != 12 || first.TalkS != 83 || first.Queue != "영업" || !first.StartedAt.Equal(time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("first is %+v", first)
	}
	second := calls.Fold(got.legs[1:2])
	if second.Outcome != "abandoned" || !second.StartedAt.Equal(time.Date(2026, 3, 4, 6, 5, 0, 0, time.UTC)) {
		t.Errorf("second is %+v", second)
	}
	third := calls.Fold(got.legs[2:3])
	if third.Direction != events.Out || third.TalkS != 3723 || third.Agent != "김, 상담" || third.To != "+8221234567" {
		t.Errorf("third is %+v", third)
	}
	if fourth := calls.FoldAll(got.legs[3:]); fourth.Call.Outcome != "voicemail" || !fourth.Withheld {
		t.Errorf("fourth is %+v", fourth)
	}
}

func TestTimesAndIDs(t *testing.T) {
	columns := `"columns":{"from":"f","to":"t","start":"s","end":"e","answer":"a","duration":"d"}`
	for name, c := range map[string]struct {
		settings, row string
		start         time.Time
		lasts, talks  int
	}{
		"unix":         {`{"date_layout":"unix",` + columns + `}`, "1,2,1772582400,1772582460,1772582410,", time.Unix(1772582400, 0), 60, 50},
		"milliseconds": {`{"date_layout":"unixms",` + columns + `}`, "1,2,1772582400000,0,0,30", time.Unix(1772582400, 0), 30, 0},
		"rfc3339":      {`{"date_layout":"rfc3339",` + columns + `}`, "1,2,2026-03-04T09:00:00+09:00,2026-03-04T09:01:00+09:00,,", time.Unix(1772582400, 0), 60, 0},
		"Go layout":    {`{"zone":"Asia/Seoul","date_layout":"02/01/2006 15:04",` + columns + `}`, "1,2,04/03/2026 09:00,,04/03/2026 09:00,90", time.Unix(1772582400, 0), 90, 90},
	} {
		got := read(t, reader(t, c.settings), "f,t,s,e,a,d\n"+c.row+"\n")
		if len(got.legs) != 1 {
			t.Errorf("%s: rejected %v", name, got.rejected)
			continue
		}
		call := calls.Fold(got.legs)
		if l := got.legs[0]; !l.StartedAt.Equal(c.start) || int(l.EndedAt.Sub(l.StartedAt).Seconds()) != c.lasts || call.TalkS != c.talks {
			t.Errorf("%s: %+v talks %d", name, l, call.TalkS)
		}
	}
	split := reader(t, `{"zone":"UTC","delimiter":"tab","dedupe":["day","f"],"columns":{"from":"f","call":"c","date":"day","time":"clock"}}`)
	got := read(t, split, "day\tclock\tf\tc\n2026-03-04\t09:00:00\t010-1234-5678\tX\n2026-03-04\t09:00:01\t010-1234-5678\tX\n")
	if len(got.legs) != 2 || got.legs[0].ID != got.legs[1].ID || got.legs[0].Call != "X" || got.legs[0].Withheld {
		t.Errorf("legs are %+v, rejected %v", got.legs, got.rejected)
	}
}

func TestHeaders(t *testing.T) {
	r := reader(t, `{"zone":"UTC","dedupe":["id"],"columns":{"from":"f","start":"s"}}`)
	for _, text := range []string{"", "\n\n", "f,id\n", "f,s\n", strings.Repeat("x", 300<<10)} {
		err := r.Read(strings.NewReader(text), func(int, []byte, calls.Leg, error) error { return nil })
		if !errors.Is(err, callcsv.ErrHeader) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	stop := errors.New("enough")
	if err := r.Read(strings.NewReader("f,s,id\n1,2,3\n"), func(int, []byte, calls.Leg, error) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("reading goes on: %v", err)
	}
}

// A quote that is never closed takes one row with it, not the file.
func TestAStrayQuote(t *testing.T) {
	r := reader(t, `{"zone":"UTC","columns":{"from":"f","start":"s"}}`)
	rows := strings.Repeat("01012345678,2026-03-04 09:00:00\n", 3000)
	got := read(t, r, "f,s\n\"broken,2026-03-04 09:00:00\n"+rows)
	if len(got.legs) != 3000 || len(got.rejected) != 1 {
		t.Errorf("%d rows of 3000, rejected %v", len(got.legs), got.rejected)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, settings := range []string{
		`{}`, `{"zone":"UTC","columns":{"from":"f"}}`, `{"zone":"UTC","columns":{"start":"s"}}`, `{"columns":{"from":"f","start":"s"}}`,
		`{"zone":"UTC","delimiter":"ab","columns":{"from":"f","start":"s"}}`, `{"zone":"UTC","delimiter":"\"","columns":{"from":"f","start":"s"}}`,
		`{"zone":"UTC","date_layout":"YYYY-MM","columns":{"from":"f","start":"s"}}`, `{"zone":"UTC","encoding":"latin","columns":{"from":"f","start":"s"}}`,
		`{"zone":"UTC","folder":"../x","columns":{"from":"f","start":"s"}}`, `{"zone":"UTC","outcomes":{"x":"great"},"columns":{"from":"f","start":"s"}}`,
		`{"zone":"UTC","columns":{"from":"f","start":"s","colour":"x"}}`,
	} {
		inbox := config.Inbox{Channel: callcsv.Kind, Settings: []byte(settings)}
		if callcsv.New().Check(&inbox) == nil {
			t.Errorf("taken: %s", settings)
		}
	}
}

func TestConformance(t *testing.T) {
	row := func(n int) string {
		return fmt.Sprintf("010-1234-5678,1588-1234,2026-03-04 09:%02d:%02d,%d\n", n/60, n%60, n)
	}
	const header = "from,to,start,talk\n"
	conformance.Run(t, conformance.Subject{
		Adapter: callcsv.New(),
		Inbox:   checked(t, `{"zone":"UTC","columns":{"from":"from","to":"to","start":"start","talk":"talk"}}`),
		Receiving: &conformance.Receiving{
			HasTimes: true,
			Message:  func(n int) conformance.Call { return conformance.Call{Body: []byte(header + row(n))} },
			Batch: func(n int) conformance.Call {
				var b bytes.Buffer
				b.WriteString(header + row(0) + "not,a,row\n")
				for i := 1; i < n; i++ {
					b.WriteString(row(i))
				}
				return conformance.Call{Body: b.Bytes()}
			},
		},
	})
}

func FuzzRead(f *testing.F) {
	cp949, _ := korean.EUCKR.NewEncoder().String(file)
	f.Add([]byte(file))
	f.Add([]byte(cp949))
	f.Add([]byte("\xff\xfef\x00,\x00s\x00"))
	inbox := checked(f, korea)
	r := reader(f, korea)
	f.Fuzz(func(t *testing.T, data []byte) {
		last := 0
		_ = r.Read(bytes.NewReader(data), func(line int, _ []byte, l calls.Leg, err error) error {
			if line <= last {
				t.Fatalf("line %d after %d", line, last)
			}
			last = line
			if err != nil {
				return nil
			}
			in := exchange.Statement(inbox, "KR", calls.FoldAll([]calls.Leg{l}), l.EndedAt)
			if in == nil {
				return nil
			}
			if _, err := in.Encode(); err != nil || in.ProviderID == "" || in.Sender.Points[0].Value == "" || in.Call.TalkS < 0 {
				t.Fatalf("statement is %+v: %v", in, err)
			}
			return nil
		})
	})
}
