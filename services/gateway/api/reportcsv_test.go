package api

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

// What customers and agents choose (tags, channels) never becomes a formula, and
// what there is none of is empty and not nought.
func TestAReportIsReadBackFromCSV(t *testing.T) {
	table := &queries.ReportTable{
		By:      []queries.ReportBy{queries.ByTag, queries.ByDay},
		Numbers: []queries.ReportNumber{queries.ReportOpened, queries.ReportFirstResponse, queries.ReportServiceLevel, queries.ReportQueueBusiness},
		Rows: []queries.ReportRow{
			{
				Keys: []string{`=cmd|' /C calc'!A0`, "2026-03-02"}, Counts: map[queries.ReportNumber]int64{queries.ReportOpened: 3},
				Spreads: map[queries.ReportNumber]queries.Spread{queries.ReportFirstResponse: {Count: 2, Average: 1500, Median: 1000, P90: 2000, Most: 2000}, queries.ReportQueueBusiness: {Unmeasured: 4}},
				Shares:  map[queries.ReportNumber]float64{queries.ReportServiceLevel: 0.5},
			},
			{Keys: []string{"a,\"b\"\n", "2026-03-03"}},
			{Keys: []string{"@x", "-1"}},
			{Keys: []string{"-1+cmd|' /C calc'!A0", "-2.5"}},
			{Keys: []string{"+x", "\tx"}},
		},
	}
	var out bytes.Buffer
	if err := writeCSV(&out, table, nobody); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\r\n") {
		t.Error("lines do not end as RFC 4180 has it")
	}
	lines, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(lines) != 6 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for i, want := range []string{
		"tag|day|opened|first_response_count|first_response_average_ms|first_response_median_ms|first_response_p90_ms|first_response_most_ms|first_response_unmeasured|service_level|queue_time_business_count|queue_time_business_average_ms|queue_time_business_median_ms|queue_time_business_p90_ms|queue_time_business_most_ms|queue_time_business_unmeasured",
		`'=cmd|' /C calc'!A0|2026-03-02|3|2|1500|1000|2000|2000|0|0.5000|0|||||4`,
		"a,\"b\"\n|2026-03-03|0|||||||||||||",
		"'@x|-1|0|||||||||||||",
		"'-1+cmd|' /C calc'!A0|-2.5|0|||||||||||||",
		"'+x|'\tx|0|||||||||||||",
	} {
		if got := strings.Join(lines[i], "|"); got != want {
			t.Errorf("line %d is\n%s\nnot\n%s", i, got, want)
		}
	}
}

func nobody(queries.ReportBy, string) string { return "" }

// Beside an id stands the name that people know, as harmless as any other word.
func TestAReportNamesWhoItCounts(t *testing.T) {
	table := &queries.ReportTable{
		By: []queries.ReportBy{queries.ByQueue, queries.ByPriority, queries.ByAgent}, Numbers: []queries.ReportNumber{queries.ReportOpened},
		Rows: []queries.ReportRow{{Keys: []string{"qu1", "-5", "ag1"}}, {Keys: []string{"", "0", "gone"}}},
	}
	names := map[string]string{"queue/qu1": "배송, 반품", "agent/ag1": "=Anna"}
	var out bytes.Buffer
	if err := writeCSV(&out, table, func(by queries.ReportBy, id string) string { return names[string(by)+"/"+id] }); err != nil {
		t.Fatal(err)
	}
	want := "queue,queue_name,priority,agent,agent_name,opened\r\nqu1,\"배송, 반품\",-5,ag1,'=Anna,0\r\n,,0,gone,,0\r\n"
	if out.String() != want {
		t.Fatalf("%q, not %q", out.String(), want)
	}
}

func TestWhoWantsCSV(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "text/csv": true, "text/csv;q=0.9, */*": true, "application/json, text/csv": false, "*/*": false, "text/html,,;": false,
	} {
		if wantsCSV(accept) != want {
			t.Errorf("%q: %v", accept, !want)
		}
	}
}
