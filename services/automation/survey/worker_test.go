package survey_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/channel/surveylink"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/automation/survey"
)

// world is the log and the settings, with a router and an inbox that a test plays.
type world struct {
	t       *testing.T
	nc      *nats.Conn
	log     *eventlog.Log
	facts   *feed.Feed[*events.Decision]
	surveys *kv.Table[config.Questionnaire]
	keys    *kv.Table[config.FileKeys]
	clock   *clock.Fake
	dir     string
	reg     *prometheus.Registry

	mu      sync.Mutex // guards what follows
	rows    map[events.ConversationID]events.Conversation
	asked   []commands.AskSurveyBody
	envs    []commands.Envelope
	problem *commands.Problem
	// inThere is why an asking elsewhere is refused, sent are messages of ours.
	inThere *commands.Problem
	sent    map[events.MessageID]events.Message
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := testkit.NATS(t)
	w := &world{
		t: t, nc: s.Conn(t), log: s.OpenLog(t, events.ConversationStream, events.ConversationWildcard), dir: t.TempDir(),
		clock: clock.NewFake(time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)), rows: map[events.ConversationID]events.Conversation{},
	}
	var err error
	check := func() {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w.facts, err = feed.Open(t.Context(), w.log, func(r feed.Raw) (*events.Decision, error) { return events.DecodeDecision(r.Data) }, feed.Options{})
	check()
	t.Cleanup(w.facts.Close)
	settings, err := eventlog.Open(t.Context(), s.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: s.Commit})
	check()
	t.Cleanup(settings.Close)
	w.surveys, err = kv.Open[config.Questionnaire](t.Context(), w.nc, settings, events.ConfigBucket, config.KindQuestionnaire)
	check()
	t.Cleanup(w.surveys.Close)
	w.keys, err = kv.Open[config.FileKeys](t.Context(), w.nc, settings, events.ConfigBucket, config.KindFileKeys)
	check()
	t.Cleanup(w.keys.Close)
	for subject, handle := range map[string]nats.MsgHandler{events.CommandSubject: w.command, events.QueryPrefix + queries.Conversation: w.query, events.QueryPrefix + queries.Message: w.queryMessage} {
		testkit.Answer(t, w.nc, subject, handle)
	}
	return w
}

func (w *world) query(m *nats.Msg) {
	var by queries.ByID
	_ = json.Unmarshal(m.Data, &by)
	w.mu.Lock()
	row, ok := w.rows[events.ConversationID(by.ID)]
	w.mu.Unlock()
	answer := queries.Answer[events.Conversation]{OK: &row}
	if !ok {
		answer = queries.Answer[events.Conversation]{Problem: &queries.Problem{Code: "not_found"}}
	}
	data, _ := json.Marshal(answer)
	_ = m.Respond(data)
}

func (w *world) queryMessage(m *nats.Msg) {
	var by queries.ByID
	_ = json.Unmarshal(m.Data, &by)
	w.mu.Lock()
	sent, ok := w.sent[events.MessageID(by.ID)]
	w.mu.Unlock()
	answer := queries.Answer[events.Message]{OK: &sent}
	if !ok {
		answer = queries.Answer[events.Message]{Problem: &queries.Problem{Code: "not_found"}}
	}
	data, _ := json.Marshal(answer)
	_ = m.Respond(data)
}

func (w *world) command(m *nats.Msg) {
	var env commands.Envelope
	var body commands.AskSurveyBody
	if err := errors.Join(json.Unmarshal(m.Data, &env), json.Unmarshal(env.Body, &body)); err != nil {
		w.t.Errorf("command: %v", err)
	}
	w.mu.Lock()
	problem := w.problem
	if body.Elsewhere {
		problem = w.inThere
	}
	result := commands.Result{Problem: problem}
	if problem == nil {
		w.asked, w.envs = append(w.asked, body), append(w.envs, env)
	}
	w.mu.Unlock()
	if result.Problem == nil {
		body.Survey.AskedAt = w.clock.Now()
		w.say(&events.SurveyAsked{Conversation: env.Conversation, Survey: body.Survey})
	}
	data, _ := json.Marshal(result)
	_ = m.Respond(data)
}

func (w *world) refuse(code commands.Code) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problem = nil
	if code != "" {
		w.problem = &commands.Problem{Code: code}
	}
	w.inThere = w.problem
}

// say appends a decision about the one customer.
func (w *world) say(bodies ...events.Body) { w.sayOf("ctkim", bodies...) }

func (w *world) sayOf(contact events.ContactID, bodies ...events.Body) {
	d := &events.Decision{ID: "d", Contact: contact, At: w.clock.Now(), Cause: events.Cause{Kind: "inbound"}}
	for _, b := range bodies {
		d.Facts = append(d.Facts, events.NewFact(b))
	}
	data, err := d.Encode()
	if err == nil {
		_, err = w.log.AppendAsync(eventlog.Message{Subject: events.ConversationSubject(1), Data: data}).Durable(w.t.Context())
	}
	if err != nil && w.t.Context().Err() == nil {
		w.t.Error(err)
	}
}

