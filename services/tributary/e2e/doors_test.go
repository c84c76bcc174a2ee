package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// TestCorpusThroughTheDoors brings what providers post, signed as they sign it,
// to the hook of an inbox of the whole program: the project's own samples, and
// every payload of the folder in TRIBUTARY_CORPUS. All is taken; all that was
// taken stands in the log, as an event that was recognised or raw as it came,
// where an operator sees it; and the books balance. What is in the folder and no
// provider posts is told by its content and named in the score.
func TestCorpusThroughTheDoors(t *testing.T) {
	settings := rig.Settings(t.TempDir())
	settings.PhoneFiles = t.TempDir()
	in := rig.RunIn(t, settings, house.Outside{NoMedia: true})
	h := newHall(t, in)
	h.files = settings.PhoneFiles
	parcels := append(ownSamples(t), writtenHere()...)
	if dir := os.Getenv("TRIBUTARY_CORPUS"); dir != "" {
		parcels = append(parcels, h.readCorpus(dir)...)
	} else {
		t.Log("TRIBUTARY_CORPUS is not set: the project's own samples go through the doors")
	}
	// Calls are stated when they are over: what is posted of them comes last.
	slices.SortStableFunc(parcels, func(a, b parcel) int {
		return boolInt(h.ways[a.kind].later) - boolInt(h.ways[b.kind].later)
	})
	for _, p := range parcels {
		h.bring(p)
	}
	h.phoneFiles()
	h.allCalls()
	h.balance()
	h.tell()
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// hall is the doors of one program and what came of all that was brought there.
type hall struct {
	t      *testing.T
	in     *rig.Inside
	admin  *rig.Agent
	ways   map[string]way
	doors  map[string]rig.Inbox       // by kind and account
	scores map[string]*score          // by source and kind
	read   map[uint64]*events.Inbound // the log as far as it was read
	calls  map[events.InboxID]parcel  // one of those that each exchange posted
	files  string                     // the folder of phone files
}

// score is what became of the parcels of one source.
type score struct {
	posted, recognised, raw, silent, refused int
	unwrapped                                int // of the posted ones, those taken out of an API's answer
	why                                      []string
	no                                       map[string]int // no requests, by the rule that says so
}

func newHall(t *testing.T, in *rig.Inside) *hall {
	t.Helper()
	return &hall{t: t, in: in, admin: in.Admin(t), ways: ways(t), doors: map[string]rig.Inbox{}, scores: map[string]*score{}, calls: map[events.InboxID]parcel{}, read: map[uint64]*events.Inbound{}}
}

func (h *hall) score(of string) *score {
	if h.scores[of] == nil {
		h.scores[of] = &score{no: map[string]int{}}
	}
	return h.scores[of]
}

// door is the inbox for a parcel; each account has one of its own.
func (h *hall) door(p parcel) rig.Inbox {
	h.t.Helper()
	at := p.kind + "/" + p.account
	if inbox, ok := h.doors[at]; ok {
		return inbox
	}
	w, known := h.ways[p.kind]
	if !known {
		h.t.Fatalf("%s: there is no way to %s", p.name, p.kind)
	}
	// An account that nobody names may be one that somebody does.
	same, err := json.Marshal(w.settings(p.account, ""))
	must(h.t, err)
	if inbox, ok := h.doors[p.kind+string(same)]; ok && !w.later { // calls are looked for by exchange
		h.doors[at] = inbox
		return inbox
	}
	inbox := h.admin.Inbox(w.channel, at, w.settings(p.account, h.in.URL("/hooks/"+w.channel+"/unknown-yet")))
	h.admin.Call(http.MethodPatch, "/inboxes/"+string(inbox.ID), map[string]any{"settings": w.settings(p.account, h.in.URL(inbox.HookPath))}, http.StatusOK, nil)
	h.doors[at], h.doors[p.kind+string(same)] = inbox, inbox
	return inbox
}

// bring posts one parcel and follows it into the log.
func (h *hall) bring(p parcel) {
	h.t.Helper()
	inbox, w := h.door(p), h.ways[p.kind]
	s := h.score(p.source + ", " + p.kind)
	s.posted++
	s.unwrapped += boolInt(p.unwrapped)
	before := h.in.House.Ground.Inbound.DurableSeq()
	req, err := w.prove(p, h.in.URL(inbox.HookPath)).Request(h.t.Context(), h.in.URL(inbox.HookPath))
	must(h.t, err)
	res, err := http.DefaultClient.Do(req)
	must(h.t, err)
	_ = res.Body.Close()
	if !wanted(p, res.StatusCode) {
		s.refused++
		s.why = append(s.why, fmt.Sprintf("%s rejected: status %d", p.name, res.StatusCode))
		h.t.Errorf("%s, %s: %s is answered with %d", p.source, p.kind, p.name, res.StatusCode)
		return
	}
	statements := h.stated(before)
	if w.later {
		h.calls[inbox.ID] = p
		maps.DeleteFunc(statements, func(_ uint64, in *events.Inbound) bool { return in.Type != events.Unknown })
		if len(statements) == 0 {
			s.recognised++ // allCalls looks at what is stated of it
			return
		}
	}
	switch {
	case len(statements) == 0 && saysNothing(p):
		s.silent++
		return
	case len(statements) == 0:
		h.t.Errorf("%s, %s: %s is answered with %d and nothing of it is in the log", p.source, p.kind, p.name, res.StatusCode)
		return
	}
	h.operatorSees(p, statements)
	var odd []string
	for _, in := range statements {
		if in.Type == events.Unknown {
			odd = append(odd, strings.Join(in.Flags, "+"))
			if in.Raw == nil || len(in.Raw.Bytes) == 0 && in.Raw.Hash == "" {
				h.t.Errorf("%s, %s: %s is unknown and not kept", p.source, p.kind, p.name)
			}
		}
	}
	if odd == nil {
		s.recognised++
		return
	}
	s.raw++
	s.why = append(s.why, fmt.Sprintf("%s kept raw: %s", p.name, strings.Join(odd, ", ")))
}

// stated is what stands in the log after a place.
func (h *hall) stated(after uint64) map[uint64]*events.Inbound {
	h.t.Helper()
	out := map[uint64]*events.Inbound{}
	log := h.in.House.Ground.Inbound
	for seq := after + 1; seq <= log.DurableSeq(); seq++ {
		if h.read[seq] == nil {
			record, err := log.Get(h.t.Context(), seq)
			must(h.t, err)
			h.read[seq], err = events.DecodeInbound(record.Data)
			must(h.t, err)
		}
		out[seq] = h.read[seq]
	}
	return out
}

// operatorSees wants every statement in the list of its inbox's newest events,
// what was not understood marked as raw.
func (h *hall) operatorSees(p parcel, statements map[uint64]*events.Inbound) {
	h.t.Helper()
	rig.Eventually(h.t, func() error {
		for seq, in := range statements {
			var list struct {
				Items []struct {
					Seq        uint64
					ProviderID string `json:"provider_id"`
					Raw        bool
				}
			}
			h.admin.Call(http.MethodGet, fmt.Sprintf("/inboxes/%s/events?after=%d", in.Inbox, seq-1), nil, http.StatusOK, &list)
			if !slices.ContainsFunc(list.Items, func(i struct {
				Seq        uint64
				ProviderID string `json:"provider_id"`
				Raw        bool
			}) bool {
				return i.Seq == seq && i.ProviderID == in.ProviderID && i.Raw == (in.Type == events.Unknown)
			}) {
				return fmt.Errorf("%s: statement %d is not shown", p.name, seq)
			}
		}
		return nil
	})
}

// saysNothing reports a request of which there is nothing to keep: it only looks
// whether the door is there, or the adapter's frozen facts of it are none.
func saysNothing(p parcel) bool {
	var doc struct {
		Type string `json:"type"`
	}
	return p.quiet || p.kind == "slack" && json.Unmarshal(p.body, &doc) == nil && doc.Type == "url_verification"
}

// wanted is whether a status is the one a parcel must have. A success answer to
// Naver's pay_complete would approve a payment: it is kept, and answered 403.
func wanted(p parcel, status int) bool {
	var doc struct {
		Event string `json:"event"`
	}
	if p.kind == "navertalk" && json.Unmarshal(p.body, &doc) == nil && doc.Event == "pay_complete" {
		return status == http.StatusForbidden
	}
	return status/100 == 2
}

// outcome is what the router made of one statement.
type outcome struct {
	rejected bool
	reason   string
}

// outcomes reads the facts for what became of every statement, by its place.
func (h *hall) outcomes() map[uint64]outcome {
	h.t.Helper()
	out := map[uint64]outcome{}
	log := h.in.House.Ground.Facts
	for seq := uint64(1); seq <= log.DurableSeq(); seq++ {
		record, err := log.Get(h.t.Context(), seq)
		must(h.t, err)
		d, err := events.DecodeDecision(record.Data)
		must(h.t, err)
		for _, f := range d.Facts {
			switch b := f.Body.(type) {
			case *events.InboundStored, *events.InboundDuplicate:
				out[d.Cause.InboundSeq] = outcome{}
			case *events.InboundRejected:
				out[d.Cause.InboundSeq] = outcome{true, b.Reason}
			}
		}
	}
	return out
}

// balance wants every statement in the books of its inbox, once. One that nobody
// understood is rejected, with its raw form kept; of the others only a receipt or
// a change of a message that never came may be.
func (h *hall) balance() {
	h.t.Helper()
	statements := h.stated(0)
	var outcomes map[uint64]outcome
	rig.Eventually(h.t, func() error {
		if outcomes = h.outcomes(); len(outcomes) != len(statements) {
			got := len(outcomes)
			return fmt.Errorf("%d of %d statements have an outcome", got, len(statements))
		}
		return nil
	})
	want := map[events.InboxID]rig.Book{}
	without := map[events.InboundType]int{}
	for seq, o := range outcomes {
		in := statements[seq]
		b := want[in.Inbox]
		b.Received++
		if o.rejected {
			b.Rejected++
		}
		if in.Type == events.Unknown && !o.rejected {
			h.t.Errorf("statement %d is unknown and stored", seq)
		}
		if in.Type != events.Unknown && o.rejected {
			without[in.Type]++
			if !strings.HasPrefix(o.reason, "names no known message") && !strings.HasPrefix(o.reason, "names no message of ours") {
				h.t.Errorf("statement %d of %s, a recognised %s, is rejected: %s", seq, in.Channel, in.Type, o.reason)
			}
		}
		want[in.Inbox] = b
	}
	h.t.Logf("%d statements; about messages that never came: %v", len(statements), without)
	rig.Eventually(h.t, func() error {
		books := h.admin.Books()
		for inbox, w := range want {
			if b := books[inbox]; b.Received != w.Received || b.Rejected != w.Rejected || b.Stored+b.Duplicate+b.Rejected != b.Received {
				return fmt.Errorf("the book of %s is %+v, the log has %d statements, %d of them rejected", inbox, b, w.Received, w.Rejected)
			}
		}
		return nil
	})
	report, err := house.Verify(h.t.Context(), h.in.House.Ground)
	must(h.t, err)
	if len(report.Faults) > 0 || report.Open > 0 {
		h.t.Errorf("verify: %d open, %v", report.Open, report.Faults)
	}
	h.in.Healthy(h.t)
}

// tell prints the score of each source.
func (h *hall) tell() {
	h.t.Helper()
	var names []string
	for name := range h.scores {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s := h.scores[name]
		if s.posted > 0 {
			h.t.Logf("%s: %d posted, %d recognised, %d kept raw, %d with nothing to state, %d rejected", name, s.posted, s.recognised, s.raw, s.silent, s.refused)
		}
		if s.unwrapped > 0 {
			h.t.Logf("%s: %d of these stood in answers of an API and were posted as its webhook has them", name, s.unwrapped)
		}
		slices.Sort(s.why)
		for _, line := range s.why {
			h.t.Log("  " + line)
		}
		for what, n := range s.no {
			h.t.Logf("%s: %d no requests: %s", name, n, what)
		}
	}
}

// readCorpus sorts what is in the folder. Mails go to the SMTP port; see
// TestCorpus.
func (h *hall) readCorpus(dir string) (out []parcel) {
	h.t.Helper()
	must(h.t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		inside, _ := filepath.Rel(dir, path)
		source, _, below := strings.Cut(filepath.ToSlash(inside), "/")
		ending := strings.ToLower(filepath.Ext(path))
		if err != nil || d.IsDir() || !below || source == "LICENSES" || ending == ".eml" || ending == ".msg" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found, why := sortOut(data)
		if len(found) == 0 {
			if why == "" {
				h.t.Errorf("nobody knows what %s is", inside)
			}
			h.score(source).no[why]++
		}
		for i := range found {
			found[i].source, found[i].name = source, strings.TrimSpace(filepath.Base(path)+" "+found[i].name)
		}
		out = append(out, found...)
		return nil
	}))
	if len(out) == 0 {
		h.t.Error("TRIBUTARY_CORPUS holds nothing that a provider posts")
	}
	return out
}

