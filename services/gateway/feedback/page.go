package feedback

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/wording"
)

// words are the page's texts in one language.
type words struct {
	Lang, Title, Choose, Comment, Hint, Send, Thanks, Again, Missing, Gone, GoneMore, Over, OverMore, OverKept, Busy, Unwell string
	Questions                                                                                                                map[events.SurveyKind][3]string // question, lowest, highest
}

var languages = map[string]*words{
	"ko": {
		Lang: "ko", Title: "상담은 어떠셨나요?", Choose: "점수", Comment: "더 하고 싶은 말씀 (선택)", Hint: "주민등록번호나 카드 번호 같은 개인 정보는 적지 마세요.",
		Send: "보내기", Thanks: "감사합니다. 답변이 저장되었습니다.", Again: "마음이 바뀌시면 다시 보내실 수 있습니다.", Missing: "점수를 고르거나 의견을 적어 주세요.",
		Gone: "이 설문은 열려 있지 않습니다.", GoneMore: "기간이 지났거나 주소가 완전하지 않을 수 있습니다.",
		Over: "이 설문은 종료되었습니다.", OverMore: "시간을 내어 찾아 주셔서 감사합니다. 하실 말씀이 있으면 언제든지 문의해 주세요.", OverKept: "보내 주신 답변은 잘 저장되어 있습니다. 감사합니다.",
		Busy: "잠시 후 다시 시도해 주세요.", Unwell: "지금은 저장할 수 없습니다. 잠시 후 다시 보내 주세요.",
		Questions: map[events.SurveyKind][3]string{
			events.CSAT: {"상담에 얼마나 만족하셨나요?", "매우 불만족", "매우 만족"},
			events.NPS:  {"저희를 주변에 추천하실 의향이 얼마나 되시나요?", "전혀 없음", "매우 높음"},
			events.CES:  {"문의를 해결하는 과정이 얼마나 쉬우셨나요?", "매우 어려움", "매우 쉬움"},
		},
	},
	"en": {
		Lang: "en", Title: "How was it?", Choose: "Score", Comment: "Anything you would like to add (optional)", Hint: "Please leave out personal data such as card numbers.",
		Send: "Send", Thanks: "Thank you. Your answer is stored.", Again: "If you change your mind, send it again.", Missing: "Please choose a score or write something.",
		Gone: "This survey is not open.", GoneMore: "Its time may be over, or the address may be incomplete.",
		Over: "This survey has ended.", OverMore: "Thank you for coming. If there is something that you would like to tell us, please write to us at any time.", OverKept: "Your answer is stored. Thank you.",
		Busy: "Please try again in a moment.", Unwell: "Your answer cannot be stored just now. Please send it again in a moment.",
		Questions: map[events.SurveyKind][3]string{
			events.CSAT: {"How satisfied were you with our help?", "Not at all", "Very"},
			events.NPS:  {"How likely are you to recommend us?", "Not at all", "Very likely"},
			events.CES:  {"How easy was it to get this solved?", "Very hard", "Very easy"},
		},
	},
}

// wordsOf are the words in the language that the browser prefers (RFC 9110, section
// 12.5.4).
func wordsOf(r *http.Request) *words {
	return languages[string(wording.Preferred(r.Header.Get("Accept-Language")))]
}

// view is what the template shows.
type view struct {
	*words
	Question, Low, High string
	Scores              []score // none: there is no form
	Say, More           string
	Alarm               bool
	Text                string
}

type score struct {
	N       int
	Chosen  bool
	Meaning string
}

// ask is the form of a kind of survey with what was chosen.
func (w *words) ask(kind events.SurveyKind, chosen *int) view {
	low, high, _ := kind.Scale()
	q := w.Questions[kind]
	v := view{words: w, Question: q[0], Low: q[1], High: q[2]}
	for n := low; n <= high; n++ {
		s := score{N: n, Chosen: chosen != nil && *chosen == n}
		switch n {
		case low:
			s.Meaning = q[1]
		case high:
			s.Meaning = q[2]
		}
		v.Scores = append(v.Scores, s)
	}
	return v
}

// maxComment is what the form takes, in characters: any thousand of them fit the router's 4 KiB.
const maxComment = 1000

const style = `:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;font:1rem/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}
main{max-width:34rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.4rem;margin:0 0 1rem}
fieldset{border:0;margin:0;padding:0}
legend{padding:0;font-weight:600}
.scale{display:flex;flex-wrap:wrap;gap:.5rem;margin:.75rem 0 .25rem}
.scale label{position:relative}
.scale input{position:absolute;opacity:0;inset:0;width:100%;height:100%;margin:0;cursor:pointer}
.scale span{display:block;min-width:2.75rem;padding:.6rem 0;text-align:center;border:2px solid GrayText;border-radius:.5rem}
.scale input:checked+span{background:#14532d;border-color:#14532d;color:#fff;font-weight:700}
.scale input:focus-visible+span{outline:3px solid #2563eb;outline-offset:2px}
.ends{display:flex;justify-content:space-between;font-size:.9rem;margin:0 0 1.25rem}
label.comment{display:block;font-weight:600}
textarea{width:100%;min-height:7rem;margin:.4rem 0 .2rem;padding:.6rem;font:inherit;border:2px solid GrayText;border-radius:.5rem;background:Field;color:FieldText}
.hint{font-size:.9rem;margin:0 0 1.25rem}
button{font:inherit;font-weight:600;padding:.7rem 1.6rem;border:0;border-radius:.5rem;background:#14532d;color:#fff;cursor:pointer}
button:focus-visible,textarea:focus-visible{outline:3px solid #2563eb;outline-offset:2px}
.say{padding:.8rem 1rem;border-left:4px solid #15803d;margin:0 0 1.25rem}
.alarm{border-color:#b91c1c}
.say p{margin:0}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}`

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>{{.Title}}</title>
<style>` + style + `</style>
</head>
<body>
<main>
<h1>{{.Title}}</h1>
{{if .Say}}<div class="say{{if .Alarm}} alarm{{end}}" role="{{if .Alarm}}alert{{else}}status{{end}}"><p>{{.Say}}</p>{{if .More}}<p>{{.More}}</p>{{end}}</div>
{{end}}{{if .Scores}}<form method="post">
<fieldset>
<legend>{{.Question}}</legend>
<div class="scale">{{range .Scores}}
<label><input type="radio" name="score" value="{{.N}}"{{if .Chosen}} checked{{end}}><span>{{.N}}{{if .Meaning}}<span class="unseen"> {{.Meaning}}</span>{{end}}</span></label>{{end}}
</div>
<p class="ends" aria-hidden="true"><span>{{.Low}}</span><span>{{.High}}</span></p>
</fieldset>
<label class="comment" for="comment">{{.Comment}}</label>
<textarea id="comment" name="comment" maxlength="` + strconv.Itoa(maxComment) + `" aria-describedby="hint">{{.Text}}</textarea>
<p class="hint" id="hint">{{.Hint}}</p>
<button type="submit">{{.Send}}</button>
</form>
{{end}}</main>
</body>
</html>
`))

// policy allows the one style sheet of the page, by its hash, and its form.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()
