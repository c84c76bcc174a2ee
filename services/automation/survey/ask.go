package survey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/id"
)

const (
	// late is how long after its time an asking is not worth it any more.
	late = 24 * time.Hour
	// pause is the rest after something could not be asked now.
	pause = time.Second
	// idle is how long to rest at most: clocks are set.
	idle = time.Minute
	// batch is how many are read at once.
	batch = 64
	// patience is how long an answer of the router or the inbox is waited for.
	patience = 5 * time.Second
)

// What became of an asking that came due.
const (
	asked       = "asked"
	askedElse   = "elsewhere"
	isOff       = "off"
	isLate      = "late"
	isMachine   = "automatic"
	notWanted   = "unwanted"
	notAnswered = "unanswered"
	goesOn      = "reopened"
	isRecent    = "recently"
	doesNotHold = "condition"
	isBroken    = "broken"
	isClosed    = "window"
	isRefused   = "refused"
	isUnproved  = "unproved"
	isDead      = "unreachable"
	isNowhere   = "nowhere"
)

// Ask asks whatever comes due until ctx ends, and may be called again then. It
// needs Run to have caught up; what is refused for now is tried again.
func (w *Worker) Ask(ctx context.Context) error {
	for ctx.Err() == nil {
		list, next, err := w.due()
		if err != nil {
			return err
		}
		failed, err := w.all(ctx, list)
		if err != nil || ctx.Err() != nil {
			return err
		}
		rest, moved := min(max(next.Sub(w.deps.Clock.Now()), 0), idle), w.moved
		if failed {
			rest, moved = pause, nil // news do not hurry what was refused
		}
		if rest == 0 {
			continue
		}
		timer := w.deps.Clock.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-moved:
		case <-timer.C():
		}
		timer.Stop()
	}
	return nil
}

// all settles a list; failed says that some of it could not be settled now. One
// that fails does not hold up the next, three in turn do.
func (w *Worker) all(ctx context.Context, list []due) (failed bool, err error) {
	streak := 0
	for i := range list {
		err := w.one(ctx, &list[i])
		switch {
		case ctx.Err() != nil:
			return failed, nil
		case err == nil:
			streak = 0
			continue
		case !errors.Is(err, errLater):
			return failed, err
		}
		w.deps.Logger.Debug().Err(err).Str("conversation", string(list[i].Conversation)).Msg("survey cannot be asked now")
		failed = true
		if streak++; streak == 3 {
			return failed, nil
		}
	}
	return failed, nil
}

// due reads what is due, the oldest first, and when more will be.
func (w *Worker) due() (list []due, next time.Time, err error) {
	now := w.deps.Clock.Now()
	next = now.Add(idle)
	err = w.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketDue).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			var d due
			if err := json.Unmarshal(v, &d); err != nil {
				return fmt.Errorf("read what is due: %w", err)
			}
			if d.At.After(now) || len(list) == batch {
				next = d.At
				break
			}
			list = append(list, d)
		}
		return nil
	})
	lag := 0.0
	if len(list) > 0 {
		lag = now.Sub(list[0].At).Seconds()
	}
	w.lag.Set(lag)
	return list, next, err
}

// errLater says that the router or the inbox cannot answer now.
var errLater = errors.New("not now")

// one settles one asking. On errLater it stays due.
func (w *Worker) one(ctx context.Context, d *due) error {
	result, contact, err := w.try(ctx, d)
	if err != nil {
		return err
	}
	w.counts.WithLabelValues(result).Inc()
	return bolt.WhenRoom(ctx, func() error {
		return w.db.Update(func(tx *bbolt.Tx) error {
			if result == asked || result == askedElse {
				if err := (file{tx}).setAsked(contact, w.deps.Clock.Now()); err != nil {
					return err
				}
			}
			return file{tx}.done(d)
		})
	})
}

