package survey_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/automation/survey"
)

const address = "https://inbox.example.com/s/abc"

func TestQuestions(t *testing.T) {
	plain := func(s string) string { return strings.ReplaceAll(s, "{{contact.name}}", "Kim {{link}}") }
	for name, c := range map[string]struct {
		q          config.Questionnaire
		lang, link string
		want       string
	}{
		"ours":            {config.Questionnaire{Kind: events.CSAT}, "en", "", "How satisfied were you with our help? Reply with a number from 1 (not at all) to 5 (very)."},
		"ours, by link":   {config.Questionnaire{Kind: events.CES}, "en", address, "How easy was it to get this solved? Reply with a number from 1 (very hard) to 5 (very easy).\nOr tell us here: " + address},
		"ours in Korean":  {config.Questionnaire{Kind: events.NPS}, "ko", address, "저희를 주변에 추천하실 의향이 얼마나 되시나요? 0(전혀 없음)부터 10(매우 높음)까지 숫자로 답장해 주세요.\n의견 남기기: " + address},
		"another tongue":  {config.Questionnaire{Kind: events.CSAT}, "de", "", "How satisfied were you with our help? Reply with a number from 1 (not at all) to 5 (very)."},
		"theirs":          {config.Questionnaire{Kind: events.CSAT, Texts: map[string]string{"en": "1-5?\n{{ link }}\nThanks, {{contact.name}}"}}, "en", address, "1-5?\n" + address + "\nThanks, Kim {{link}}"},
		"without address": {config.Questionnaire{Kind: events.CSAT, Texts: map[string]string{"en": "1-5?\n{{link}}\nThanks"}}, "en", "", "1-5?\nThanks"},
		"says not how":    {config.Questionnaire{Kind: events.NPS, Texts: map[string]string{"en": "Would you recommend us?", "ko": "추천하시겠어요?"}}, "ko", "", "추천하시겠어요?\n0부터 10까지 숫자로 답장해 주세요."},
		"only Korean":     {config.Questionnaire{Kind: events.CSAT, Texts: map[string]string{"ko": "어떠셨나요?"}}, "en", "", "어떠셨나요?\n1부터 5까지 숫자로 답장해 주세요."},
		"only German":     {config.Questionnaire{Kind: events.CSAT, Texts: map[string]string{"de": "Wie war es?"}}, "de", "", "Wie war es?\nReply with a number from 1 to 5."},
	} {
		if got := survey.Question(&c.q, c.lang, c.link, plain); got != c.want {
			t.Errorf("%s: %q\nwant %q", name, got, c.want)
		}
	}
}

// The buttons are the whole scale, and fit the narrowest channel that has buttons.
func TestScoresToPress(t *testing.T) {
	sv := events.SurveyID(id.Derive("sv", "cv1", "17", "q"))
	for kind, want := range map[events.SurveyKind]string{events.CSAT: "1 2 3 4 5", events.CES: "1 2 3 4 5", events.NPS: "0 1 2 3 4 5 6 7 8 9 10"} {
		var labels []string
		for _, q := range survey.Scores(kind, sv) {
			labels = append(labels, q.Label)
			got, score, ok := commands.ReadScoreValue(q.Value)
			if !ok || got != sv || strconv.Itoa(score) != q.Label || len(q.Value) > events.MaxQuickValue {
				t.Errorf("%s: %q gives %d to %s", q.Label, q.Value, score, got)
			}
		}
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("%s: %s", kind, got)
		}
	}
}
