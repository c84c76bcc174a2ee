package chatchannel

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/projection"
)

// FileName is the chat's file below the directory given in Deps.
const FileName = "webchat.db"

// schema is the version of what is written; raise it when a key or a value
// changes, and every file is built anew.
const schema = 3

// gather is the time in which decisions gather for one transaction; who greets
// with a cursor does not wait for it.
const gather = 50 * time.Millisecond

var (
	linesBucket = []byte("lines")
	indexBucket = []byte("index")
)

// store is the derived file and the projection that keeps it.
type store struct {
	db *bolt.DB
	*projection.Projection[*events.Decision]
}

// storedLine is a line with what is not for the visitor.
type storedLine struct {
	Line
	Message events.MessageID `json:"m,omitempty"`
	// Said tells a visitor's words, as they were sent, from others; none once they
	// were taken back.
	Said []byte `json:"s,omitempty"`
}

// saidSum is what is kept of words to know them again by.
func saidSum(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:16]
}

// talk is where the visitor's newest message stands.
type talk struct {
	Conversation events.ConversationID `json:"conversation"`
	Contact      events.ContactID      `json:"contact"`
}

func openStore(dir string, facts *feed.Feed[*events.Decision]) (*store, error) {
	path := filepath.Join(dir, FileName)
	db, _, _, err := bolt.OpenOrRemove(path, bolt.Options{Schema: schema})
	if err != nil {
		return nil, fmt.Errorf("open web chat file: %w", err)
	}
	s := &store{db: db}
	s.Projection, err = projection.New(facts, projection.Options[*events.Decision]{DB: db, Name: "webchat", Apply: apply, Rest: gather})
	if err == nil && s.Checkpoint() > facts.Head() {
		// The log is older than the file: it was restored from a copy.
		if err = db.Close(); err == nil {
			err = bolt.Remove(path)
		}
		if err != nil {
			return nil, fmt.Errorf("remove web chat file: %w", err)
		}
		return openStore(dir, facts)
	}
	if err == nil {
		err = db.Update(func(tx *bbolt.Tx) error {
			for _, name := range [][]byte{linesBucket, indexBucket} {
				if _, err := tx.CreateBucketIfNotExists(name); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open web chat file: %w", err)
	}
	return s, nil
}

// apply writes the lines of a batch of decisions. One that could not be decoded
// says nothing to a visitor.
func apply(tx *bbolt.Tx, batch []feed.Entry[*events.Decision]) error {
	w := writer{lines: tx.Bucket(linesBucket), index: tx.Bucket(indexBucket)}
	for _, e := range batch {
		if e.Err != nil {
			continue
		}
		for _, c := range fold(e.Value) {
			if err := w.change(c); err != nil {
				return err
			}
		}
	}
	return nil
}

type writer struct{ lines, index *bbolt.Bucket }

func (w writer) change(c change) error {
	switch c.line.Type {
	case "message":
		return w.added(c)
	case "ended":
		return w.ended(c)
	}
	at := w.index.Get(messageKey(c.message))
	if at == nil {
		return nil // not a message of a web chat
	}
	at = bytes.Clone(at)
	var was storedLine
	if err := json.Unmarshal(w.lines.Get(at), &was); err != nil {
		return fmt.Errorf("read line: %w", err)
	}
	c.line.ID = was.ID
	// The message itself changes too: who loads the chat later must not get
	// words that were taken back.
	was.Text = c.line.Text
	if c.line.Type == "removed" {
		was.Text, was.Attachments, was.QuickReplies, was.Said = "", nil, nil, nil
		was.Type = "removed"
	}
	if err := w.put(at, was); err != nil {
		return err
	}
	return w.put(lineKey(visitorKey(at[:16]), c.line.Seq), storedLine{Line: c.line})
}

func (w writer) added(c change) error {
	at := lineKey(c.visitor, c.line.Seq)
	l := storedLine{Line: c.line, Message: c.message}
	if c.provider != "" {
		l.Said = saidSum(c.line.Text)
	}
	if err := w.put(at, l); err != nil {
		return err
	}
	if err := w.index.Put(messageKey(c.message), at); err != nil {
		return err
	}
	if c.provider != "" {
		if err := w.index.Put(providerKey(c.visitor, c.provider), at); err != nil {
			return err
		}
	}
	value, err := json.Marshal(talk{c.conversation, c.contact})
	if err != nil {
		return err
	}
	return w.index.Put(talkKey(c.visitor), value)
}

func (w writer) put(at []byte, l storedLine) error {
	value, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return w.lines.Put(at, value)
}

func lineKey(v visitorKey, seq uint64) []byte { return bolt.AppendUint64(bytes.Clone(v[:]), seq) }

func messageKey(id events.MessageID) []byte { return append([]byte("m"), id...) }

func talkKey(v visitorKey) []byte { return append([]byte("c"), v[:]...) }

// providerKey is bounded whatever the provider id is, as bbolt's keys are.
func providerKey(v visitorKey, provider string) []byte {
	sum := sha256.Sum256([]byte(provider))
	return append(append([]byte("p"), v[:]...), sum[:16]...)
}

// page is what a visitor missed.
type page struct {
	lines []Line
	// upTo is the place up to which lines is complete.
	upTo uint64
	more bool
	talk talk
}

// since gives every line of the visitors' keys after the place, in order, and
// false when there are more than limit.
func (s *store) since(keys []visitorKey, after uint64, limit int) (page, bool, error) {
	p := page{upTo: lastPlace(s.Checkpoint())}
	fits := true
	err := s.db.View(func(tx *bbolt.Tx) error {
		lines := tx.Bucket(linesBucket).Cursor()
		for _, v := range keys {
			for k, value := lines.Seek(lineKey(v, after+1)); k != nil && bytes.HasPrefix(k, v[:]); k, value = lines.Next() {
				if len(p.lines) == limit {
					fits = false
					return nil
				}
				if err := p.take(value); err != nil {
					return err
				}
			}
		}
		return p.readTalk(tx, keys)
	})
	p.sort(limit)
	return p, fits, err
}

// newest gives the newest messages before a place, in order, as they now read:
// without the edits and removals that made them so.
func (s *store) newest(keys []visitorKey, before uint64, limit int) (page, error) {
	p := page{upTo: lastPlace(s.Checkpoint())}
	err := s.db.View(func(tx *bbolt.Tx) error {
		lines := tx.Bucket(linesBucket).Cursor()
		for _, v := range keys {
			step := lines.Prev
			if k, _ := lines.Seek(lineKey(v, before)); k == nil {
				step = lines.Last
			}
			k, value := step()
			for taken := 0; k != nil && bytes.HasPrefix(k, v[:]); k, value = lines.Prev() {
				if taken > limit { // one more than asked for tells that there are more
					break
				}
				n := len(p.lines)
				if err := p.take(value); err != nil {
					return err
				}
				if l := p.lines[n]; l.Type == "edited" || (l.Type == "removed" && l.From == "") {
					p.lines = p.lines[:n]
					continue
				}
				taken++
			}
		}
		return p.readTalk(tx, keys)
	})
	p.sort(limit)
	return p, err
}

func (p *page) take(value []byte) error {
	var l storedLine
	if err := json.Unmarshal(value, &l); err != nil {
		return fmt.Errorf("read line: %w", err)
	}
	p.lines = append(p.lines, l.Line)
	return nil
}

// readTalk takes the talk of the first key that has one: the signed-in user's
// before the browser's.
func (p *page) readTalk(tx *bbolt.Tx, keys []visitorKey) error {
	for _, v := range keys {
		if value := tx.Bucket(indexBucket).Get(talkKey(v)); value != nil {
			return json.Unmarshal(value, &p.talk)
		}
	}
	return nil
}

// owner finds the visitor and the visible line of a message.
func (s *store) owner(id events.MessageID) (v visitorKey, l Line, found bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		at := tx.Bucket(indexBucket).Get(messageKey(id))
		if at == nil {
			return nil
		}
		found = true
		v = visitorKey(at[:16])
		return json.Unmarshal(tx.Bucket(linesBucket).Get(at), &l)
	})
	return v, l, found, err
}

// said finds a visitor's own message by its provider id under any of the keys.
func (s *store) said(keys []visitorKey, provider string) (l storedLine, found bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		for _, v := range keys {
			if at := tx.Bucket(indexBucket).Get(providerKey(v, provider)); at != nil {
				found = true
				return json.Unmarshal(tx.Bucket(linesBucket).Get(at), &l)
			}
		}
		return nil
	})
	return l, found, err
}

// sort puts the lines of several keys in one order and keeps the newest limit.
func (p *page) sort(limit int) {
	slices.SortFunc(p.lines, func(a, b Line) int { return cmp.Compare(a.Seq, b.Seq) })
	if over := len(p.lines) - limit; over > 0 {
		p.lines = p.lines[over:]
		p.more = true
	}
	if n := len(p.lines); n > 0 {
		p.upTo = max(p.upTo, p.lines[n-1].Seq)
	}
}
