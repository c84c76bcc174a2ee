package fetch

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/feed"
)

// fold turns facts into jobs. It is derived from the log alone.
type fold struct {
	grace time.Duration
	// moved is told after the commit which jobs are dropped; the list may be
	// empty when only new ones came.
	moved func(dropped [][]byte)
}

func (f fold) apply(tx *bbolt.Tx, batch []feed.Entry[*events.Decision]) error {
	step := &step{files: files{tx}, grace: f.grace}
	for _, entry := range batch {
		if entry.Err != nil || entry.Value == nil {
			continue // the router and the inbox report what cannot be read
		}
		step.at = entry.Value.At
		for _, fact := range entry.Value.Facts {
			if err := step.fact(fact.Body); err != nil {
				return err
			}
		}
	}
	if step.changed {
		tx.OnCommit(func() { f.moved(step.dropped) })
	}
	return nil
}

// step is one batch on its way into the file.
type step struct {
	files
	grace   time.Duration
	at      time.Time
	changed bool
	dropped [][]byte
}

func (s *step) fact(body events.Body) error {
	switch b := body.(type) {
	case *events.MessageAdded:
		return s.added(&b.Message)
	case *events.CallAmended:
		return s.amended(b)
	case *events.AttachmentSettled:
		return s.settled(b)
	case *events.MessageRemoved:
		return s.gone(b.Message)
	case *events.ContactErased:
		for _, message := range b.Messages {
			if err := s.gone(message); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *step) added(m *events.Message) error {
	from := source{Inbox: m.InboxID, Channel: m.Channel}
	if m.Kind == events.KindCall {
		data, err := json.Marshal(from)
		if err != nil {
			return fmt.Errorf("write source of a call: %w", err)
		}
		if err := s.tx.Bucket(bucketCalls).Put(bolt.AppendString(nil, string(m.ID)), data); err != nil {
			return err
		}
	}
	if m.Direction == events.Out && m.Status == events.StatusQueued {
		// What an agent attached is stored already; a URL of theirs is for the
		// provider to fetch.
		from = source{}
	}
	return s.attached(from, m.ConversationID, m.ID, m.Attachments)
}

func (s *step) amended(b *events.CallAmended) error {
	if len(b.Attachments) == 0 {
		return nil
	}
	var from source
	if data := s.tx.Bucket(bucketCalls).Get(bolt.AppendString(nil, string(b.Message))); data != nil {
		if err := json.Unmarshal(data, &from); err != nil {
			return fmt.Errorf("read source of a call: %w", err)
		}
	}
	return s.attached(from, b.Conversation, b.Message, b.Attachments)
}

// attached notes the blobs that a message uses and makes jobs of what is still
// elsewhere. Without a source nothing is fetched.
func (s *step) attached(from source, conversation events.ConversationID, message events.MessageID, list []events.Attachment) error {
	if len(list) == 0 || s.removed(message) {
		return nil
	}
	for _, a := range list {
		var err error
		switch {
		case a.Hash != "":
			err = s.use(message, a.Hash)
		case a.URL != "" && a.Failed == "" && a.ID != "" && from.Inbox != "":
			s.changed = true
			err = s.put(&job{source: from, Conversation: conversation, Message: message, Attachment: a, Since: s.at, Due: s.at})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *step) settled(b *events.AttachmentSettled) error {
	if err := s.dropJob(jobKey(b.Message, b.Attachment.ID)); err != nil {
		return err
	}
	if b.Attachment.Hash == "" {
		return nil
	}
	if s.removed(b.Message) {
		s.changed = true
		return s.release(b.Attachment.Hash, s.at.Add(s.grace))
	}
	return s.use(b.Message, b.Attachment.Hash)
}

func (s *step) gone(message events.MessageID) error {
	dropped, err := s.forget(message, s.at.Add(s.grace))
	if err != nil {
		return err
	}
	s.changed = true
	s.dropped = append(s.dropped, dropped...)
	return nil
}