func (w *world) has(q config.Questionnaire) {
	w.t.Helper()
	if _, err := w.surveys.Put(w.t.Context(), string(q.ID), q, nil); err != nil {
		w.t.Fatal(err)
	}
}

// start runs a worker; the function it returns stops it.
func (w *world) start() func() {
	w.t.Helper()
	w.reg = prometheus.NewRegistry()
	s, err := survey.New(survey.Deps{
		NC: w.nc, Facts: w.facts, Questionnaires: w.surveys, Links: surveylink.New(w.keys, "https://inbox.example.com", nil),
		Dir: w.dir, Clock: w.clock, Logger: testkit.Logger(w.t), Metrics: w.reg,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	run := func(f func(context.Context) error) {
		running.Go(func() {
			if err := f(ctx); err != nil {
				w.t.Error(err)
			}
		})
	}
	run(s.Run)
	<-s.Ready()
	run(s.Ask)
	stop := sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if err := s.Close(); err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// talked is a conversation in which the customer wrote and was answered.
func (w *world) talked(c events.ConversationID, text string) {
	w.say(message(c, events.In, events.Author{Kind: "contact"}, text))
	w.say(message(c, events.Out, events.Author{Kind: "agent", ID: "anna"}, "done"))
}

func message(c events.ConversationID, d events.Direction, by events.Author, text string, flags ...string) *events.MessageAdded {
	return &events.MessageAdded{Message: events.Message{ID: events.MessageID(string(c) + string(d)), ConversationID: c, Direction: d, Kind: events.KindMessage, Author: by, Text: text, Attachments: []events.Attachment{}, Flags: flags}}
}

func (w *world) resolve(c events.ConversationID) {
	w.row(c, events.Resolved)
	w.say(&events.ConversationResolved{Conversation: c})
}

func (w *world) row(c events.ConversationID, status events.ConversationStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows[c] = events.Conversation{ID: c, Status: status, Contact: events.ContactRef{ID: "ctkim"}, Team: "care", Queue: "front"}
}

func (w *world) list() []commands.AskSurveyBody {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

func (w *world) count(result string) float64 {
	families, err := w.reg.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			if f.GetName() == "tributary_surveys_total" && m.Label[0].GetValue() == result {
				return m.Counter.GetValue()
			}
		}
	}
	return 0
}

// passes moves the clock on until something has become of n askings.
func (w *world) passes(d time.Duration, result string, n float64) {
	w.t.Helper()
	w.clock.Advance(d)
	w.await(result, n)
}

func (w *world) await(result string, n float64) {
	w.t.Helper()
	testkit.Eventually(w.t, time.Minute, func() error {
		if got := w.count(result); got != n {
			return fmt.Errorf("%s: %v of %v; %v", result, got, n, testutil.CollectAndCount(w.reg))
		}
		return nil
	})
}

// idles waits until the worker has read everything and waits for its next timer.
func (w *world) idles() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if err := w.clock.BlockUntil(ctx, 1); err != nil {
		w.t.Fatal(err)
	}
}

var csat = config.Questionnaire{ID: "q", Name: "after care", Kind: events.CSAT, After: 600}

func TestACustomerIsAskedOnceAfterTheTimeHasPassed(t *testing.T) {
	w := newWorld(t)
	w.has(csat)
	w.talked("cv1", "안녕하세요")
	w.resolve("cv1")
	w.start()
	w.idles()
	w.clock.Advance(599 * time.Second)
	w.idles()
	if len(w.list()) != 0 {
		t.Fatal("asked before its time")
	}
	w.passes(time.Second, "asked", 1)
	got := w.list()[0]
	if got.Survey.Kind != events.CSAT || got.Survey.Agent != "anna" || got.Survey.Team != "care" || got.Survey.Queue != "front" || got.Survey.Questionnaire != "q" {
		t.Errorf("asked %+v", got.Survey)
	}
	if want := w.clock.Now().Add(14 * 24 * time.Hour); !got.Survey.Until.Equal(want) {
		t.Errorf("it ends at %v, want %v", got.Survey.Until, want)
	}
	if !strings.Contains(got.Text, "숫자로 답장해") || !strings.Contains(got.Text, "https://inbox.example.com/s/") || strings.Contains(got.Text, "{{") {
		t.Errorf("the question is %q", got.Text)
	}
	if want := survey.Scores(events.CSAT, got.Survey.ID); !slices.Equal(got.QuickReplies, want) {
		t.Errorf("it offers %v, want %v", got.QuickReplies, want)
	}
	if env := w.envs[0]; env.Actor.Kind != "system" || env.ID != string(got.Survey.ID) {
		t.Errorf("asked by %+v", env)
	}
}

func TestWhoIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.has(csat)
	contact, agent := events.Author{Kind: "contact"}, events.Author{Kind: "agent", ID: "anna"}
	w.say(message("cvrobot", events.In, contact, "out of office", "automatic"))
	w.say(message("cvrobot", events.Out, agent, "well then"))
	w.say(message("cvalone", events.In, contact, "anybody?"))
	w.say(message("cvalone", events.Out, events.Author{Kind: "system"}, "we are closed", "automatic"))
	w.say(&events.MessageAdded{Message: events.Message{ID: "n", ConversationID: "cvalone", Direction: events.Out, Kind: events.KindNote, Author: agent, Attachments: []events.Attachment{}}})
	w.say(message("cvquiet", events.In, contact, "my order?"))
	w.say(message("cvquiet", events.In, contact, "and no auto replies please", events.FlagQuiet))
	w.say(message("cvquiet", events.Out, agent, "shipped"))
	w.talked("cvback", "hello")
	w.talked("cvother", "hello")
	w.talked("cvgone", "hello")
	for _, c := range []events.ConversationID{"cvrobot", "cvalone", "cvquiet", "cvback", "cvother", "cvgone"} {
		w.resolve(c)
	}
	w.say(&events.ConversationReopened{Conversation: "cvback"})
	w.row("cvback", events.Open)
	w.row("cvother", events.Open) // reopened, and the log has not told us yet
	w.mu.Lock()
	delete(w.rows, "cvgone")
	w.mu.Unlock()
	w.start()
	w.idles()
	w.passes(10*time.Minute, "reopened", 2)
	w.await("automatic", 1)
	w.await("unanswered", 1)
	w.await("unwanted", 1)
	if got := w.list(); len(got) != 0 {
		t.Errorf("asked %+v", got)
	}
}

