package simulate

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/commerce/orderfake"
	"github.com/tributary-inbox/tributary/services/commerce/shop/shopfake"
	"github.com/tributary-inbox/tributary/services/telemetry/telemetryfake"
	"github.com/tributary-inbox/tributary/services/tributary/fakes"
)

// Calls, orders and reports of every source, through the whole program, and books
// that balance.
func TestTellersBalance(t *testing.T) {
	h := run(t)
	o := Options{
		URL: "http://" + h.HTTPAddr(), Email: "admin@tributary.example", Password: "a long enough password",
		Exchanges: fakes.Exchanges(), Shops: fakes.Shops(), Reports: telemetryfake.New(),
		Customers: 40, Agents: 1, Rate: 90, Duration: 5 * time.Second, Seed: 5,
	}
	var out bytes.Buffer
	if err := Run(t.Context(), o, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"asterisk", "callcsv", "freeswitch", "threecx", "twiliovoice", "vonagevoice", "shopify", "shop ", "telemetry", "callback", "0 messages missing, 0 more than once"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not speak of %q:\n%s", want, out.String())
		}
	}
	t.Log(out.String())
}

// The books find a promise that nobody made, one that was kept by another call,
// and one that ended although nobody called back.
func TestPromisesAreHeldAgainstTheTimeline(t *testing.T) {
	w := told{places: map[string]place{"m": {message: "ms1"}, "a": {message: "ms2"}}}
	made := queries.TimelineItem{Fact: "callback.requested", Detail: map[string]string{"callback": "cb1", "message": "ms1"}}
	closed := func(outcome, message string) queries.TimelineItem {
		return queries.TimelineItem{Fact: "callback.closed", Detail: map[string]string{"callback": "cb1", "outcome": outcome, "message": message}}
	}
	for name, c := range map[string]struct {
		answered string
		lines    []queries.TimelineItem
		want     int
	}{
		"made and kept": {"a", []queries.TimelineItem{closed("reached", "ms2"), made}, 1}, "only made": {"", []queries.TimelineItem{made}, 1},
		"not made": {"", nil, 0}, "not kept": {"a", []queries.TimelineItem{made}, 0}, "kept by another call": {"a", []queries.TimelineItem{made, closed("reached", "ms9")}, 0},
		"given up": {"a", []queries.TimelineItem{made, closed("cancelled", "")}, 0}, "ended by itself": {"", []queries.TimelineItem{made, closed("reached", "ms2")}, 0},
	} {
		if got := w.kept(&promise{"m", c.answered}, c.lines); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// The books find an order that stands twice, or as it was before.
func TestOrdersAreHeldAgainstTheTimeline(t *testing.T) {
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	b := &basket{of: shopfake.New(), inbox: "in1", order: orderfake.Order{ID: "1", Buyer: "c", Total: "30000.00", Refunds: []string{"1000.50"}, Changed: at}, marks: []string{"x", "y"}}
	line := func(refunded string) queries.TimelineItem {
		return queries.TimelineItem{Detail: map[string]string{"inbox": "in1"}, Order: &events.Order{ID: "c-1", Total: "30000.00", Refunded: refunded, UpdatedAt: at}}
	}
	for name, c := range map[string]struct {
		lines []queries.TimelineItem
		want  int
	}{
		"once": {[]queries.TimelineItem{line("1000.50")}, 1}, "twice": {[]queries.TimelineItem{line("1000.50"), line("1000.50")}, 2},
		"as before": {[]queries.TimelineItem{line("")}, 0}, "beside itself as before": {[]queries.TimelineItem{line("1000.50"), line("")}, 0}, "nowhere": {nil, 0},
	} {
		found := map[string]int{}
		b.count(c.lines, found)
		if found["x"] != c.want || found["y"] != c.want {
			t.Errorf("%s: %v, want %d", name, found, c.want)
		}
	}
}