// ownSamples are the samples beside the adapters; the folder names the channel.
func ownSamples(t testing.TB) (out []parcel) {
	t.Helper()
	forms := map[string]string{".json": "application/json", ".form": formEncoded, ".xml": "text/xml"}
	for _, area := range []string{"social", "commerce", "phone"} {
		paths, err := filepath.Glob(filepath.Join("..", "..", area, "*", "testdata", "*"))
		must(t, err)
		for _, path := range paths {
			form := forms[filepath.Ext(path)]
			if form == "" {
				continue // a folder, or a log file: phoneFiles reads those
			}
			data, err := os.ReadFile(path)
			must(t, err)
			kind, name := filepath.Base(filepath.Dir(filepath.Dir(path))), filepath.Base(path)
			switch kind {
			case "callcsv":
				continue // the settings of a list: phoneFiles reads both
			case "twiliovoice", "vonagevoice":
				out = append(out, story(t, path)...)
				continue
			}
			p := parcel{source: "own samples", name: name, kind: kind, form: form, body: data, account: accountIn(kind, data)}
			if kind == "shopify" {
				p.topic = strings.Replace(strings.TrimSuffix(name, ".json"), "-", "/", 1)
			}
			golden, err := os.ReadFile(filepath.Join(filepath.Dir(path), "golden", strings.TrimSuffix(name, filepath.Ext(name))+".json"))
			p.quiet = err == nil && !bytes.Contains(golden, []byte(`"provider_id"`)) && area == "social"
			if kind == "twilio" {
				p.body = bytes.TrimSpace(data)
			}
			out = append(out, p)
		}
	}
	if len(out) < 100 {
		t.Errorf("only %d samples stand beside the adapters", len(out))
	}
	return out
}

