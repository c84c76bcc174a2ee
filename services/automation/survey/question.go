package survey

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Texts that are asked where a questionnaire has none of its own, by kind and
// language.
var questions = map[events.SurveyKind]map[string]string{
	events.CSAT: {
		"ko": "상담에 얼마나 만족하셨나요? 1(매우 불만족)부터 5(매우 만족)까지 숫자로 답장해 주세요.",
		"en": "How satisfied were you with our help? Reply with a number from 1 (not at all) to 5 (very).",
	},
	events.NPS: {
		"ko": "저희를 주변에 추천하실 의향이 얼마나 되시나요? 0(전혀 없음)부터 10(매우 높음)까지 숫자로 답장해 주세요.",
		"en": "How likely are you to recommend us? Reply with a number from 0 (not at all) to 10 (very likely).",
	},
	events.CES: {
		"ko": "문의를 해결하는 과정이 얼마나 쉬우셨나요? 1(매우 어려움)부터 5(매우 쉬움)까지 숫자로 답장해 주세요.",
		"en": "How easy was it to get this solved? Reply with a number from 1 (very hard) to 5 (very easy).",
	},
}

// hows say how to answer, for texts that do not; the numbers stand for the braces.
var hows = map[string]string{"ko": "{low}부터 {high}까지 숫자로 답장해 주세요.", "en": "Reply with a number from {low} to {high}."}

// links say what the address is for, where a text of our own is sent.
var links = map[string]string{"ko": "의견 남기기: ", "en": "Or tell us here: "}

var linkVariable = regexp.MustCompile(`\{\{\s*link\s*\}\}`)

// Question is the whole text of an asking in a language: the questionnaire's, or
// one of our own, with how to answer by number where it does not say so, and with
// the address of the page in the place of {{link}}. Without an address whole lines
// that hold nothing else are left out. render fills the other variables.
func Question(q *config.Questionnaire, lang, link string, render func(string) string) string {
	if lang != "ko" {
		lang = known(q.Texts, lang)
	}
	text, own := config.Text(q.Texts, lang)
	if !own {
		if text = questions[q.Kind][lang]; text == "" {
			lang = "en"
			text = questions[q.Kind][lang]
		}
		if link != "" {
			text += "\n" + links[lang] + "{{link}}"
		}
	}
	text = withLink(text, link, render)
	if low, high, _ := q.Kind.Scale(); own && !(holds(text, low) && holds(text, high)) {
		how := hows[lang]
		if is, any := korean(text); any && is {
			how = hows["ko"]
		} else if how == "" || any {
			how = hows["en"]
		}
		text += "\n" + strings.NewReplacer("{low}", strconv.Itoa(low), "{high}", strconv.Itoa(high)).Replace(how)
	}
	return text
}

// Scores are the scale of a kind as answers to press, from the lowest on: beside a
// text that says how to answer by number, for channels without buttons and for those
// with fewer than these.
func Scores(kind events.SurveyKind, survey events.SurveyID) []events.QuickReply {
	low, high, _ := kind.Scale()
	var list []events.QuickReply
	for n := low; n <= high; n++ {
		list = append(list, events.QuickReply{Label: strconv.Itoa(n), Value: commands.ScoreValue(survey, n)})
	}
	return list
}

// known keeps a language for which there is a text, and else takes English.
func known(texts map[string]string, lang string) string {
	if _, ok := texts[lang]; ok {
		return lang
	}
	return "en"
}

// withLink renders line by line, so that the address is never taken for a text
// with variables.
func withLink(text, link string, render func(string) string) string {
	var out []string
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		parts := linkVariable.Split(line, -1)
		if len(parts) > 1 && link == "" && strings.TrimSpace(strings.Join(parts, "")) == "" {
			continue
		}
		for i := range parts {
			parts[i] = render(parts[i])
		}
		out = append(out, strings.Join(parts, link))
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

var numbers = regexp.MustCompile(`\d+`)

// holds reports whether a text names a number.
func holds(text string, n int) bool {
	for _, found := range numbers.FindAllString(text, -1) {
		if found == strconv.Itoa(n) {
			return true
		}
	}
	return false
}
