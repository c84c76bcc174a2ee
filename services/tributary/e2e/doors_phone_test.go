package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// callList is a list of calls as an exchange of no known make writes it; one row
// has no time.
const callList = "번호,구분,발신,수신,시작,통화시간,결과,상담원\n" +
	"1,수신,010-1234-5678,1588-1234,2026-03-04 09:00:00,00:01:23,응답,김상담\n" +
	"2,수신,발신번호표시제한,1588-1234,2026-03-04 09:05:00,,부재중,\n" +
	"3,발신,1588-1234,010-9876-5432,2026-03-04 10:00:00,40,응답,이상담\n" +
	"4,수신,010-1234-5678,1588-1234,not a time,,부재중,\n"

// story are the posts of one call, which has an inbox of its own: all the samples
// are of the same call.
func story(t testing.TB, path string) (out []parcel) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	var posts []struct {
		Step, Fields string
		Body         json.RawMessage
	}
	must(t, json.Unmarshal(data, &posts))
	kind, name := filepath.Base(filepath.Dir(filepath.Dir(path))), filepath.Base(path)
	for n, post := range posts {
		p := parcel{source: "own samples", kind: kind, name: fmt.Sprintf("%s, post %d", name, n+1), account: name, form: "application/json", body: post.Body}
		if kind == "twiliovoice" {
			p.form, p.body = formEncoded, []byte(post.Fields)
		}
		if post.Step != "" {
			p.query = "step=" + post.Step
		}
		out = append(out, p)
	}
	return out
}

// phoneFiles brings the logs of exchanges by the ways that files come: uploaded,
// dropped into a folder, and appended to a file that is followed.
func (h *hall) phoneFiles() {
	h.t.Helper()
	quick := func(more map[string]any) map[string]any {
		more["settle"], more["patience"], more["zone"] = "5ms", "50ms", "Asia/Seoul"
		return more
	}
	list := quick(map[string]any{
		"folder":  "lists",
		"columns": map[string]any{"id": "번호", "direction": "구분", "from": "발신", "to": "수신", "start": "시작", "talk": "통화시간", "outcome": "결과", "agent": "상담원"},
	})
	uploads := h.admin.Inbox("callcsv", "uploads", list)
	var report struct{ Rows, Accepted, New, Rejected int }
	h.admin.Call(http.MethodPost, "/inboxes/"+string(uploads.ID)+"/import", callList, http.StatusOK, &report, "Content-Type", "text/csv")
	if report.Rows != 4 || report.Accepted != 3 || report.Rejected != 1 {
		h.t.Errorf("an uploaded list: %+v", report)
	}
	h.admin.Call(http.MethodPost, "/inboxes/"+string(uploads.ID)+"/import", callList, http.StatusOK, &report, "Content-Type", "text/csv")
	if report.New != 0 {
		h.t.Errorf("the list again: %+v", report)
	}
	h.awaitCalls("callcsv, uploaded and from a folder", uploads, 3, 4, func(files string) {
		h.drop(files, "lists/day.csv", []byte(strings.Replace(callList, "\n3,", "\n9,", 1)))
	})
	h.ownLists()
	own := func(kind, name string) []byte {
		data, err := os.ReadFile(filepath.Join("..", "..", "phone", kind, "testdata", name))
		must(h.t, err)
		return data
	}
	asterisk := h.admin.Inbox("asterisk", "asterisk", quick(map[string]any{"file": "asterisk.csv", "unique_id": true, "user_field": true, "new_columns": true}))
	h.awaitCalls("asterisk, a file that is followed", asterisk, 0, 6, func(files string) { h.drop(files, "asterisk.csv", own("asterisk", "master.csv")) })
	records := h.admin.Inbox("threecx", "threecx", quick(map[string]any{"file": "threecx.txt"}))
	h.awaitCalls("threecx, a file that is followed", records, 0, 6, func(files string) { h.drop(files, "threecx.txt", own("threecx", "records.txt")) })
}

// allCalls waits until what was posted of calls has been stated: the legs of a
// story as its frozen facts have them, and of the others every leg that was new.
func (h *hall) allCalls() {
	h.t.Helper()
	for inbox, p := range h.calls {
		want, told := frozenLegs(h.t, p)
		rig.Eventually(h.t, func() error {
			var legs []string
			for _, in := range h.callsOf(inbox) {
				legs = append(legs, in.Call.Legs...)
			}
			if taken := h.taken(inbox); !told && (taken == 0 || len(legs) != taken) {
				return fmt.Errorf("of %d legs by %s %d are in calls", taken, p.kind, len(legs))
			}
			if told && !slices.Equal(sorted(legs), sorted(want)) {
				return fmt.Errorf("the calls of %s, %s have the legs %q, want %q", p.kind, p.account, legs, want)
			}
			return nil
		})
	}
}