// writtenHere are requests of the providers that have no samples in files.
func writtenHere() []parcel {
	raw := "From: Jane <jane@example.org>\r\nTo: help@example.com\r\nSubject: hello\r\nMessage-ID: <%s@example.org>\r\nDate: " + time.Now().UTC().Format(time.RFC1123Z) + "\r\n\r\nby %[1]s\r\n"
	raw64, _ := json.Marshal(fmt.Sprintf(raw, "postmark"))
	list := []parcel{
		{kind: "mailgun", form: formEncoded, name: "a mail", body: fmt.Appendf(nil, raw, "mailgun")},
		{kind: "mailgun", form: "application/json", name: "a failure", body: []byte(`{"id":"ev1","event":"failed","severity":"permanent","timestamp":1772442000.5,"recipient":"jane@example.org","message":{"headers":{"message-id":"x@example.com"}}}`)},
		{kind: "mailgun", form: "application/json", name: "a click", body: []byte(`{"id":"ev2","event":"clicked"}`)},
		{kind: "sendgrid", form: "multipart/form-data; boundary=b", name: "a mail", body: fmt.Appendf(nil, "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\n"+raw+"\r\n--b\r\nContent-Disposition: form-data; name=\"envelope\"\r\n\r\n{\"to\":[\"sendgrid@example.com\"],\"from\":\"jane@example.org\"}\r\n--b--\r\n", "sendgrid")},
		{kind: "sendgrid", form: "application/json", name: "events", body: []byte(`[{"event":"click","sg_event_id":"e1","email":"a@example.org"},{"event":"bounce","sg_event_id":"b1","smtp-id":"<x@example.com>","email":"jane@example.org","reason":"550 no such user","status":"5.1.1","timestamp":1772442000}]`)},
		{kind: "sendgrid", form: "multipart/form-data; boundary=xYzZY", name: "bad data", body: []byte("this is bad invalid data")},
		{kind: "postmark", form: "application/json", name: "a mail", body: fmt.Appendf(nil, `{"From":"jane@example.org","OriginalRecipient":"postmark@example.com","MessageID":"00000000-0000-0000-0000-000000000001","RawEmail":%s}`, raw64)},
		{kind: "postmark", form: "application/json", name: "a complaint", body: []byte(`{"RecordType":"SpamComplaint","MessageID":"x"}`)},
		{kind: "ses", name: "a mail", body: []byte(`{"notificationType":"Received","mail":{"messageId":"s1","timestamp":"2026-03-02T09:30:00Z","source":"jane@example.org","destination":["ses@example.com"]},"receipt":{"recipients":["ses@example.com"],"action":{"type":"SNS"}},"content":"From: jane@example.org\r\nMessage-ID: <ses@example.org>\r\n\r\nby ses\r\n"}`)},
		{kind: "ses", name: "a topic that was checked", body: []byte("Successfully validated SNS topic for Amazon SES event publishing.")},
		{kind: "shop", form: "application/json", name: "an order", body: []byte(`{"id":17,"total":"12.50","email":"jane@example.org"}`)},
		{kind: "shop", form: "application/json", name: "no order", body: []byte(`[1,2]`)},
	}
	for i := range list {
		list[i].source = "written here"
	}
	return list
}
