package feedback

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/surveylink"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/pkg/pace"
)

// ErrNone is what Row, Find and Answer say of a survey that is not there, is
// forgotten or has ended.
var ErrNone = errors.New("no such survey")

// errForged is a token that nobody here made.
var errForged = errors.New("not a survey's address")

const (
	maxForm = 32 << 10 // bytes
	// maxMerges bounds how far a conversation that was folded into others is followed.
	maxMerges = 8
)

// Deps is what the page needs. The caller owns all of it.
type Deps struct {
	Links *surveylink.Links
	// Row is a conversation as it is now; ErrNone where there is none.
	Row func(context.Context, events.ConversationID) (*events.Conversation, error)
	// Find is a survey of a conversation, or of its customer, that is not the newest on
	// the row; ErrNone where nobody knows it any more.
	Find func(context.Context, events.ConversationID, events.SurveyID) (*events.Survey, error)
	// Answer gives a customer's word to the router; ErrNone where it is refused for
	// good, as after the end.
	Answer func(context.Context, commands.Envelope, commands.AnswerSurveyBody) error
	// IP is whose request it is.
	IP      func(*http.Request) string
	Now     func() time.Time
	Log     zerolog.Logger
	Metrics prometheus.Registerer // may be nil
}

// maxKnown bounds what is remembered of each kind.
const maxKnown = 20_000

// Door serves [surveylink.Root]{token}.
type Door struct {
	deps             Deps
	strangers, posts *pace.Pace
	counts           *prometheus.CounterVec
}

// New makes a door.
func New(d Deps) *Door {
	door := &Door{
		deps: d, strangers: pace.New(rate.Every(500*time.Millisecond), 60, maxKnown), posts: pace.New(rate.Every(6*time.Second), 10, maxKnown),
		counts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tributary_survey_pages_total", Help: "Requests for surveys' pages, by result."}, []string{"result"}),
	}
	if d.Metrics != nil {
		d.Metrics.MustRegister(door.counts)
	}
	return door
}

// ServeHTTP takes GET, HEAD and POST.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, text := w.Header(), wordsOf(r)
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		h.Set("Allow", "GET, HEAD, POST")
		d.show(w, http.StatusMethodNotAllowed, "refused", text.say(text.Gone, text.GoneMore))
		return
	}
	token, ip := r.PathValue("token"), d.deps.IP(r)
	if !pace.Ours(ip) && !d.strangers.Allow(pace.Stranger(ip), d.deps.Now()) {
		d.slow(w, text)
		return
	}
	c, survey, err := d.find(r.Context(), token)
	switch {
	case err == nil && d.deps.Now().After(survey.Until):
		d.ended(w, text, r.Method != http.MethodPost && survey.Score != nil)
	case err == nil && r.Method == http.MethodPost && !d.posts.Allow(string(survey.ID), d.deps.Now()):
		d.slow(w, text) // by the survey: of what nobody here made nothing is remembered
	case errors.Is(err, errForged):
		d.show(w, http.StatusNotFound, "none", text.say(text.Gone, text.GoneMore))
	case errors.Is(err, ErrNone): // an address of ours, of what was forgotten since
		d.ended(w, text, false)
	case err != nil:
		d.unwell(w, text, err)
	case r.Method == http.MethodPost:
		d.take(w, r, text, c, survey)
	default:
		d.show(w, http.StatusOK, "shown", text.ask(survey.Kind, survey.Score))
	}
}

// find is the survey that a token names, which may have ended, and its conversation.
// A customer who was asked again later may still answer the earlier question.
func (d *Door) find(ctx context.Context, token string) (*events.Conversation, *events.Survey, error) {
	conversation, survey, err := d.deps.Links.Open(token)
	if err != nil {
		return nil, nil, errForged
	}
	for range maxMerges {
		c, err := d.deps.Row(ctx, conversation)
		switch {
		case err != nil:
			return nil, nil, err
		case c.MergedInto != "":
			conversation = c.MergedInto
			continue
		case c.Survey != nil && c.Survey.ID == survey:
			return c, c.Survey, nil
		}
		found, err := d.deps.Find(ctx, c.ID, survey)
		return c, found, err
	}
	return nil, nil, ErrNone
}

