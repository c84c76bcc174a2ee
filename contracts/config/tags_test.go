package config

import (
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// What gives tags by itself takes those that a person could give, and no others. To see
// it fail, have checkTags ask for anything else than events.Tag.
func TestSettingsTakeTheTagsThatCommandsTake(t *testing.T) {
	for _, tag := range []string{"vip", " VIP ", "환불 요청", "a:b.c-d_e", strings.Repeat("a", 64), "", " ", "a,b", "-a", "#a", "a\nb", "a\u202eb", strings.Repeat("a", 65), strings.Repeat("환", 22)} {
		_, want := events.Tag(tag)
		route := Route{ID: "rt1", Name: "r", When: "true", Tags: []string{tag}}
		rule := Rule{ID: "ru1", Name: "r", On: []string{"message.added"}, Do: []Action{{Do: DoTag, Tags: []string{tag}}, {Do: DoUntag, Tags: []string{tag}}}}
		macro := Macro{ID: "mc1", Name: "m", Do: rule.Do}
		for what, err := range map[string]error{"a route": route.Check(), "a rule": rule.Check(), "a macro": macro.Check()} {
			if (err == nil) != want {
				t.Errorf("%s says %v of %q, a command %v", what, err, tag, want)
			}
		}
	}
}
