// Package asteriskfake is an Asterisk exchange, for tests and the simulation. Its
// manager interface asks for a login, answers pings, says Cdr events live and
// repeats none of them to whoever comes later; the same records can be had as
// lines of the CDR file, which is complete.
package asteriskfake

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/phone/asterisk"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
)

// The manager account that the exchange knows.
const (
	User   = "tributary"
	Secret = "fake-manager-secret"
)

// Fake is the exchange. Open it before anybody can connect.
type Fake struct{ callfake.Socket }

// New makes an exchange.
func New() *Fake {
	f := &Fake{}
	f.Attend = attend
	return f
}

// Kind is "asterisk".
func (*Fake) Kind() string { return asterisk.Kind }

// Settings are those of an inbox that listens to the manager interface.
func (f *Fake) Settings(string, string) (json.RawMessage, map[string]string) {
	return json.RawMessage(fmt.Sprintf(`{"zone":"Asia/Seoul","settle":"20ms","own_numbers":[%q],"trunks":["PJSIP/provider"],"ami":%q,"ami_user":%q,"allow_private":true}`, callfake.Own, f.Address(), User)),
		map[string]string{asterisk.SecretAMI: Secret}
}

// attend takes a login, and answers pings for as long as the connection lasts.
func attend(conn net.Conn, greeted func()) {
	if _, err := fmt.Fprint(conn, "Asterisk Call Manager/9.0.0\r\n"); err != nil {
		return
	}
	in := bufio.NewReader(conn)
	login, err := asterisk.ReadEvent(in)
	if err != nil {
		return
	}
	if login["Action"] != "Login" || login["Username"] != User || login["Secret"] != Secret {
		_, _ = fmt.Fprint(conn, "Response: Error\r\nActionID: "+login["ActionID"]+"\r\nMessage: Authentication failed\r\n\r\n")
		return
	}
	_, err = fmt.Fprint(conn, "Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\nResponse: Success\r\nActionID: "+login["ActionID"]+"\r\nMessage: Authentication accepted\r\n\r\n")
	if err != nil {
		return
	}
	greeted()
	for {
		asked, err := asterisk.ReadEvent(in)
		if err != nil {
			return
		}
		answer := "Response: Error\r\nMessage: Permission denied\r\n"
		if asked["Action"] == "Ping" {
			answer = "Response: Success\r\nPing: Pong\r\n"
		}
		if _, err := fmt.Fprint(conn, answer+"ActionID: "+asked["ActionID"]+"\r\n\r\n"); err != nil {
			return
		}
	}
}

// Tell says a call's records as they are made.
func (f *Fake) Tell(ctx context.Context, c callfake.Call, _ func(context.Context, fake.Request) error) error {
	var b strings.Builder
	b.WriteString("Event: Newchannel\r\nPrivilege: call,all\r\nUniqueid: " + c.ID + "\r\n\r\n")
	for _, r := range records(c) {
		b.WriteString("Event: Cdr\r\nPrivilege: cdr,all\r\n")
		for i, name := range eventNames {
			fmt.Fprintf(&b, "%s: %s\r\n", name, r[i])
		}
		b.WriteString("\r\n")
	}
	return f.Say(ctx, b.String())
}

// CallID is the linkedid.
func (*Fake) CallID(c callfake.Call) string { return c.ID }

// Lines are the call's records as the CDR file has them, with unique ids, user
// field and the new columns.
func Lines(c callfake.Call) string {
	var b strings.Builder
	for _, r := range records(c) {
		fields := []string{"", r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], "DOCUMENTATION", r[14], "", "", r[15], r[16]}
		for i, f := range fields {
			if i > 0 {
				b.WriteByte(',')
			}
			if i == 12 || i == 13 || i == 20 {
				b.WriteString(f)
				continue
			}
			b.WriteString(`"` + strings.ReplaceAll(f, `"`, `""`) + `"`)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var eventNames = []string{
	"Source", "Destination", "DestinationContext", "CallerID", "Channel", "DestinationChannel", "LastApplication", "LastData",
	"StartTime", "AnswerTime", "EndTime", "Duration", "BillableSeconds", "Disposition", "UniqueID", "LinkedID", "Sequence",
}

var seoul = time.FixedZone("KST", 9*60*60)

// records are the parts of a call: the menu that greets every caller, then the
// telephone that was rung, and the box. Sequence numbers go on within the call.
func records(c callfake.Call) [][]string {
	var out [][]string
	add := func(context, channel, peer, app string, start, answer, end time.Time) {
		from, to := c.Ends(callfake.National(callfake.Own))
		taken, disposition, billed := "", "NO ANSWER", 0
		if !answer.IsZero() {
			taken, disposition, billed = local(answer), "ANSWERED", int(end.Sub(answer)/time.Second)
		}
		clid := fmt.Sprintf("%q <%s>", c.Name, from)
		out = append(out, []string{
			from, to, context, clid, channel, peer, app, "", local(start), taken, local(end),
			fmt.Sprint(int(end.Sub(start) / time.Second)), fmt.Sprint(billed), disposition, c.ID, c.ID, fmt.Sprint(len(out) + 1),
		})
	}
	var taken time.Time
	if c.Answered() {
		taken = c.Answer()
	}
	if c.Direction == events.Out {
		add("from-internal", "PJSIP/"+callfake.Extension+"-00000001", "PJSIP/provider-00000002", "Dial", c.Start, taken, c.End())
		return out
	}
	add("from-trunk", "PJSIP/provider-00000001", "", "BackGround", c.Start, c.Start, c.Start)
	add("from-trunk", "PJSIP/provider-00000001", "PJSIP/"+callfake.Extension+"-00000002", "Dial", c.Start, taken, c.End())
	if c.Voicemail != "" {
		add("from-trunk", "PJSIP/provider-00000001", "", "VoiceMail", c.End(), c.End(), c.End().Add(10*time.Second))
	}
	return out
}

func local(t time.Time) string { return t.In(seoul).Format(time.DateTime) }
