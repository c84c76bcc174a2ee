package profile_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/webhook/profile"
)

func TestPresses(t *testing.T) {
	const mapped = `{"profile":"mapped","mapping":{"external_id":"/id","sender_id":"/who","text":"/said","pressed":["/button/value","/choice"],"direction":{"at":"/by","out":["us"]}}}`
	long := strings.Repeat("v", profile.MaxID+1)
	for _, row := range []struct {
		name, settings, body string
		pressed, text, flag  string
	}{
		{"plain", `{}`, `{"id":"1","contact":{"id":"c"},"text":"Good","pressed":"sv1:4"}`, "sv1:4", "Good", "button"},
		{"plain without a label", `{}`, `{"id":"1","contact":{"id":"c"},"pressed":"sv1:4"}`, "sv1:4", "sv1:4", "button"},
		{"plain, a label in HTML", `{}`, `{"id":"1","contact":{"id":"c"},"html":"<b>Good</b>","pressed":"sv1:4"}`, "sv1:4", "Good", "button"},
		{"plain, nothing pressed", `{}`, `{"id":"1","contact":{"id":"c"},"text":"Good","pressed":null}`, "", "Good", ""},
		{"plain, our own words", `{}`, `{"id":"1","contact":{"id":"c"},"text":"Good","pressed":"sv1:4","direction":"out"}`, "", "Good", ""},
		{"standard", `{"profile":"standard","auth":"none"}`, `{"type":"message.created","timestamp":"2026-01-01T00:00:00Z","data":{"id":"1","contact":{"id":"c"},"text":"Good","pressed":"sv1:4"}}`, "sv1:4", "Good", "button"},
		{"standard, an edit", `{"profile":"standard","auth":"none"}`, `{"type":"message.updated","timestamp":"2026-01-01T00:00:00Z","data":{"id":"1","contact":{"id":"c"},"text":"Good","pressed":"sv1:4"}}`, "", "Good", ""},
		{"mapped", mapped, `{"id":1,"who":"c","said":"Good","button":{"value":"sv1:4"}}`, "sv1:4", "Good", "button"},
		{"mapped, a number in the second place", mapped, `{"id":1,"who":"c","said":"Good","choice":4}`, "4", "Good", "button"},
		{"mapped, too long", mapped, `{"id":1,"who":"c","said":"Good","choice":"` + long + `"}`, "", "Good", "pressed-unreadable"},
		{"mapped, our own words", mapped, `{"id":1,"who":"c","said":"Good","choice":"4","by":"us"}`, "", "Good", ""},
	} {
		s, inbox := settings(t, row.settings)
		got, err := s.Read(inbox, request(row.body))
		if err != nil || len(got) != 1 || got[0].Message == nil {
			t.Errorf("%s: %+v, %v", row.name, got, err)
			continue
		}
		m := got[0].Message
		if m.Pressed != row.pressed || m.Text != row.text || row.flag != "" && !slices.Contains(got[0].Flags, row.flag) || row.flag == "" && slices.Contains(got[0].Flags, "button") {
			t.Errorf("%s: pressed %q, text %q, flags %q", row.name, m.Pressed, m.Text, got[0].Flags)
		}
	}
	for name, body := range map[string]string{
		"too long":          `{"id":"1","contact":{"id":"c"},"text":"Good","pressed":"` + long + `"}`,
		"control character": `{"id":"1","contact":{"id":"c"},"text":"Good","pressed":"a\u0007"}`,
		"a number":          `{"id":"1","contact":{"id":"c"},"text":"Good","pressed":4}`,
	} {
		s, inbox := settings(t, `{}`)
		if got, status := word(s.Read(inbox, request(body))); status != http.StatusUnprocessableEntity || !strings.HasPrefix(got, "bad-pressed") && got != "wrong-type" {
			t.Errorf("%s: %s, %d", name, got, status)
		}
	}
	_, inbox := settings(t, `{}`)
	e, err := profile.Explain(inbox, profile.Sample{Body: `{"id":"1","contact":{"id":"c"},"text":"Good","pressed":"sv1:4"}`}, now)
	if err != nil || !strings.Contains(e.String(), `"/pressed"`) || e.Statements[0].Type != events.MessageReceived || len(e.Statements[0].Ignored) != 0 {
		t.Errorf("%s, %v", e, err)
	}
}
