package feedback_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/surveylink"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/gateway/feedback"
)

// house is the door with an inbox and a router that a test plays.
type house struct {
	t     *testing.T
	links *surveylink.Links
	clock *clock.Fake
	rows  map[events.ConversationID]events.Conversation
	took  []commands.AnswerSurveyBody
	envs  []commands.Envelope
	older map[events.SurveyID]events.Survey // what the router knows beside the rows
	found []events.ConversationID
	fail  error
	ip    string
	log   strings.Builder
	mux   *http.ServeMux
}

func build(t *testing.T) *house {
	t.Helper()
	s := testkit.NATS(t)
	log, err := eventlog.Open(t.Context(), s.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: s.Commit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	table, err := kv.Open[config.FileKeys](t.Context(), s.Conn(t), log, events.ConfigBucket, config.KindFileKeys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Close)
	h := &house{t: t, clock: clock.NewFake(time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)), rows: map[events.ConversationID]events.Conversation{}, ip: "203.0.113.9", mux: http.NewServeMux()}
	h.links = surveylink.New(table, "https://inbox.example.com", h.clock.Now)
	h.rows["cv1"] = events.Conversation{ID: "cv1", Status: events.Resolved, Contact: events.ContactRef{ID: "ctkim", Name: "Kim Secret"}, Subject: "my order",
		Survey: &events.Survey{ID: "sv1", Kind: events.CSAT, Until: h.clock.Now().Add(time.Hour)}}
	h.mux.Handle(surveylink.Root+"{token}", feedback.New(feedback.Deps{
		Links: h.links, IP: func(*http.Request) string { return h.ip }, Now: h.clock.Now, Log: zerolog.New(&h.log),
		Row: func(_ context.Context, id events.ConversationID) (*events.Conversation, error) {
			c, ok := h.rows[id]
			if !ok {
				return nil, feedback.ErrNone
			}
			return &c, nil
		},
		Find: func(_ context.Context, c events.ConversationID, id events.SurveyID) (*events.Survey, error) {
			h.found = append(h.found, c)
			survey, ok := h.older[id]
			if !ok {
				return nil, feedback.ErrNone
			}
			return &survey, nil
		},
		Answer: func(_ context.Context, env commands.Envelope, body commands.AnswerSurveyBody) error {
			if h.fail == nil {
				h.took, h.envs = append(h.took, body), append(h.envs, env)
			}
			return h.fail
		},
	}))
	return h
}

func (h *house) token(c events.ConversationID, s events.SurveyID) string {
	h.t.Helper()
	token, err := h.links.Token(h.t.Context(), c, s)
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

func (h *house) ask(method, token, form string, header ...string) (*http.Response, string) {
	h.t.Helper()
	r := httptest.NewRequest(method, "/s/"+token, strings.NewReader(form))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return w.Result(), string(body)
}

func (h *house) wants(method, token, form string, status int) string {
	h.t.Helper()
	resp, body := h.ask(method, token, form)
	if resp.StatusCode != status {
		h.t.Fatalf("%s %s: %d, want %d\n%s", method, form, resp.StatusCode, status, body)
	}
	return body
}

func TestThePageAsksAndTakesAnAnswer(t *testing.T) {
	h := build(t)
	token := h.token("cv1", "sv1")
	resp, body := h.ask(http.MethodGet, token, "")
	if resp.StatusCode != http.StatusOK || strings.Count(body, `type="radio"`) != 5 || !strings.Contains(body, "How satisfied") || strings.Contains(body, "checked>") {
		t.Fatalf("%d: %s", resp.StatusCode, body)
	}
	if strings.Contains(body, "Kim") || strings.Contains(body, "my order") || strings.Contains(body, "ctkim") || strings.Contains(body, "<script") || strings.Contains(body, "http") {
		t.Errorf("the page tells of the customer, or loads something: %s", body)
	}
	if p := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'; style-src 'sha256-") || strings.Contains(p, "unsafe") || resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Set-Cookie") != "" {
		t.Errorf("headers %v", resp.Header)
	}
	for range 3 { // scanners of mail open what they find
		h.wants(http.MethodGet, token, "", http.StatusOK)
		h.wants(http.MethodHead, token, "", http.StatusOK)
	}
	if len(h.took) != 0 {
		t.Fatal("to open the page was an answer")
	}
	body = h.wants(http.MethodPost, token, "score=4&comment="+url.QueryEscape(" kind\r\n<b>people</b> "), http.StatusOK)
	if len(h.took) != 1 || *h.took[0].Score != 4 || h.took[0].Comment != "kind\n<b>people</b>" || h.took[0].Via != "link" || h.took[0].Survey != "sv1" || h.envs[0].Conversation != "cv1" || h.envs[0].Name != "answer_survey" {
		t.Fatalf("took %+v", h.took)
	}
	if !strings.Contains(body, "Thank you") || !strings.Contains(body, `value="4" checked`) {
		t.Errorf("after that: %s", body)
	}
	h.wants(http.MethodPost, token, "comment=only+words", http.StatusOK)
	if got := h.took[1]; got.Score != nil || got.Comment != "only words" {
		t.Errorf("took %+v", got)
	}
}