func (w *Worker) try(ctx context.Context, d *due) (result string, contact events.ContactID, err error) {
	now := w.deps.Clock.Now()
	item, _, known := w.deps.Questionnaires.Get(string(d.Questionnaire))
	q := &item
	if !known || q.Off {
		return isOff, "", nil
	}
	if now.Sub(d.At) > late {
		return isLate, "", nil
	}
	t, err := w.read(func(f file) talk { return f.talk(d.Conversation) })
	switch {
	case err != nil:
		return "", "", err
	case !t.wrote:
		return isMachine, "", nil
	case t.quiet:
		return notWanted, "", nil
	case !t.answered:
		return notAnswered, "", nil
	}
	c, err := w.row(ctx, d)
	if err != nil {
		return "", "", err
	}
	if c == nil || c.Status != events.Resolved {
		return goesOn, "", nil
	}
	recent, err := w.recently(q, c.Contact.ID, now)
	switch {
	case err != nil:
		return "", "", err
	case recent:
		return isRecent, "", nil
	}
	scope := w.scene.of(c, now)
	if q.When != "" {
		holds, err := w.scene.holds(ctx, q.When, scope)
		if err != nil {
			w.deps.Logger.Warn().Str("questionnaire", string(q.ID)).Msg("a survey's expression fails")
			return isBroken, "", nil
		}
		if !holds {
			return doesNotHold, "", nil
		}
	}
	result, err = w.ask(ctx, d, q, t, c, scope)
	return result, c.Contact.ID, err
}

func (w *Worker) read(get func(file) talk) (t talk, err error) {
	err = w.db.View(func(tx *bbolt.Tx) error { t = get(file{tx}); return nil })
	return t, err
}

// recently reports whether a customer was asked anything lately, where the
// questionnaire minds.
func (w *Worker) recently(q *config.Questionnaire, contact events.ContactID, now time.Time) (is bool, err error) {
	if q.Every == 0 {
		return false, nil
	}
	err = w.db.View(func(tx *bbolt.Tx) error {
		at := file{tx}.asked(contact)
		is = !at.IsZero() && now.Sub(at) < time.Duration(q.Every)*time.Second
		return nil
	})
	return is, err
}

// row is the conversation as it is now; nil where it is gone.
func (w *Worker) row(ctx context.Context, d *due) (*events.Conversation, error) {
	var answer queries.Answer[events.Conversation]
	if err := w.request(ctx, events.QueryPrefix+queries.Conversation, queries.ByID{ID: string(d.Conversation), MinSeq: d.Seq}, &answer); err != nil {
		return nil, err
	}
	switch {
	case answer.OK != nil:
		return answer.OK, nil
	case answer.Problem != nil && answer.Problem.Code == "not_found":
		return nil, nil
	}
	return nil, fmt.Errorf("%w: the inbox cannot answer", errLater)
}

// ask has the router ask. The id follows from the resolving, so that a repetition
// is the same survey.
func (w *Worker) ask(ctx context.Context, d *due, q *config.Questionnaire, t talk, c *events.Conversation, scope *config.Scope) (string, error) {
	sv := events.SurveyID(id.Derive("sv", string(d.Conversation), fmt.Sprint(d.Seq), string(q.ID)))
	link, err := w.deps.Links.Link(ctx, d.Conversation, sv)
	if err != nil {
		return "", fmt.Errorf("%w: make the survey's address: %w", errLater, err)
	}
	days := q.Days
	if days == 0 {
		days = config.DefaultSurveyDays
	}
	body := commands.AskSurveyBody{
		Survey:       events.Survey{ID: sv, Questionnaire: q.ID, Kind: q.Kind, Agent: t.agent, Team: c.Team, Queue: c.Queue, Until: w.deps.Clock.Now().Add(time.Duration(days) * 24 * time.Hour).UTC()},
		Text:         Question(q, language(scope.Contact, t), link, func(s string) string { return w.scene.letter(s, scope, t.agent) }),
		QuickReplies: Scores(q.Kind, sv),
	}
	code, err := w.command(ctx, d, q, &body)
	if err == nil && !q.UsedRoadOnly && (code == commands.WindowClosed || code == commands.Invalid) {
		body.Elsewhere = true
		if body.Barred, err = w.barred(ctx, c.Contact.ID); err == nil {
			code, err = w.command(ctx, d, q, &body)
		}
	}
	if err != nil {
		return "", err
	}
	return became(code, body.Elsewhere), nil
}

// language is the customer's: as it is known, or as they wrote last.
func language(c *config.ScopeContact, t talk) string {
	switch {
	case c.Language != "":
		return c.Language
	case t.korean:
		return "ko"
	}
	return "en"
}

func (w *Worker) request(ctx context.Context, subject string, ask, into any) error {
	data, err := json.Marshal(ask)
	if err != nil {
		return fmt.Errorf("write a request: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	msg, err := w.deps.NC.RequestWithContext(ctx, subject, data)
	if err != nil {
		return fmt.Errorf("%w: %w", errLater, err)
	}
	if err := json.Unmarshal(msg.Data, into); err != nil {
		return fmt.Errorf("%w: the answer cannot be read: %w", errLater, err)
	}
	return nil
}
