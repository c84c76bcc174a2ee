package config

import (
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

var seenAt = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func TestVariablesAreFilled(t *testing.T) {
	s := NewScope(seenAt)
	s.Contact = SeeContact("c1", "Kim Minsu", nil, map[string]string{"Plan": "gold {{agent.name}}"})
	SetOrders(s.Contact, []ScopeOrder{{ID: "1", Number: "#1001", At: seenAt.Add(-time.Hour), Total: 12.5}, {ID: "0", Number: "#1000", At: seenAt.Add(-2 * time.Hour)}})
	s.Conversation = SeeConversation(&events.Conversation{ID: "v1"}, seenAt)
	l := Letter{Scope: s, Agent: "Anna Bell", Extra: map[string]string{"link": "https://a.example/s/x"}}
	for text, want := range map[string]string{
		"Hello {{contact.first_name}}, {{ Contact.Name }}!":          "Hello Kim, Kim Minsu!",
		"{{agent.name}} {{agent.first_name}} {{conversation.id}}":    "Anna Bell Anna v1",
		"{{order.number}} {{order.total}}":                           "#1001 12.5",
		"{{contact.attributes.plan}}":                                "gold {{agent.name}}",
		"{{contact.phone}}{{nothing.at.all}}{{}}":                    "",
		"Dear {{contact.phone|customer}}":                            "Dear customer",
		"{{link}}":                                                   "https://a.example/s/x",
		"{{ open\n}} {{{contact.first_name}} {{":                     "{{ open\n}} {{{contact.first_name}} {{",
		"if (a) { b } {{contact.first_name}}":                        "if (a) { b } Kim",
		"{{" + strings.Repeat("x", maxVariable+1) + "}} and the end": "{{" + strings.Repeat("x", maxVariable+1) + "}} and the end",
	} {
		if got := l.Fill(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := (&Letter{}).Fill("{{contact.name}}{{order.id}}{{conversation.id}}."); got != "." {
		t.Errorf("of nobody: %q", got)
	}
}

func TestMoneyIsAddedUpInItsOwnCurrency(t *testing.T) {
	cancelled := seenAt
	c := SeeContact("c1", "", nil, nil)
	var list []ScopeOrder
	for _, o := range []events.Order{
		{ID: "1", Currency: "KRW", Total: "10000", Refunded: "2500", PlacedAt: seenAt.AddDate(0, 0, -1)},
		{ID: "2", Currency: "KRW", Total: "5000", PlacedAt: seenAt.AddDate(0, 0, -100)},
		{ID: "3", Currency: "USD", Total: "99.50", PlacedAt: seenAt.AddDate(0, 0, -2)},
		{ID: "4", Currency: "KRW", Total: "7000", PlacedAt: seenAt, CancelledAt: &cancelled},
		{ID: "5", Currency: "KRW", Total: "1e400", PlacedAt: seenAt.AddDate(0, 0, -3)},
		{ID: "6", Currency: "KRW", Total: "10", Refunded: "20", PlacedAt: seenAt.AddDate(0, 0, -3)},
	} {
		list = append(list, SeeOrder(&o))
	}
	SetOrders(c, list)
	switch {
	case c.Currency != "KRW" || c.Spent != 12500 || c.OrdersCount != 5:
		t.Errorf("%s %v %d", c.Currency, c.Spent, c.OrdersCount)
	case c.SpentSince(seenAt.AddDate(0, 0, -90)) != 7500 || c.SpentIn("USD", Never) != 99.5 || c.SpentIn("EUR", Never) != 0:
		t.Error("since")
	case c.OrdersSince(seenAt.AddDate(0, 0, -2)) != 2 || c.Orders[0].ID != "4":
		t.Error("counted", c.OrdersSince(seenAt.AddDate(0, 0, -2)))
	case !c.LastOrderAt.Equal(seenAt.AddDate(0, 0, -1)) || !c.FirstOrderAt.Equal(seenAt.AddDate(0, 0, -100)):
		t.Error("first and last")
	}
}

func TestMoreOrdersThanAreSeenStillCount(t *testing.T) {
	c := SeeContact("c1", "", nil, nil)
	list := make([]ScopeOrder, MaxSeenOrders+100)
	for i := range list {
		list[i] = ScopeOrder{At: seenAt.Add(-time.Duration(i) * time.Hour), Total: 1, Currency: "EUR"}
	}
	if SetOrders(c, list); c.Spent != MaxSeenOrders+100 || c.OrdersCount != MaxSeenOrders+100 || len(c.Orders) != MaxSeenOrders {
		t.Error(c.Spent, c.OrdersCount, len(c.Orders))
	}
}

func TestLanguageOfAText(t *testing.T) {
	for text, want := range map[string]string{"안녕 世界": "ko", "世界": "zh", "こんにちは世界": "ja", "hello": "", "": ""} {
		if got := LanguageOf(text); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestALongTextIsCutBetweenCharacters(t *testing.T) {
	m := SeeMessage(&events.Message{Text: strings.Repeat("가", MaxSeenText)})
	if len(m.Text) > MaxSeenText || len(m.Text) < MaxSeenText-3 || strings.Trim(m.Text, "가") != "" {
		t.Error(len(m.Text))
	}
}

func FuzzFill(f *testing.F) {
	f.Add("{{contact.name}} {{")
	f.Add("{{{{}}}}|{{a|b}}")
	f.Fuzz(func(t *testing.T, text string) {
		s := NewScope(seenAt)
		l := Letter{Scope: s}
		if got := l.Fill(text); len(got) > len(text) {
			t.Errorf("nothing known made it longer: %q", got)
		}
	})
}