func TestLanguages(t *testing.T) {
	h := build(t)
	token := h.token("cv1", "sv1")
	for accept, want := range map[string]string{
		"": "en", "ko": "ko", "ko-KR,ko;q=0.9,en;q=0.8": "ko", "en-US,en;q=0.9,ko;q=0.8": "en", "fr;q=1, ko;q=0.5, en;q=0.1": "ko", "de": "en", "ko;q=x": "en", "ko;q=0": "en", ";;,,q=": "en",
	} {
		resp, body := h.ask(http.MethodGet, token, "", "Accept-Language", accept)
		if resp.Header.Get("Content-Language") != want || !strings.Contains(body, `<html lang="`+want+`">`) {
			t.Errorf("%q is answered in %s", accept, resp.Header.Get("Content-Language"))
		}
	}
}

func TestNobodyLearnsWhichSurveysThereAre(t *testing.T) {
	h := build(t)
	good := h.token("cv1", "sv1")
	want := ""
	for name, token := range map[string]string{
		"forged": "AAAA", "changed": good[:len(good)-2] + "zz", "cut": good[:len(good)-3], "longer": good + "A",
	} {
		for method, form := range map[string]string{http.MethodGet: "", http.MethodPost: "score=5"} {
			body := h.wants(method, token, form, http.StatusNotFound)
			if want == "" {
				want = body
			}
			if body != want {
				t.Errorf("%s by %s is told apart:\n%s", name, method, body)
			}
		}
	}
	if len(h.took)+len(h.found) != 0 {
		t.Errorf("took %+v, looked for %v", h.took, h.found)
	}
}

// Who comes with an address of ours too late is told that it is over, whatever became
// of the survey since, and nothing of the customer.
func TestASurveyThatIsOver(t *testing.T) {
	h := build(t)
	score := 4
	h.rows["cv2"] = events.Conversation{ID: "cv2", Survey: &events.Survey{ID: "old", Kind: events.NPS, Until: h.clock.Now().Add(-time.Second), Score: &score}}
	h.rows["cv3"] = events.Conversation{ID: "cv3"}
	h.older = map[events.SurveyID]events.Survey{"sv0": {ID: "sv0", Kind: events.CES, Until: h.clock.Now().Add(-time.Hour)}}
	over := func(method, token, form, more string) {
		t.Helper()
		body := h.wants(method, token, form, http.StatusGone)
		if !strings.Contains(body, "This survey has ended.") || !strings.Contains(body, more) || strings.Contains(body, "<form") || strings.Contains(body, "not open") {
			t.Errorf("%s: %s", method, body)
		}
	}
	for name, token := range map[string]string{
		"an earlier one": h.token("cv1", "sv0"), "forgotten": h.token("cv1", "sv9"), "never asked": h.token("cv3", "sv3"), "of what was erased": h.token("cv9", "sv9"),
	} {
		t.Log(name)
		over(http.MethodGet, token, "", "Thank you for coming")
		over(http.MethodPost, token, "score=5", "Thank you for coming")
	}
	over(http.MethodGet, h.token("cv2", "old"), "", "Your answer is stored")
	over(http.MethodPost, h.token("cv2", "old"), "score=1", "Thank you for coming") // the new one is not
	if resp, body := h.ask(http.MethodGet, h.token("cv2", "old"), "", "Accept-Language", "ko"); resp.StatusCode != http.StatusGone || !strings.Contains(body, "이 설문은 종료되었습니다.") || !strings.Contains(body, "저장되어") {
		t.Errorf("in Korean: %d %s", resp.StatusCode, body)
	}
	if len(h.took) != 0 {
		t.Errorf("took %+v", h.took)
	}
	h.fail = feedback.ErrNone // it has ended between
	over(http.MethodPost, h.token("cv1", "sv1"), "score=5", "Thank you for coming")
}

