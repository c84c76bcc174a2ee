// Package callcsvfake is a telephone service that exports its calls as a Korean
// spreadsheet does, for tests and the simulation: header and values in Korean,
// CP949, local times with 오전 and 오후. It posts each list to the inbox's hook;
// a list can also be dropped into a watched folder.
package callcsvfake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/encoding/korean"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/phone/callcsv"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
)

// Fake is the service.
type Fake struct{}

// New makes a service.
func New() *Fake { return &Fake{} }

// Kind is "callcsv".
func (*Fake) Kind() string { return callcsv.Kind }

// Settings are those of an inbox that reads the service's lists.
func (*Fake) Settings(string, string) (json.RawMessage, map[string]string) {
	return json.RawMessage(fmt.Sprintf(`{"zone":"Asia/Seoul","settle":"20ms","own_numbers":[%q],"date_layout":"YYYY-MM-DD A hh:mm:ss",
		"columns":{"id":"번호","from":"발신번호","to":"수신번호","start":"시작 일시","ring":"대기","talk":"통화시간","direction":"구분","outcome":"결과","name":"이름"}}`, callfake.Own)), nil
}

// Tell posts a list that holds the one call.
func (*Fake) Tell(ctx context.Context, c callfake.Call, post func(context.Context, fake.Request) error) error {
	return post(ctx, fake.Request{Body: List(c), Header: http.Header{"Content-Type": {"text/csv"}}})
}

// CallID is the number of the row.
func (*Fake) CallID(c callfake.Call) string { return c.ID }

var seoul = time.FixedZone("KST", 9*60*60)

// List is a file with a header and these calls, in CP949.
func List(list ...callfake.Call) []byte {
	var b strings.Builder
	b.WriteString("번호,구분,발신번호,수신번호,시작 일시,대기,통화시간,결과,이름\r\n")
	for _, c := range list {
		way, result := "수신", "부재중"
		from, to := c.Ends(callfake.National(callfake.Own))
		if c.Direction == events.Out {
			way, from = "발신", callfake.National(callfake.Own)
		}
		if from == "" {
			from = "발신번호표시제한"
		}
		talk := ""
		switch {
		case c.Answered():
			result, talk = "응답", fmt.Sprintf("%d분 %d초", int(c.Talk.Minutes()), int(c.Talk.Seconds())%60)
		case c.Voicemail != "":
			result = "음성사서함"
		}
		half := "오전"
		if c.Start.In(seoul).Hour() >= 12 {
			half = "오후"
		}
		at := c.Start.In(seoul)
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s %s %s,%d초,%s,%s,%s\r\n", c.ID, way, from, to, at.Format(time.DateOnly), half, at.Format("03:04:05"),
			int(c.Ring.Seconds()), talk, result, strings.ReplaceAll(c.Name, ",", " "))
	}
	data, err := korean.EUCKR.NewEncoder().String(b.String())
	if err != nil {
		return []byte(b.String()) // a name that CP949 has no letters for: such lists are exported as UTF-8
	}
	return []byte(data)
}
