package events

import (
	"strings"
	"testing"
)

func TestATagHasOneForm(t *testing.T) {
	for said, want := range map[string]string{
		" VIP ": "vip", "a:b.c-d_e f": "a:b.c-d_e f", "환불 요청": "환불 요청", "2x": "2x", strings.Repeat("a", MaxTag): strings.Repeat("a", MaxTag),
	} {
		if got, ok := Tag(said); !ok || got != want {
			t.Errorf("%q becomes %q, %v", said, got, ok)
		}
	}
	for _, said := range []string{"", "  ", "-a", "a,b", "a/b", "a\nb", "a\x00", "#a", "a\u202eb", strings.Repeat("a", MaxTag+1), strings.Repeat("환", MaxTag/3+1)} {
		if got, ok := Tag(said); ok {
			t.Errorf("%q is taken as %q", said, got)
		}
	}
	if tag, _ := Tag(" VIP "); tag == "vip" {
		if again, ok := Tag(tag); !ok || again != tag {
			t.Errorf("%q becomes %q", tag, again)
		}
	}
}
