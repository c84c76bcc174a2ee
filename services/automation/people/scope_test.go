package people

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/expr"
)

var when = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// Every field that can be named can be asked about where nothing is known: none of
// them fails for absence. Breaks when a field is of a kind, or a time so far back,
// that expressions cannot count with it.
func TestEveryFieldCanBeAskedAboutNobody(t *testing.T) {
	l := expr.Must[config.Scope]()
	asks := map[string]string{
		"text": "%s == '' || %s != ''", "number": "%s > 1000000 || true", "decimal": "%s >= 0.0", "time": "now - %s >= minutes(0)",
		"list": "size(%s) == 0", "list of text": "size(%s) == 0", "texts by name": "size(%s) == 0", "yes or no": "%s || !%s",
	}
	asked := 0
	for _, f := range l.Fields() {
		if strings.Contains(f.Path, "[]") {
			continue
		}
		path := strings.NewReplacer("(text, time)", "('KRW', now)", "(text)", "('x')", "(time)", "(now)").Replace(f.Path)
		ask, ok := asks[f.Type]
		if !ok {
			t.Fatalf("%s is a %s, of which nothing is asked here", f.Path, f.Type)
		}
		p, err := l.Compile(strings.ReplaceAll(ask, "%s", path))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if holds, err := p.Holds(context.Background(), config.NewScope(when)); err != nil || !holds {
			t.Errorf("%s: %v, %v", path, holds, err)
		}
		asked++
	}
	if asked < 80 {
		t.Errorf("only %d fields", asked)
	}
}

func TestWhatTheReadmePromisesCompiles(t *testing.T) {
	for source, kind := range map[string]string{
		`contact.spent_since(now - days(90)) > 500.0`:                                                     config.KindSegment,
		`contact.spent_in('KRW', now - days(90)) > 500000`:                                                config.KindSegment,
		`contact.orders.filter(o, now - o.at < days(90)).map(o, o.total).sum() > 500.0`:                   config.KindSegment,
		`contact.orders.exists(o, 'SHOE-1' in o.skus && now - o.at < days(30))`:                           config.KindSegment,
		`now - contact.last_order_at > days(180) && contact.orders_count > 0`:                             config.KindSegment,
		`'sg01' in contact.segments && message.channel == 'email'`:                                        config.KindRoute,
		`message.text.contains_any(['환불', 'refund']) || contact.language == 'ko'`:                         config.KindRoute,
		`message.from.endsWith('@bigcustomer.example') && !message.automatic`:                             config.KindRoute,
		`contact.attribute('plan') == 'gold' && !hours.open`:                                              config.KindRoute,
		`fact.type == 'clock.breached' && fact.clock == 'first_response'`:                                 config.KindRule,
		`message.direction == 'in' && !hours.open && !message.automatic`:                                  config.KindRule,
		`conversation.channel != 'phone' && 'seoul' in hours.open_ids && now.getHours('Asia/Seoul') < 18`: config.KindQuestionnaire,
	} {
		names, _ := config.Sees(kind)
		p, err := expr.Must[config.Scope](names...).Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		for _, path := range config.Unseen(kind) {
			if p.Uses(path) {
				t.Errorf("%s: a %s does not see %s", source, kind, path)
			}
		}
	}
}
