package conversation

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
)

func TestScoresAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]int{
		"5": 5, "5!": 5, " 4 \n": 4, "５": 5, "⑤": 5, "❸": 3, "➁": 2, "5점": 5, "5점이요~": 5, "4 점입니다.": 4, "3번": 3, "5️⃣": 5,
		"★★★★★": 5, "⭐⭐⭐": 3, "⭐️⭐️⭐️⭐️": 4, "★★☆☆☆": 2, "5/5": 5, "4 / 5점": 4, "1 star": 1, "3 points": 3, "5)": 5, "2。": 2,
	} {
		if got, ok := ReadScore(events.CSAT, text); !ok || got != want {
			t.Errorf("%q is read as %d, %v", text, got, ok)
		}
		if got, ok := ReadScore(events.CES, text); !ok || got != want {
			t.Errorf("of ease %q is read as %d, %v", text, got, ok)
		}
	}
	for text, want := range map[string]int{"0": 0, "10": 10, "🔟": 10, "10점": 10, "10/10": 10, "7 / 10": 7, "⑩": 10, "⓪": 0, "9!!": 9} {
		if got, ok := ReadScore(events.NPS, text); !ok || got != want {
			t.Errorf("%q is read as %d, %v", text, got, ok)
		}
	}
}

func TestWhatIsNoScore(t *testing.T) {
	for _, text := range []string{
		"", " ", "!", "I ordered 5 of them", "5 please", "주문 5번이요 확인해주세요", "5개", "room 5", "4.5", "4,5", "-5", "+5", "05", "55", "6", "0", "100",
		"5 4", "5\n4", "5/10", "5/", "/5", "5/5/5", "★★★★★★", "★★☆", "☆☆☆☆☆", "★5", "five", "점", "5 점 만점에 3", "5@example.com", "010-1234-5678", "²", "Ⅴ", "٥",
	} {
		if got, ok := ReadScore(events.CSAT, text); ok {
			t.Errorf("%q is read as %d", text, got)
		}
	}
	for _, text := range []string{"11", "★★★", "5/5", "-1", "00"} {
		if got, ok := ReadScore(events.NPS, text); ok {
			t.Errorf("%q is read as a recommendation of %d", text, got)
		}
	}
	if _, ok := ReadScore("smiles", "3"); ok {
		t.Error("a kind that nobody knows has scores")
	}
}

// Every score of a scale is read back from every way to write it; with a letter
// of a word beside it, it is none.
func TestEveryScoreOfAScaleIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]events.SurveyKind{events.CSAT, events.NPS, events.CES}).Draw(t, "kind")
		low, high, _ := kind.Scale()
		n := rapid.IntRange(low, high).Draw(t, "score")
		text := strconv.Itoa(n)
		if rapid.Bool().Draw(t, "wide") {
			wide := ""
			for _, r := range text {
				wide += string('０' + r - '0')
			}
			text = wide
		}
		text = rapid.SampledFrom([]string{"", " ", "\n"}).Draw(t, "before") + text + rapid.SampledFrom([]string{"", "!", ".", "점", "점!", " points", "/" + strconv.Itoa(high)}).Draw(t, "after")
		if got, ok := ReadScore(kind, text); !ok || got != n {
			t.Fatalf("%q of %s is read as %d, %v", text, kind, got, ok)
		}
		if got, ok := ReadScore(kind, "x"+text); ok {
			t.Fatalf("x%s is read as %d", text, got)
		}
	})
}

func FuzzReadScore(f *testing.F) {
	for _, s := range []string{"5", "★★★", "5/5", "５점", "🔟", "\xff5", "5️⃣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []events.SurveyKind{events.CSAT, events.NPS, events.CES} {
			low, high, _ := kind.Scale()
			if n, ok := ReadScore(kind, text); ok && (n < low || n > high) {
				t.Fatalf("%q is read as %d of %s", text, n, kind)
			}
		}
	})
}
