package asterisk

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/numbers"
)

// record is one CDR by the names of the CDR specification.
type record map[string]string

// Leg reads one line of the CDR file. After is the end of the line before it,
// which tells the two hours apart that clocks show twice; nought where there is
// none.
func (r *Reader) Leg(line []byte, after time.Time) (calls.Leg, error) {
	fields, err := exchange.Split(line, ',')
	if err != nil {
		return calls.Leg{}, err
	}
	if len(fields) != len(r.columns) {
		return calls.Leg{}, fmt.Errorf("%d columns, the settings say %d", len(fields), len(r.columns))
	}
	rec := make(record, len(fields))
	for i, name := range r.columns {
		rec[name] = fields[i]
	}
	return r.leg(rec, after)
}

func (r *Reader) leg(rec record, after time.Time) (calls.Leg, error) {
	start, answer, end, err := r.House.Resolve(exchange.Layout, exchange.Spell{
		Start: rec["start"], Answer: rec["answer"], End: rec["end"], Duration: count(rec["duration"]), Talk: count(rec["billsec"]),
	}, after)
	if err != nil {
		return calls.Leg{}, err
	}
	disposition := strings.ToUpper(rec["disposition"])
	results := map[string]calls.Result{"ANSWERED": "", "NO ANSWER": calls.NoAnswer, "NOANSWER": calls.NoAnswer, "BUSY": calls.Busy, "FAILED": calls.Failed, "CONGESTION": calls.Failed}
	result, known := results[disposition]
	if !known {
		return calls.Leg{}, errors.New("disposition is none that is known")
	}
	name, number := clid(rec["clid"])
	from := rec["src"]
	if from == "" {
		from = number
	}
	l := calls.Leg{
		ID: rec.id(), Call: rec.call(), Result: result, Name: name, Order: rec.order(),
		StartedAt: start, EndedAt: end, Closes: r.CELFile == "" && rec.first(),
	}
	if disposition == "ANSWERED" && count(rec["billsec"]) != 0 {
		l.AnsweredAt = answer
	}
	src, dst := r.House.Number(from), r.House.Number(rec["dst"])
	l.From, l.To, l.Withheld = src.Value, dst.Value, src.Kind == numbers.Withheld
	l.Direction = r.direction(rec, src, dst)
	rec.place(&l)
	if u := rec["userfield"]; strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		l.Recording = u
	}
	return l, nil
}

// direction goes by the trunks' names, then by the context, then by the numbers.
func (r *Reader) direction(rec record, src, dst numbers.Number) events.Direction {
	trunk := func(channel string) bool {
		return channel != "" && slices.ContainsFunc(r.Trunks, func(t string) bool { return t != "" && strings.HasPrefix(channel, t) })
	}
	switch {
	case trunk(rec["channel"]):
		return events.In
	case trunk(rec["dstchannel"]):
		return events.Out
	case slices.Contains(r.InboundContexts, rec["dcontext"]):
		return events.In
	}
	return r.House.Direction(src, dst)
}

// place says who took the leg, by the application that ran last.
func (rec record) place(l *calls.Leg) {
	app, peer := strings.ToLower(rec["lastapp"]), peerName(rec["dstchannel"])
	first, _, _ := strings.Cut(rec["lastdata"], ",")
	switch {
	case app == "queue":
		l.Queue, _, _ = strings.Cut(first, "|")
		if peer == "" {
			l.Role = calls.Queue
		}
	case app == "voicemail" || app == "voicemailmain" || app == "minivm":
		l.Role = calls.Voicemail
	case app == "dial" || app == "appdial" || app == "appqueue" || app == "followme":
		if peer == "" && l.Result == "" {
			l.Role = calls.Machine
		}
	case peer == "" && l.Result == "":
		// Playback, Background, Wait, Hangup, an AGI script: something answered,
		// and no second channel did.
		l.Role = calls.Machine
	}
	l.Agent = peer
	if l.Direction == events.Out {
		l.Agent = peerName(rec["channel"])
	}
	if l.Direction == events.Out && l.Role == calls.Person && peer == "" {
		l.AnsweredAt = time.Time{} // nobody outside was connected
	}
}

// peerName is the device or the extension in a channel's name: 101 in
// PJSIP/101-0000002a and in Local/101@from-queue-00000007;1.
func peerName(channel string) string {
	_, name, ok := strings.Cut(channel, "/")
	if !ok {
		return ""
	}
	if at := strings.IndexByte(name, '@'); at >= 0 {
		return name[:at]
	}
	if dash := strings.LastIndexByte(name, '-'); dash > 0 {
		name = name[:dash]
	}
	return name
}

// clid takes "Name" <number> apart.
func clid(s string) (name, number string) {
	name, rest, ok := strings.Cut(s, "<")
	if ok {
		number = strings.TrimSuffix(strings.TrimSpace(rest), ">")
	}
	return strings.Trim(strings.TrimSpace(name), `"`), number
}

// id is linkedid and sequence, and what comes closest where they are not logged.
func (rec record) id() string {
	if rec["linkedid"] != "" && rec["sequence"] != "" {
		return exchange.Key(rec["linkedid"], rec["sequence"])
	}
	if rec["uniqueid"] == "" { // two may call one number in one second
		return exchange.Key(rec["src"], rec["start"], rec["channel"], rec["dstchannel"], rec["dst"])
	}
	return exchange.Key(rec["uniqueid"], rec["start"], rec["channel"], rec["dstchannel"], rec["dst"])
}

func (rec record) call() string {
	for _, name := range []string{"linkedid", "uniqueid"} {
		if rec[name] != "" {
			return exchange.Key(rec[name])
		}
	}
	return rec.id()
}

func (rec record) order() string {
	n, err := strconv.ParseUint(rec["sequence"], 10, 63)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%016x", n)
}

// first says that this is a record of the channel that began the call, which
// ends last unless the call was sent on.
func (rec record) first() bool {
	return rec["linkedid"] == "" || rec["uniqueid"] == "" || rec["linkedid"] == rec["uniqueid"]
}

// count reads seconds; -1 where there are none.
func count(s string) int {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31)
	if err != nil {
		return -1
	}
	return int(n)
}

// Ended reads one line of the channel event log and names the call that it
// closes; empty for every other event.
func (r *Reader) Ended(line []byte) (string, error) {
	fields, err := exchange.Split(line, ',')
	if err != nil {
		return "", err
	}
	at := func(name string) string {
		if i := slices.Index(r.cel, name); i >= 0 && i < len(fields) {
			return fields[i]
		}
		return ""
	}
	if at("eventtype") != "LINKEDID_END" {
		return "", nil
	}
	if at("linkedid") == "" {
		return "", errors.New("LINKEDID_END without a linkedid")
	}
	return exchange.Key(at("linkedid")), nil
}
