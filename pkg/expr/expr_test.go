package expr

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

type order struct {
	At    time.Time `json:"at"`
	Total float64   `json:"total"`
}

type person struct {
	Name   string            `json:"name"`
	Age    int               `json:"age"`
	Facts  map[string]string `json:"facts"`
	Orders []order           `json:"orders"`
	Tags   []string          `json:"tags"`
	hidden string
}

// Since is a function of expressions.
func (p *person) Since(t time.Time) float64 {
	sum := 0.0
	for _, o := range p.Orders {
		if !o.At.Before(t) {
			sum += o.Total
		}
	}
	return sum
}

// Fact is one by name.
func (p *person) Fact(name string) string { return p.Facts[name] }

type scope struct {
	Now    time.Time `json:"now"`
	Person *person   `json:"person"`
	Open   bool      `json:"open"`
	Level  int       `json:"level"`
}

var when = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func somebody() *scope {
	return &scope{Now: when, Open: true, Level: 3, Person: &person{
		Name: "Kim Minsu", Age: 41, hidden: "x", Facts: map[string]string{"plan": "gold"}, Tags: []string{"vip", "refund"},
		Orders: []order{{when.Add(-24 * time.Hour), 300}, {when.Add(-30 * 24 * time.Hour), 250.5}, {when.Add(-200 * 24 * time.Hour), 9000}},
	}}
}

func ask(t *testing.T, source string, s *scope) bool {
	t.Helper()
	p, err := Must[scope]().Compile(source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	holds, err := p.Holds(context.Background(), s)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return holds
}

func TestConditionsHold(t *testing.T) {
	for source, want := range map[string]bool{
		`true`:              true,
		`open && level > 2`: true,
		`level > 2.5`:       true,
		`person.age >= 18 && 'vip' in person.tags`:                                               true,
		`person.name.lower().contains('minsu')`:                                                  true,
		`person.name.contains_any(['park', 'KIM'])`:                                              true,
		`person.name.contains_any(['park'])`:                                                     false,
		`person.name.matches('(?i)^kim')`:                                                        true,
		`person.fact('plan') == 'gold' && person.fact('none') == ''`:                             true,
		`'plan' in person.facts && !('none' in person.facts)`:                                    true,
		`person.facts['plan'] == 'gold'`:                                                         true,
		`person.since(now - days(90)) > 550`:                                                     true,
		`person.since(now - days(90)) > 551`:                                                     false,
		`person.orders.filter(o, now - o.at < duration('2160h')).map(o, o.total).sum() == 550.5`: true,
		`person.orders.exists(o, o.total > 8999.0)`:                                              true,
		`size(person.orders) == 3 && person.orders[2].total == 9000.0`:                           true,
		`now.getHours('Asia/Seoul') == 18`:                                                       true,
		`now.getDayOfWeek() == 0`:                                                                true,
		`[1, 2, 3].sum() == 6`:                                                                   true,
		`now + minutes(5) > now && days(-1) < days(1)`:                                           true,
		`' a '.trim() == 'a'`:                                                                    true,
	} {
		if got := ask(t, source, somebody()); got != want {
			t.Errorf("%s: %v", source, got)
		}
	}
}

func TestNothingFailsForAbsence(t *testing.T) {
	for _, source := range []string{
		`person.name == '' && person.age == 0`, `size(person.orders) == 0`, `person.since(now) == 0.0`,
		`!person.tags.exists(x, x == 'vip')`, `person.fact('plan') == ''`, `!('plan' in person.facts)`, `!open`,
	} {
		if !ask(t, source, &scope{Now: when}) {
			t.Errorf("does not hold for nobody: %s", source)
		}
	}
}

func TestMistakesAreToldInWordsWithTheirPlace(t *testing.T) {
	for source, want := range map[string]string{
		`person.nmae == 'x'`:                     "line 1, column 7: there is no field 'nmae' in it",
		`persn.name == 'x'`:                      "line 1, column 1: there is no 'persn' here",
		`person.hidden == 'x'`:                   "line 1, column 7: there is no field 'hidden' in it",
		"open &&\n  person.name > 3":             "line 2, column 15: '>' does not work with (text, int)",
		`person.name`:                            "line 1, column 1: the expression gives a text; it must say yes or no",
		`open &&`:                                "line 1, column 8:",
		`random() > 3`:                           "there is no 'random' here",
		`person.since(3) > 1.0`:                  "'since' does not work with",
		`person.name.matches('(')`:               "line 1, column 21:",
		strings.Repeat("true && ", 600) + "true": "longer than 4096 bytes",
		``:                                       "line 1, column 1:",
		`person.orders.all(a, person.orders.all(b, person.orders.all(c, true)))`: "nest",
	} {
		_, err := Must[scope]().Compile(source)
		var list Errors
		if !errors.As(err, &list) || len(list) == 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v", source, err)
		}
	}
}

