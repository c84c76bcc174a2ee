package survey

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// became is what is counted of an asking that the router has answered. A code that
// is empty is none: it was asked.
func became(code commands.Code, elsewhere bool) string {
	switch {
	case code == "" && elsewhere:
		return askedElse
	case code == "":
		return asked
	case code == commands.WindowClosed:
		return isClosed
	case code == commands.Unproved:
		return isUnproved
	case code == commands.Unreachable:
		return isDead
	case code == commands.Invalid && elsewhere:
		return isNowhere
	}
	return isRefused
}

// command has the router ask, and tells the code with which it refuses, if it does.
func (w *Worker) command(ctx context.Context, d *due, q *config.Questionnaire, ask *commands.AskSurveyBody) (commands.Code, error) {
	body, err := json.Marshal(ask)
	if err != nil {
		return "", fmt.Errorf("write the command: %w", err)
	}
	var answer commands.Result
	err = w.request(ctx, events.CommandSubject, commands.Envelope{
		ID: string(ask.Survey.ID), Name: commands.AskSurvey, Actor: events.Author{Kind: "system", ID: "survey:" + string(q.ID), Name: q.Name}, Conversation: d.Conversation, Body: body,
	}, &answer)
	switch p := answer.Problem; {
	case err != nil:
		return "", err
	case p == nil:
		return "", nil
	case p.Code == commands.Unavailable:
		return "", fmt.Errorf("%w: the router cannot store it", errLater)
	default:
		return p.Code, nil
	}
}

// barred are the addresses to which a message to a customer has failed: a mail that
// came back, a text message to somebody who opted out. The file remembers which
// messages those were; the inbox knows where each one went.
func (w *Worker) barred(ctx context.Context, contact events.ContactID) ([]events.Point, error) {
	var messages []events.MessageID
	err := w.db.View(func(tx *bbolt.Tx) error { messages = file{tx}.failed(contact); return nil })
	if err != nil {
		return nil, err
	}
	var out []events.Point
	for _, m := range messages {
		var answer queries.Answer[events.Message]
		if err := w.request(ctx, events.QueryPrefix+queries.Message, queries.ByID{ID: string(m)}, &answer); err != nil {
			return nil, err
		}
		switch {
		case answer.OK != nil && answer.OK.From != nil:
			to := *answer.OK.From
			if !slices.ContainsFunc(out, func(p events.Point) bool { return p.Key() == to.Key() }) {
				out = append(out, to)
			}
		case answer.OK == nil && (answer.Problem == nil || answer.Problem.Code != "not_found"):
			return nil, fmt.Errorf("%w: the inbox cannot answer", errLater)
		}
	}
	return out, nil
}

// failed are the newest messages that never reached a customer, the oldest first.
func (f file) failed(contact events.ContactID) []events.MessageID {
	var list []events.MessageID
	if raw := f.tx.Bucket(bucketFailed).Get([]byte(contact)); raw != nil && json.Unmarshal(raw, &list) != nil {
		return nil // written by fail alone
	}
	return list
}

// fail notes messages that did not reach a customer, the newest [commands.MaxBarred].
func (f file) fail(contact events.ContactID, messages ...events.MessageID) error {
	was := f.failed(contact)
	is := slices.Clone(was)
	for _, m := range messages {
		if !slices.Contains(is, m) {
			is = append(is, m)
		}
	}
	if contact == "" || len(is) == len(was) {
		return nil
	}
	return f.setFailed(contact, is[max(0, len(is)-commands.MaxBarred):])
}

// arrived takes back what was noted of a message that arrived after all, or is sent
// once more.
func (f file) arrived(contact events.ContactID, message events.MessageID) error {
	was := f.failed(contact)
	if !slices.Contains(was, message) {
		return nil
	}
	return f.setFailed(contact, slices.DeleteFunc(was, func(m events.MessageID) bool { return m == message }))
}

func (f file) setFailed(contact events.ContactID, list []events.MessageID) error {
	if len(list) == 0 {
		return f.tx.Bucket(bucketFailed).Delete([]byte(contact))
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("write what failed: %w", err)
	}
	return f.tx.Bucket(bucketFailed).Put([]byte(contact), raw)
}
