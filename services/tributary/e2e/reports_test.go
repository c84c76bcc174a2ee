package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestAReportOpensToItsConversations has customers write into the queues of two
// teams and looks at the report as everybody may: an administrator counts all, a
// supervisor their own queue's, an agent what they did, and each number opens to the
// conversations that made it. A second start answers the same.
//
// To see it fail: in gateway/access, let Reports return nil; or in inbox/reports,
// leave the scope out of takes.
func TestAReportOpensToItsConversations(t *testing.T) {
	t.Parallel() // it mostly waits
	dir := t.TempDir()
	in := rig.Run(t, rig.Settings(dir))
	admin := in.Admin(t)
	red, blue := admin.Named("/teams", "red", nil), admin.Named("/teams", "blue", nil)
	boss := admin.Colleague("boss@example.test", "supervisor", red)
	anna := admin.Colleague("anna@example.test", "agent", red)
	inbox := func(name, team string) (queue struct{ ID events.QueueID }, made rig.Inbox) {
		admin.Call(http.MethodPost, "/queues", map[string]any{"name": name, "teams": []string{team}}, http.StatusCreated, &queue)
		admin.Call(http.MethodPost, "/inboxes", map[string]any{
			"channel": "webhook", "name": name, "queue": queue.ID, "team": team, "settings": map[string]any{"profile": "plain", "auth": "none"},
		}, http.StatusCreated, &made)
		return queue, made
	}
	reds, shop := inbox("shop", red)
	_, law := inbox("law", blue)
	for i := range 3 {
		in.Say(t, shop, rig.Said{ID: fmt.Sprint("m-", i), Contact: rig.SaidBy{ID: fmt.Sprint("c-", i)}, Text: "hello"})
	}
	in.Say(t, law, rig.Said{ID: "m-9", Contact: rig.SaidBy{ID: "c-9"}, Text: "hello"})

	span := url.Values{"from": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}, "zone": {zoneByDay()}}
	asking := func(more ...string) string {
		v := url.Values{}
		for k, list := range span {
			v[k] = list
		}
		for i := 0; i < len(more); i += 2 {
			v.Add(more[i], more[i+1])
		}
		return v.Encode()
	}
	opened := func(a *rig.Agent, want int64) {
		t.Helper()
		rig.Eventually(t, func() error {
			got, err := a.Try(http.MethodGet, "/reports?"+asking("metric", "opened"), nil)
			if err != nil || got.Status != http.StatusOK {
				return fmt.Errorf("%d %w", got.Status, err)
			}
			var table queries.ReportTable
			if err := json.Unmarshal(got.Body, &table); err != nil {
				return err
			}
			if len(table.Rows) != 1 || table.Rows[0].Counts[queries.ReportOpened] != want {
				return fmt.Errorf("the report says %+v, want %d", table.Rows, want)
			}
			return nil
		})
	}
	opened(admin, 4)
	opened(boss, 3)
	opened(anna, 0)

	var behind struct {
		Items      []events.Conversation
		Total      int
		Hidden     int
		NextCursor string `json:"next_cursor"`
	}
	// Reports and lists are views of the log of their own: one is ahead of the other.
	for _, c := range admin.AwaitConversations(4) {
		waitFor(t, admin, c.ID, func(c events.Conversation) bool { return c.Queue != "" })
	}
	admin.Call(http.MethodGet, "/reports/opened/conversations?"+asking("queue", string(reds.ID), "limit", "2"), nil, http.StatusOK, &behind)
	if behind.Total != 3 || len(behind.Items) != 2 || behind.NextCursor == "" || behind.Items[0].Queue != reds.ID {
		t.Fatalf("behind the number stand %+v", behind)
	}
	first := behind.Items[1].ID
	admin.Call(http.MethodGet, "/reports/opened/conversations?"+asking("queue", string(reds.ID), "limit", "2", "cursor", behind.NextCursor), nil, http.StatusOK, &behind)
	if len(behind.Items) != 1 || behind.NextCursor != "" || behind.Items[0].ID == first {
		t.Fatalf("the second page is %+v", behind)
	}
	boss.Call(http.MethodGet, "/reports/opened/conversations?"+asking(), nil, http.StatusOK, &behind)
	if behind.Total != 3 || behind.Hidden != 0 {
		t.Fatalf("to the supervisor: %+v", behind)
	}

	work := behind.Items[0].ID
	anna.Call(http.MethodPost, "/conversations/"+string(work)+"/assign", map[string]any{"assignee": anna.ID}, http.StatusOK, nil)
	anna.Call(http.MethodPost, "/conversations/"+string(work)+"/resolve", nil, http.StatusOK, nil)
	rig.Eventually(t, func() error {
		var table queries.ReportTable
		anna.Call(http.MethodGet, "/reports?"+asking("by", "agent", "metric", "taken,resolved,handle_time"), nil, http.StatusOK, &table)
		if len(table.Rows) != 1 || table.Rows[0].Keys[0] != string(anna.ID) || table.Rows[0].Counts[queries.ReportResolved] != 1 || table.Rows[0].Spreads[queries.ReportHandleTime].Count != 1 {
			return fmt.Errorf("anna's own: %+v", table.Rows)
		}
		return nil
	})

	lines := csvOf(t, admin, "/reports?"+asking("by", "queue", "step", "day"))
	if strings.Join(lines[0][:3], " ") != "queue queue_name day" || len(lines) != 3 {
		t.Fatalf("as CSV: %v", lines)
	}
	for _, line := range lines[1:] {
		if want := map[bool]string{true: "shop", false: "law"}[line[0] == string(reds.ID)]; line[1] != want {
			t.Errorf("%s is called %s, not %s", line[0], line[1], want)
		}
	}
	// A tag that comes when all is over is found under what went before.
	anna.Call(http.MethodPost, "/conversations/"+string(work)+"/tags", map[string]any{"add": []string{"refund"}}, http.StatusOK, nil)
	rig.Eventually(t, func() error {
		admin.Call(http.MethodGet, "/reports/opened/conversations?"+asking("tag", "refund"), nil, http.StatusOK, &behind)
		if behind.Total != 1 || behind.Items[0].ID != work {
			return fmt.Errorf("under the tag: %+v", behind)
		}
		return nil
	})
	// Both parts of a share open, and so does the time of agents.
	for path, want := range map[string]int{
		"/reports/resolution_rate/conversations?" + asking():                1,
		"/reports/resolution_rate/conversations?" + asking("part", "below"): 4,
		"/reports/occupancy/conversations?" + asking():                      0,
		"/reports/csat_sum/conversations?" + asking():                       0,
	} {
		if admin.Call(http.MethodGet, path, nil, http.StatusOK, &behind); behind.Total != want {
			t.Errorf("%s: %d, not %d", path, behind.Total, want)
		}
	}
	for path, want := range map[string]int{
		"/reports?" + asking("by", "mood"):                                http.StatusUnprocessableEntity,
		"/reports?" + asking("metric", "mood"):                            http.StatusUnprocessableEntity,
		"/reports?from=2026-11-23&to=2026-11-22":                          http.StatusUnprocessableEntity,
		"/reports?from=2026-11-22&to=yesterday":                           http.StatusUnprocessableEntity,
		"/reports?from=2026-11-22&to=2026-11-23&zone=Moon/Base":           http.StatusUnprocessableEntity,
		"/reports?from=2026-11-22":                                        http.StatusUnprocessableEntity,
		"/reports/mood/conversations?" + asking():                         http.StatusUnprocessableEntity,
		"/reports/occupancy/conversations?part=beside&" + asking():        http.StatusUnprocessableEntity,
		"/retention/customers?from=2026-01-01&to=2027-01-01&cohort=March": http.StatusUnprocessableEntity,
		"/retention/customers?from=2026-01-01&to=2027-01-01":              http.StatusOK,
		"/retention?from=2026-01-01&to=2027-01-01":                        http.StatusOK,
	} {
		admin.Call(http.MethodGet, path, nil, want, nil)
	}
	boss.Call(http.MethodGet, "/retention?from=2026-01-01&to=2027-01-01", nil, http.StatusForbidden, nil)
	boss.Call(http.MethodGet, "/retention/customers?from=2026-01-01&to=2027-01-01", nil, http.StatusForbidden, nil)
}

// zoneByDay is a zone where it is neither the first nor the last hour of the day.
func zoneByDay() string {
	seoul := time.FixedZone("", 9*60*60) // it keeps no summer time
	if hour := time.Now().In(seoul).Hour(); hour >= 2 && hour < 22 {
		return "Asia/Seoul"
	}
	return "UTC"
}

func csvOf(t *testing.T, a *rig.Agent, path string) [][]string {
	t.Helper()
	got, err := a.Try(http.MethodGet, path, nil, "Accept", "text/csv, */*;q=0.1")
	if err != nil || got.Status != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/csv") {
		t.Fatalf("%d %s %v", got.Status, got.Header.Get("Content-Type"), err)
	}
	lines, err := csv.NewReader(bytes.NewReader(got.Body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