func TestALanguageOfSomeNamesKnowsNoOthers(t *testing.T) {
	l := Must[scope]("now", "person")
	if _, err := l.Compile(`open`); err == nil {
		t.Error("open is not among the names")
	}
	if _, err := l.Compile(`person.age > 3`); err != nil {
		t.Error(err)
	}
	if _, err := For[scope]("nobody"); err == nil {
		t.Error("a name that is no field")
	}
	var paths []string
	for _, f := range l.Fields() {
		paths = append(paths, f.Path+" "+f.Type)
	}
	want := "now time, person.name text, person.age number, person.facts texts by name, person.orders list, person.orders[].at time, " +
		"person.orders[].total decimal, person.tags list of text, person.fact(text) text, person.since(time) decimal"
	if got := strings.Join(paths, ", "); got != want {
		t.Errorf("fields: %s", got)
	}
}

func TestUses(t *testing.T) {
	p, err := Must[scope]().Compile(`person.tags.exists(x, x == person.name) || level > 3 || person.since(now) > 1.0`)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"person": true, "person.tags": true, "person.name": true, "level": true, "open": false, "person.age": false, "person.since": true} {
		if p.Uses(path) != want {
			t.Errorf("uses %s: %v", path, !want)
		}
	}
}

func TestARunawayIsStopped(t *testing.T) {
	s := somebody()
	for range 2000 {
		s.Person.Orders = append(s.Person.Orders, order{when, 1})
	}
	p, err := Must[scope]().Compile(`person.orders.all(a, person.orders.all(b, a.total + b.total > -1.0))`)
	if err != nil {
		t.Fatal(err)
	}
	if holds, err := p.Holds(context.Background(), s); err == nil || holds || !strings.Contains(err.Error(), "cost") {
		t.Errorf("four million rounds: %v, %v", holds, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if holds, err := p.Holds(ctx, s); err == nil || holds {
		t.Errorf("after its end: %v, %v", holds, err)
	}
	p, err = Must[scope]().Compile(`1 / (level - 3) > 0`)
	if err != nil {
		t.Fatal(err)
	}
	if holds, err := p.Holds(context.Background(), s); err == nil || holds {
		t.Errorf("divided by nought: %v, %v", holds, err)
	}
}

func TestManyAskOneProgram(t *testing.T) {
	p, err := Must[scope]().Compile(`person.since(now - days(90)) > double(level)`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			s := somebody()
			s.Level = g * 100
			for range 200 {
				if holds, err := p.Holds(context.Background(), s); err != nil || holds != (g*100 < 550) {
					t.Errorf("level %d: %v, %v", s.Level, holds, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func FuzzCompile(f *testing.F) {
	l := Must[scope]()
	for _, s := range []string{`open && level > 2`, `person.orders.exists(o, o.total > 8.0)`, `person.name.matches('(a+)+$')`, `((((`, "\xff", `"\u00"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		p, err := l.Compile(source)
		if err != nil {
			var list Errors
			if !errors.As(err, &list) || len(list) == 0 || len(list) > maxErrors || list[0].Line < 1 || list[0].Column < 1 {
				t.Fatalf("%q: %v", source, err)
			}
			return
		}
		began := time.Now()
		if holds, err := p.Holds(context.Background(), somebody()); err != nil && holds {
			t.Fatalf("%q holds with an error", source)
		}
		if d := time.Since(began); d > 10*time.Second {
			t.Fatalf("%q took %v", source, d)
		}
	})
}

func BenchmarkHolds(b *testing.B) {
	for name, source := range map[string]string{
		"plain":  `person.age >= 18 && 'vip' in person.tags && level > 2`,
		"method": `person.since(now - days(90)) > 500.0 && person.fact('plan') == 'gold'`,
		"filter": `person.orders.filter(o, now - o.at < duration('2160h')).map(o, o.total).sum() > 500.0`,
	} {
		b.Run(name, func(b *testing.B) {
			p, err := Must[scope]().Compile(source)
			if err != nil {
				b.Fatal(err)
			}
			s, ctx := somebody(), context.Background()
			b.ReportAllocs()
			for b.Loop() {
				if holds, err := p.Holds(ctx, s); err != nil || !holds {
					b.Fatal(holds, err)
				}
			}
		})
	}
}