func TestConditionsOfAQuestionnaire(t *testing.T) {
	w := newWorld(t)
	off := config.Questionnaire{ID: "off", Name: "off", Kind: events.NPS, Off: true}
	later := config.Questionnaire{ID: "later", Name: "switched off later", Kind: events.NPS, After: 60}
	w.has(off)
	w.has(later)
	w.has(config.Questionnaire{ID: "some", Name: "some", Kind: events.NPS, When: "conversation.id == 'cv2'"})
	w.has(config.Questionnaire{ID: "bad", Name: "bad", Kind: events.NPS, When: "contact.points[7] == ''"})
	w.talked("cv1", "hello")
	w.talked("cv2", "hello")
	w.start()
	w.resolve("cv1")
	w.await("condition", 1)
	w.await("broken", 1)
	w.has(config.Questionnaire{ID: "bad", Name: "no expression at all", Kind: events.NPS, When: "conversation.colour"})
	later.Off = true
	w.has(later)
	w.idles()
	w.passes(time.Minute, "off", 1)
	w.resolve("cv2")
	w.await("asked", 1)
	w.await("broken", 2)
	if got := w.list(); got[0].Survey.Questionnaire != "some" {
		t.Errorf("asked by %+v", got)
	}
}

func TestACustomerIsNotAskedTooOften(t *testing.T) {
	w := newWorld(t)
	w.has(config.Questionnaire{ID: "q", Name: "often", Kind: events.CSAT, Every: 3600})
	w.talked("cv1", "hello")
	w.talked("cv2", "hello")
	w.start()
	w.resolve("cv1")
	w.await("asked", 1)
	w.resolve("cv2")
	w.await("recently", 1)
	w.clock.Advance(time.Hour)
	w.say(&events.ConversationReopened{Conversation: "cv2"})
	w.resolve("cv2")
	w.await("asked", 2)
}

func TestWhatCannotBeAskedNowIsAskedLaterAndWhatNeverCanIsCounted(t *testing.T) {
	w := newWorld(t)
	w.has(config.Questionnaire{ID: "q", Name: "at once", Kind: events.CSAT})
	w.refuse(commands.Unavailable)
	w.talked("cv1", "hello")
	w.resolve("cv1")
	stop := w.start()
	w.idles()
	stop() // a restart loses nothing
	w.start()
	w.idles()
	w.refuse("")
	w.passes(time.Second, "asked", 1)
	for code, result := range map[commands.Code]string{commands.WindowClosed: "window", commands.Conflict: "refused"} {
		w.refuse(code)
		c := events.ConversationID("cv" + result)
		w.talked(c, "hello")
		w.resolve(c)
		w.await(result, 1)
	}
	if got := len(w.list()); got != 1 {
		t.Errorf("asked %d times", got)
	}
}

func TestARestartAsksOnceAndALongStopNotAtAll(t *testing.T) {
	w := newWorld(t)
	w.has(csat)
	stop := w.start()
	w.talked("cv1", "hello")
	w.talked("cv2", "hello")
	w.resolve("cv1")
	w.idles()
	stop()
	w.clock.Advance(time.Hour)
	stop = w.start()
	w.await("asked", 1)
	stop()
	stop = w.start()
	w.resolve("cv2")
	w.idles()
	stop()
	w.clock.Advance(25 * time.Hour)
	w.start()
	w.await("late", 1)
	if got := w.list(); len(got) != 1 {
		t.Errorf("asked %d times", len(got))
	}
}