// ended tells who comes too late that it is so; kept says that an answer of theirs is
// stored and was not meant to be changed just now.
func (d *Door) ended(w http.ResponseWriter, text *words, kept bool) {
	more := text.OverMore
	if kept {
		more = text.OverKept
	}
	d.show(w, http.StatusGone, "ended", view{words: text, Say: text.Over, More: more})
}

func (d *Door) take(w http.ResponseWriter, r *http.Request, text *words, c *events.Conversation, survey *events.Survey) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") || r.ParseForm() != nil {
		d.retry(w, text, survey, "")
		return
	}
	body := commands.AnswerSurveyBody{Survey: survey.ID, Comment: clip(r.PostForm.Get("comment")), Via: events.SurveyByLink}
	low, high, _ := survey.Kind.Scale()
	if said := strings.TrimSpace(r.PostForm.Get("score")); said != "" {
		n, err := strconv.Atoi(said)
		if err != nil || n < low || n > high { // the comment is not taken either: they go together
			d.retry(w, text, survey, body.Comment)
			return
		}
		body.Score = &n
	}
	if body.Score == nil && body.Comment == "" {
		d.retry(w, text, survey, "")
		return
	}
	err := d.deps.Answer(r.Context(), commands.Envelope{
		ID: id.New("sa"), Name: commands.AnswerSurvey, Actor: events.Author{Kind: "contact", ID: string(c.Contact.ID)}, Conversation: c.ID,
	}, body)
	switch {
	case errors.Is(err, ErrNone): // it has ended between
		d.ended(w, text, false)
	case err != nil:
		d.deps.Log.Warn().Err(err).Str("conversation", string(c.ID)).Msg("an answer to a survey cannot be stored")
		v := text.ask(survey.Kind, body.Score)
		v.Say, v.Alarm, v.Text = text.Unwell, true, body.Comment
		w.Header().Set("Retry-After", "5")
		d.show(w, http.StatusServiceUnavailable, "failed", v)
	default:
		chosen := body.Score
		if chosen == nil {
			chosen = survey.Score
		}
		v := text.ask(survey.Kind, chosen)
		v.Say, v.More = text.Thanks, text.Again
		d.show(w, http.StatusOK, "stored", v)
	}
}

// clip brings a comment into bounds: forms end lines with CR LF.
func clip(comment string) string {
	comment = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(strings.ReplaceAll(comment, "\r\n", "\n"), "\x00", ""), "\uFFFD"))
	if utf8.RuneCountInString(comment) > maxComment {
		comment = string([]rune(comment)[:maxComment])
	}
	return comment
}

// retry asks again, with what they wrote.
func (d *Door) retry(w http.ResponseWriter, text *words, survey *events.Survey, comment string) {
	v := text.ask(survey.Kind, survey.Score)
	v.Say, v.Alarm, v.Text = text.Missing, true, comment
	d.show(w, http.StatusUnprocessableEntity, "incomplete", v)
}

func (d *Door) slow(w http.ResponseWriter, text *words) {
	w.Header().Set("Retry-After", "10")
	d.show(w, http.StatusTooManyRequests, "limited", text.say(text.Busy, ""))
}

func (d *Door) unwell(w http.ResponseWriter, text *words, err error) {
	d.deps.Log.Warn().Err(err).Msg("a survey's page cannot be shown")
	w.Header().Set("Retry-After", "5")
	d.show(w, http.StatusServiceUnavailable, "failed", text.say(text.Busy, ""))
}

// say is a page without a form.
func (w *words) say(what, more string) view {
	return view{words: w, Say: what, More: more, Alarm: true}
}

func (d *Door) show(w http.ResponseWriter, status int, result string, v view) {
	d.counts.WithLabelValues(result).Inc()
	var out bytes.Buffer
	if err := page.Execute(&out, v); err != nil {
		d.deps.Log.Error().Err(err).Msg("a survey's page cannot be made")
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.Lang)
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // a peer that is gone cannot be told
}