// A customer who was asked again answers the earlier question by its own address.
//
// To see it fail: in find, look at the row alone.
func TestTheAddressOfAnEarlierSurvey(t *testing.T) {
	h := build(t)
	score := 9
	h.older = map[events.SurveyID]events.Survey{"sv0": {ID: "sv0", Kind: events.NPS, Until: h.clock.Now().Add(time.Hour), Score: &score}}
	body := h.wants(http.MethodGet, h.token("cv1", "sv0"), "", http.StatusOK)
	if strings.Count(body, `type="radio"`) != 11 || !strings.Contains(body, "recommend us") || !strings.Contains(body, `value="9" checked`) {
		t.Fatalf("it asks %s", body)
	}
	body = h.wants(http.MethodPost, h.token("cv1", "sv0"), "score=10&comment=yes", http.StatusOK)
	if len(h.took) != 1 || h.took[0].Survey != "sv0" || *h.took[0].Score != 10 || h.envs[0].Conversation != "cv1" || !strings.Contains(body, "Thank you") {
		t.Fatalf("took %+v: %s", h.took, body)
	}
}

func TestWhatAFormMayHold(t *testing.T) {
	h := build(t)
	for form, status := range map[string]int{
		"": 422, "score=": 422, "score=6": 422, "score=0": 422, "score=-1": 422, "score=five": 422, "score=99999999999999999999": 422, "comment=+%0D%0A+": 422, "score=%zz": 422,
		"score=9&comment=but+words": 422, "score=x&comment=but+words": 422, // neither is taken: they were given together
		"score=5": 200, "score=1&comment=": 200, "comment=" + strings.Repeat("%ED%95%9C", 3000): 200, "comment=%ff%00x": 200,
		"comment=" + strings.Repeat("x", 40<<10): 422,
	} {
		h.clock.Advance(time.Minute) // the pace is another story
		h.wants(http.MethodPost, h.token("cv1", "sv1"), form, status)
		if n := len(h.took); n > 0 && len(h.took[n-1].Comment) > 4<<10 {
			t.Errorf("%.20s: a comment of %d bytes", form, len(h.took[n-1].Comment))
		}
	}
	h.clock.Advance(time.Minute)
	if resp, _ := h.ask(http.MethodPost, h.token("cv1", "sv1"), "score=5", "Content-Type", "text/plain"); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a form of another kind: %d", resp.StatusCode)
	}
	if resp, _ := h.ask(http.MethodPut, h.token("cv1", "sv1"), ""); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", resp.StatusCode)
	}
}

func TestWhatCannotBeStoredNowIsNotLost(t *testing.T) {
	h := build(t)
	h.fail = errors.New("no room")
	body := h.wants(http.MethodPost, h.token("cv1", "sv1"), "score=2&comment=too+%3Cslow", http.StatusServiceUnavailable)
	if !strings.Contains(body, "too &lt;slow</textarea>") || !strings.Contains(body, `value="2" checked`) {
		t.Errorf("what was typed is gone: %s", body)
	}
	if strings.Contains(h.log.String(), "slow") {
		t.Errorf("logged: %s", h.log.String())
	}
}

func TestASurveyIsFollowedThroughAMerge(t *testing.T) {
	h := build(t)
	c := h.rows["cv1"]
	c.ID = "cv5"
	h.rows["cv5"] = c
	c.ID, c.MergedInto = "cv1", "cv5"
	h.rows["cv1"] = c
	h.wants(http.MethodPost, h.token("cv1", "sv1"), "score=5", http.StatusOK)
	if h.envs[0].Conversation != "cv5" {
		t.Errorf("answered to %s", h.envs[0].Conversation)
	}
	c.MergedInto = "cv1" // a damaged log
	c.ID = "cv5"
	h.rows["cv5"] = c
	h.wants(http.MethodGet, h.token("cv1", "sv1"), "", http.StatusGone)
}

func TestAStrangerIsSlowedDown(t *testing.T) {
	h := build(t)
	limited := func(n int, ask func(i int) int) int {
		count := 0
		for i := range n {
			if ask(i) == http.StatusTooManyRequests {
				count++
			}
		}
		return count
	}
	if n := limited(20, func(int) int { r, _ := h.ask(http.MethodPost, h.token("cv1", "sv1"), "score=5"); return r.StatusCode }); n != 10 {
		t.Errorf("of 20 answers at once %d were held back", n)
	}
	h.ip = "2001:db8::1"
	if n := limited(100, func(i int) int {
		h.ip = fmt.Sprintf("2001:db8::%x", i)
		r, _ := h.ask(http.MethodGet, "guess"+fmt.Sprint(i), "")
		return r.StatusCode
	}); n != 40 {
		t.Errorf("of 100 guesses %d were held back", n)
	}
	h.clock.Advance(time.Minute)
	h.wants(http.MethodPost, h.token("cv1", "sv1"), "score=5", http.StatusOK)
}
