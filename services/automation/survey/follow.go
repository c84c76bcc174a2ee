package survey

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/feed"
)

const schema = 2

var (
	bucketTalk    = []byte("talk")
	bucketContact = []byte("contact")
	bucketDue     = []byte("due")
	bucketOf      = []byte("of")
	bucketFailed  = []byte("failed")
	allBuckets    = [][]byte{bucketTalk, bucketContact, bucketDue, bucketOf, bucketFailed}
)

// talk is what the asking depends on.
type talk struct {
	wrote    bool // the customer, by hand
	answered bool // a person of ours
	korean   bool // the customer's newest words are
	quiet    bool // the customer's newest message asks for no automatic answer
	agent    events.AgentID
}

const (
	flagWrote = 1 << iota
	flagAnswered
	flagKorean
	flagQuiet
)

func (t talk) encode() []byte {
	flags := byte(0)
	for flag, is := range map[byte]bool{flagWrote: t.wrote, flagAnswered: t.answered, flagKorean: t.korean, flagQuiet: t.quiet} {
		if is {
			flags |= flag
		}
	}
	return append([]byte{flags}, t.agent...)
}

func decodeTalk(raw []byte) talk {
	if len(raw) == 0 {
		return talk{}
	}
	return talk{wrote: raw[0]&flagWrote != 0, answered: raw[0]&flagAnswered != 0, korean: raw[0]&flagKorean != 0, quiet: raw[0]&flagQuiet != 0, agent: events.AgentID(raw[1:])}
}

// due is one asking whose time will come. Seq is the decision that resolved the
// conversation: the row must be at least as new.
type due struct {
	Conversation  events.ConversationID  `json:"c"`
	Questionnaire events.QuestionnaireID `json:"q"`
	Seq           uint64                 `json:"s"`
	At            time.Time              `json:"t"`
}

// file is surveys.db within a transaction.
type file struct{ tx *bbolt.Tx }

func (f file) talk(id events.ConversationID) talk {
	return decodeTalk(f.tx.Bucket(bucketTalk).Get([]byte(id)))
}

func (f file) asked(id events.ContactID) time.Time {
	raw := f.tx.Bucket(bucketContact).Get([]byte(id))
	ms, _, err := bolt.CutUint64(raw)
	if raw == nil || err != nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

func (f file) setAsked(id events.ContactID, at time.Time) error {
	if id == "" || !at.After(f.asked(id)) {
		return nil
	}
	return f.tx.Bucket(bucketContact).Put([]byte(id), bolt.AppendUint64(nil, uint64(max(at.UnixMilli(), 0))))
}

func key(d *due) []byte {
	k := bolt.AppendUint64(nil, uint64(max(d.At.UnixMilli(), 0)))
	return append(bolt.AppendString(k, string(d.Conversation)), d.Questionnaire...)
}

func (f file) plan(d *due) error {
	data, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("write what is due: %w", err)
	}
	if err := f.tx.Bucket(bucketDue).Put(key(d), data); err != nil {
		return err
	}
	return f.tx.Bucket(bucketOf).Put(append(bolt.AppendString(nil, string(d.Conversation)), key(d)...), []byte{})
}

func (f file) done(d *due) error {
	if err := f.tx.Bucket(bucketDue).Delete(key(d)); err != nil {
		return err
	}
	return f.tx.Bucket(bucketOf).Delete(append(bolt.AppendString(nil, string(d.Conversation)), key(d)...))
}

// forget drops all that is due for a conversation.
func (f file) forget(id events.ConversationID) error {
	prefix := bolt.AppendString(nil, string(id))
	c := f.tx.Bucket(bucketOf).Cursor()
	var gone [][]byte
	for k, _ := c.Seek(prefix); len(k) > len(prefix) && string(k[:len(prefix)]) == string(prefix); k, _ = c.Next() {
		gone = append(gone, append([]byte{}, k...))
	}
	for _, k := range gone {
		if err := f.tx.Bucket(bucketOf).Delete(k); err != nil {
			return err
		}
		if err := f.tx.Bucket(bucketDue).Delete(k[len(prefix):]); err != nil {
			return err
		}
	}
	return nil
}