// frozenLegs are those of the call that a story makes.
func frozenLegs(t testing.TB, p parcel) (legs []string, told bool) {
	t.Helper()
	if p.query == "" && !strings.HasSuffix(p.account, ".json") {
		return nil, false
	}
	data, err := os.ReadFile(filepath.Join("..", "..", "phone", p.kind, "testdata", "golden", p.account))
	must(t, err)
	var golden struct {
		Call *struct{ Call *events.Call }
	}
	must(t, json.Unmarshal(data, &golden))
	if golden.Call != nil && golden.Call.Call != nil {
		legs = golden.Call.Call.Legs
	}
	return legs, true
}

// taken is how many legs of an inbox were new, by the program's own count.
func (h *hall) taken(inbox events.InboxID) int {
	h.t.Helper()
	families, err := h.in.House.Metrics.Gather()
	must(h.t, err)
	for _, f := range families {
		if f.GetName() != "tributary_phone_legs_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			of := map[string]string{}
			for _, l := range m.GetLabel() {
				of[l.GetName()] = l.GetValue()
			}
			if of["inbox"] == string(inbox) && of["result"] == "new" {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	return 0
}

// ownLists uploads the lists beside the adapter, each to an inbox of the settings
// that stand beside it, and wants what the frozen facts say of its rows.
func (h *hall) ownLists() {
	h.t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "phone", "callcsv", "testdata", "*.csv"))
	must(h.t, err)
	for _, path := range paths {
		stem := strings.TrimSuffix(path, ".csv")
		read := func(path string) []byte {
			data, err := os.ReadFile(path)
			must(h.t, err)
			return data
		}
		var settings map[string]any
		must(h.t, json.Unmarshal(read(stem+".settings.json"), &settings))
		var golden struct {
			Legs     []json.RawMessage
			Rejected map[int]string `json:"rejected_lines"`
		}
		must(h.t, json.Unmarshal(read(filepath.Join(filepath.Dir(path), "golden", filepath.Base(stem)+".json")), &golden))
		inbox := h.admin.Inbox("callcsv", filepath.Base(stem), settings)
		var report struct{ Accepted, New, Rejected int }
		h.admin.Call(http.MethodPost, "/inboxes/"+string(inbox.ID)+"/import", read(path), http.StatusOK, &report, "Content-Type", "text/csv")
		if report.New != len(golden.Legs) || report.Rejected != len(golden.Rejected) {
			h.t.Errorf("%s: %+v, want %d new and %d rejected", filepath.Base(path), report, len(golden.Legs), len(golden.Rejected))
		}
		rig.Eventually(h.t, func() error {
			legs := 0
			for _, in := range h.callsOf(inbox.ID) {
				legs += len(in.Call.Legs)
			}
			if legs != report.New {
				return fmt.Errorf("%s: %d of %d legs are in calls", filepath.Base(path), legs, report.New)
			}
			return nil
		})
		h.t.Logf("callcsv, %s uploaded: %d rows taken, %d rejected", filepath.Base(path), report.Accepted, report.Rejected)
	}
}

func (h *hall) drop(files, name string, data []byte) {
	h.t.Helper()
	path := filepath.Join(files, filepath.FromSlash(name))
	must(h.t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(h.t, os.WriteFile(path, data, 0o600))
}

// awaitCalls waits until an inbox has stated a number of calls, before and after
// something was done.
func (h *hall) awaitCalls(what string, inbox rig.Inbox, before, after int, do func(files string)) {
	h.t.Helper()
	is := func(want int) {
		rig.Eventually(h.t, func() error {
			if got := h.callsOf(inbox.ID); len(got) != want {
				return fmt.Errorf("%s: %d calls, want %d", what, len(got), want)
			}
			return nil
		})
	}
	is(before)
	do(h.files)
	is(after)
	legs, raw := 0, 0
	for _, in := range h.callsOf(inbox.ID) {
		legs += len(in.Call.Legs)
	}
	for _, in := range h.stated(0) {
		if in.Inbox == inbox.ID && in.Type == events.Unknown {
			raw++
		}
	}
	h.t.Logf("%s: %d calls of %d legs, %d records kept raw", what, after, legs, raw)
}

// callsOf are the newest statements of an inbox's calls, by call.
func (h *hall) callsOf(inbox events.InboxID) map[string]*events.Inbound {
	h.t.Helper()
	out, at := map[string]*events.Inbound{}, map[string]uint64{}
	for seq, in := range h.stated(0) {
		if in.Inbox == inbox && in.Call != nil && seq >= at[in.ProviderID] {
			out[in.ProviderID], at[in.ProviderID] = in, seq
		}
	}
	return out
}