// apply folds decisions into the file.
func (w *Worker) apply(tx *bbolt.Tx, batch []feed.Entry[*events.Decision]) error {
	f := file{tx}
	for _, entry := range batch {
		if entry.Err != nil || entry.Value == nil {
			continue // the router and the inbox report what cannot be read
		}
		for _, fact := range entry.Value.Facts {
			if err := w.fact(f, entry.Value, entry.Seq, fact.Body); err != nil {
				return err
			}
		}
	}
	tx.OnCommit(w.wake)
	return nil
}

func (w *Worker) fact(f file, d *events.Decision, seq uint64, body events.Body) error {
	switch b := body.(type) {
	case *events.MessageAdded:
		return f.said(&b.Message)
	case *events.CallAmended:
		if b.Call.Outcome == "answered" {
			return f.change(b.Conversation, func(t *talk) { t.wrote, t.answered = true, true })
		}
	case *events.ConversationMerged:
		from := f.talk(b.From)
		if err := f.change(b.Into, func(t *talk) {
			t.wrote, t.answered, t.quiet = t.wrote || from.wrote, t.answered || from.answered, t.quiet || from.quiet
		}); err != nil {
			return err
		}
		return f.forget(b.From)
	case *events.ConversationResolved:
		return w.resolved(f, b.Conversation, seq, d.At)
	case *events.ConversationReopened:
		return f.forget(b.Conversation)
	case *events.ConversationMergeReversed:
		return f.forget(b.From)
	case *events.SurveyAsked:
		if err := f.setAsked(d.Contact, b.Survey.AskedAt); err != nil {
			return err
		}
		return f.forget(b.Conversation)
	case *events.ContactMerged:
		if d.Contact == b.Into {
			return errors.Join(f.setAsked(b.Into, f.asked(b.From)), f.fail(b.Into, f.failed(b.From)...))
		}
	case *events.MessageStatusChanged:
		if b.Status == events.StatusFailed {
			return f.fail(d.Contact, b.Message)
		}
		return f.arrived(d.Contact, b.Message)
	}
	return nil
}

// resolved plans an asking by every questionnaire that is on.
func (w *Worker) resolved(f file, id events.ConversationID, seq uint64, at time.Time) error {
	if err := f.forget(id); err != nil {
		return err
	}
	for _, item := range w.deps.Questionnaires.All() {
		if q := &item.Value; !q.Off {
			if err := f.plan(&due{Conversation: id, Questionnaire: q.ID, Seq: seq, At: at.Add(after(q))}); err != nil {
				return err
			}
		}
	}
	return nil
}

func after(q *config.Questionnaire) time.Duration { return time.Duration(q.After) * time.Second }

func (f file) change(id events.ConversationID, change func(*talk)) error {
	was := f.talk(id)
	is := was
	if change(&is); is == was {
		return nil
	}
	return f.tx.Bucket(bucketTalk).Put([]byte(id), is.encode())
}

func (f file) said(m *events.Message) error {
	if m.Kind == events.KindNote || m.Kind == events.KindEvent || m.HasFlag(events.FlagAutomatic) || m.HasFlag(events.FlagBulk) {
		return nil
	}
	answered := m.Call != nil && m.Call.Outcome == "answered"
	if m.Direction == events.Out && m.Call != nil && !answered {
		return nil // a call in vain
	}
	return f.change(m.ConversationID, func(t *talk) {
		if m.Direction == events.In {
			t.wrote, t.answered, t.quiet = true, t.answered || answered, m.HasFlag(events.FlagQuiet)
			if is, any := korean(m.Text); any {
				t.korean = is
			}
			return
		}
		if m.Author.Kind != "agent" && m.Author.Kind != "integration" {
			return
		}
		t.answered = true
		if m.Author.Kind == "agent" {
			t.agent = events.AgentID(m.Author.ID)
		}
	})
}

// korean reports whether a text is written in Hangul; any is false for one
// without letters.
func korean(text string) (is, any bool) {
	for _, r := range text {
		if unicode.Is(unicode.Hangul, r) {
			return true, true
		}
		any = any || unicode.IsLetter(r)
	}
	return false, any
}
