package routing

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/router/assignment"
	"github.com/tributary-inbox/tributary/services/router/conversation"
	"github.com/tributary-inbox/tributary/services/router/identity"
)

// schema is raised whenever the layout of router.db changes.
const schema = 8

var (
	bucketContact      = []byte("contact")
	bucketConversation = []byte("conversation")
	bucketMessage      = []byte("message")
	bucketSeen         = []byte("seen")
	bucketPoint        = []byte("point")
	bucketThread       = []byte("thread")
	bucketSnooze       = []byte("snooze")
	bucketHeld         = []byte("held")
	bucketRing         = []byte("ring")
	bucketOutgoing     = []byte("outgoing")
	bucketOrder        = []byte("order")
	bucketPurchase     = []byte("purchase")
	bucketTalk         = []byte("talk")
	bucketCallback     = []byte("callback")
	bucketPresence     = []byte("presence")
	bucketDesk         = []byte("desk")
	bucketClock        = []byte("clock")
	bucketLive         = []byte("live")
	bucketTold         = []byte("told")
	bucketProgress     = []byte("progress")
	allBuckets         = [][]byte{
		bucketContact, bucketConversation, bucketMessage, bucketSeen, bucketPoint, bucketThread, bucketSnooze, bucketHeld,
		bucketRing, bucketOutgoing, bucketOrder, bucketPurchase, bucketTalk, bucketCallback, bucketPresence, bucketDesk, bucketClock, bucketLive, bucketTold, bucketProgress,
	}
	keyState = []byte("state")
)

// layer is a set of values that are newer than the file. A nil pointer deletes.
type layer struct {
	contacts      map[events.ContactID]*conversation.Contact
	conversations map[events.ConversationID]*conversation.State
	messages      map[events.MessageID]conversation.MessageRef
	seen          map[string]string
	points        map[string]*pointOwner
	threads       map[string]events.MessageID
	snooze        map[string]bool // true puts, false deletes
	held          map[string][]conversation.Receipt
	ring          map[string]ringSlot
	outgoing      map[string][]conversation.Outgoing
	orders        map[string]conversation.OrderRef
	purchases     map[events.ContactID][]conversation.Purchase // none deletes
	talks         map[string]bool                              // true puts, false deletes
	callbacks     map[string]events.ConversationID             // empty deletes
	presences     map[events.AgentID]events.Presence
	desk          map[events.ConversationID]bool // true puts, false deletes
	clock         map[string]bool                // true puts, false deletes
	live          map[string]bool                // true puts, false deletes
	told          map[events.QueueID][]byte      // nil deletes
}

type pointOwner struct {
	Contact events.ContactID `json:"c"`
	Trust   events.Trust     `json:"t"`
}

func newLayer() *layer {
	return &layer{
		contacts: map[events.ContactID]*conversation.Contact{}, conversations: map[events.ConversationID]*conversation.State{},
		messages: map[events.MessageID]conversation.MessageRef{}, seen: map[string]string{},
		points: map[string]*pointOwner{}, threads: map[string]events.MessageID{}, snooze: map[string]bool{},
		held: map[string][]conversation.Receipt{}, ring: map[string]ringSlot{}, outgoing: map[string][]conversation.Outgoing{},
		orders: map[string]conversation.OrderRef{}, purchases: map[events.ContactID][]conversation.Purchase{}, talks: map[string]bool{}, callbacks: map[string]events.ConversationID{},
		presences: map[events.AgentID]events.Presence{}, desk: map[events.ConversationID]bool{},
		clock: map[string]bool{}, live: map[string]bool{}, told: map[events.QueueID][]byte{},
	}
}

func (l *layer) size() int {
	return len(l.contacts) + len(l.conversations) + len(l.messages) + len(l.seen) + len(l.points) + len(l.threads) + len(l.snooze) + len(l.held) +
		len(l.ring) + len(l.outgoing) + len(l.orders) + len(l.purchases) + len(l.talks) + len(l.callbacks) + len(l.presences) + len(l.desk) + len(l.clock) + len(l.live) + len(l.told)
}

// store is the present state: the file, what is being written to it, and what
// is newer. Only the deciding goroutine reads and changes it; only the flush
// goroutine writes the file. Values in layers are never changed once put.
type store struct {
	db       *bolt.DB
	fresh    *layer // decided since the last flush began
	flushing *layer // on its way to the file; nil when no flush runs
	recent   *cache // clean values read or flushed lately
	// damage is why the file could not be read, once it could not. What was
	// decided since is worth nothing: to be unreadable is not to be absent.
	damage error
	// reading is the one transaction that serves what is read between begin and
	// end; tx is nil until something is.
	reading bool
	tx      *bbolt.Tx
	staff   Staff // never nil
	// seats is the desk of whoever decides; nil before that.
	seats *assignment.Desk
	// promises keep the clocks, and are told who has been told.
	promises *promises
}

func openStore(path string, staff Staff) (*store, bool, error) {
	db, empty, _, err := bolt.OpenOrRemove(path, bolt.Options{Schema: schema})
	if err != nil {
		return nil, false, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range allBuckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, false, errors.Join(fmt.Errorf("prepare router state: %w", err), db.Close())
	}
	return &store{db: db, fresh: newLayer(), recent: newCache(16384), staff: staff, promises: newPromises(staff)}, empty, nil
}

// drop forgets everything that is not in the file. No flush may be running.
func (s *store) drop() {
	s.fresh, s.flushing, s.recent, s.damage = newLayer(), nil, newCache(16384), nil
}

// Contact makes store a conversation.World.
func (s *store) Contact(id events.ContactID) (*conversation.Contact, bool) {
	if c, ok := lookup(s, func(l *layer) (*conversation.Contact, bool) { c, ok := l.contacts[id]; return c, ok }); ok {
		return c, c != nil
	}
	if c, ok := s.recent.contact(id); ok {
		return c, true
	}
	c := new(conversation.Contact)
	if !s.read(bucketContact, []byte(id), c) {
		return nil, false
	}
	s.recent.putContact(c)
	return c, true
}

// Conversation makes store a conversation.World.
func (s *store) Conversation(id events.ConversationID) (*conversation.State, bool) {
	if c, ok := lookup(s, func(l *layer) (*conversation.State, bool) { c, ok := l.conversations[id]; return c, ok }); ok {
		return c, c != nil
	}
	if c, ok := s.recent.conversation(id); ok {
		return c, true
	}
	c := new(conversation.State)
	if !s.read(bucketConversation, []byte(id), c) {
		return nil, false
	}
	s.recent.putConversation(c)
	return c, true
}

// Message makes store a conversation.World.
func (s *store) Message(id events.MessageID) (conversation.MessageRef, bool) {
	if m, ok := lookup(s, func(l *layer) (conversation.MessageRef, bool) { m, ok := l.messages[id]; return m, ok }); ok {
		return m, true
	}
	var m conversation.MessageRef
	ok := s.read(bucketMessage, []byte(id), &m)
	return m, ok
}

// seen returns the content hash of a statement that is no message.
func (s *store) seen(key string) (string, bool) {
	if v, ok := lookup(s, func(l *layer) (string, bool) { v, ok := l.seen[key]; return v, ok }); ok {
		return v, true
	}
	raw := s.get(bucketSeen, []byte(key))
	return string(raw), raw != nil
}

// owner finds who holds an address, followed through merges.
func (s *store) owner(key string) (identity.Owner, bool) {
	held, ok := lookup(s, func(l *layer) (*pointOwner, bool) { p, ok := l.points[key]; return p, ok })
	if !ok {
		if held, ok = s.recent.point(key); !ok {
			held = new(pointOwner)
			if !s.read(bucketPoint, []byte(key), held) {
				return identity.Owner{}, false
			}
			s.recent.putPoint(key, held)
		}
	}
	if held == nil {
		return identity.Owner{}, false
	}
	c, ok := conversation.FollowContact(s, held.Contact)
	if !ok {
		return identity.Owner{}, false
	}
	return identity.Owner{Contact: c.ID, Trust: held.Trust, Anonymous: c.Anonymous()}, true
}

// Held makes store a conversation.World.
func (s *store) Held(key string) []conversation.Receipt {
	if r, ok := lookup(s, func(l *layer) ([]conversation.Receipt, bool) { r, ok := l.held[key]; return r, ok }); ok {
		return r
	}
	var r []conversation.Receipt
	s.read(bucketHeld, []byte(key), &r)
	return r
}

// thread finds the message that a provider's id names.
func (s *store) thread(key string) (events.MessageID, bool) {
	if m, ok := lookup(s, func(l *layer) (events.MessageID, bool) { m, ok := l.threads[key]; return m, ok }); ok {
		return m, true
	}
	raw := s.get(bucketThread, []byte(key))
	return events.MessageID(raw), raw != nil
}

func lookup[T any](s *store, in func(*layer) (T, bool)) (T, bool) {
	if v, ok := in(s.fresh); ok {
		return v, true
	}
	if s.flushing != nil {
		return in(s.flushing)
	}
	var zero T
	return zero, false
}

func (s *store) get(bucket, key []byte) (out []byte) {
	s.view(func(tx *bbolt.Tx) error {
		if v := tx.Bucket(bucket).Get(key); v != nil {
			out = append([]byte{}, v...)
		}
		return nil
	})
	return out
}

func (s *store) read(bucket, key []byte, into any) bool {
	found := false
	s.view(func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucket).Get(key)
		if v == nil {
			return nil
		}
		found = true
		return json.Unmarshal(v, into)
	})
	return found
}

// begin has everything that is read until end share one transaction: making one
// costs more than a look-up does. Nothing may wait for a flush in between.
func (s *store) begin() { s.reading = true }

func (s *store) end() {
	s.reading = false
	if s.tx != nil {
		s.tell(s.tx.Rollback())
		s.tx = nil
	}
}

// view reads the file; a failure is kept in damage.
func (s *store) view(read func(*bbolt.Tx) error) {
	if !s.reading {
		s.tell(s.db.View(read))
		return
	}
	if s.tx == nil {
		tx, err := s.db.Begin(false)
		if err != nil {
			s.tell(err)
			return
		}
		s.tx = tx
	}
	s.tell(read(s.tx))
}

func (s *store) tell(err error) {
	if err != nil && s.damage == nil {
		s.damage = fmt.Errorf("read router state: %w", err)
	}
}

// take makes what a decision touched the present state. Addresses that contacts
// lost are taken out of the index before those they gained are put in.
func (s *store) take(w *conversation.Work) {
	for id, c := range w.Contacts {
		if before, ok := s.Contact(id); ok {
			s.unindexPoints(before, c)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.Contacts)) {
		c := w.Contacts[id]
		for _, p := range c.Points {
			if p.Trust == events.Claimed && p.Scope == "" {
				continue // known inside an inbox only; see indexClaims
			}
			s.fresh.points[pointIndexKey(p)] = &pointOwner{Contact: id, Trust: p.Trust}
		}
		s.fresh.contacts[id] = c
	}
	for _, id := range slices.Sorted(maps.Keys(w.Conversations)) {
		c := w.Conversations[id]
		before, _ := s.Conversation(id)
		s.indexSnooze(before, c)
		s.indexClaims(c)
		s.indexTalk(before, c)
		s.indexCallback(before, c)
		s.indexDesk(before, c)
		s.indexClock(before, c)
		s.indexLive(before, c)
		delete(s.promises.untold, id)
		s.fresh.conversations[id] = c
	}
	for id, m := range w.Messages {
		for _, tid := range m.ThreadIDs {
			if !derivable(m.Channel, m.Inbox, tid, id) {
				s.fresh.threads[conversation.ProviderKey(m.Channel, m.Inbox, tid)] = id
			}
		}
		s.fresh.messages[id] = m
	}
	maps.Copy(s.fresh.seen, w.Seen)
	maps.Copy(s.fresh.held, w.Receipts)
	maps.Copy(s.fresh.outgoing, w.Roads)
	maps.Copy(s.fresh.orders, w.Orders)
	maps.Copy(s.fresh.purchases, w.Purchased)
	maps.Copy(s.fresh.presences, w.Presences)
	for _, key := range w.NewlyHeld {
		s.bound(key)
	}
}

func (s *store) unindexPoints(before, after *conversation.Contact) {
	for _, p := range before.Points {
		key := pointIndexKey(p)
		if _, still := after.Holds(p.Key()); still {
			continue
		}
		if owner, ok := s.owner(key); ok && owner.Contact == after.ID {
			s.fresh.points[key] = nil
		}
	}
}

// pointIndexKey keeps claimed addresses apart from those that name somebody.
func pointIndexKey(p events.Point) string {
	if p.Trust == events.Claimed {
		return identity.ClaimKey(p, "")
	}
	return p.Key()
}

// indexClaims remembers who an inbox knows by an address that was only claimed.
func (s *store) indexClaims(c *conversation.State) {
	for _, road := range c.Roads {
		if road.To.Trust == events.Claimed {
			s.fresh.points[identity.ClaimKey(road.To, road.Inbox)] = &pointOwner{Contact: c.Contact.ID, Trust: events.Claimed}
		}
	}
}

func (s *store) indexSnooze(before, after *conversation.State) {
	if before != nil && before.SnoozedUntil != nil {
		s.fresh.snooze[snoozeKey(before)] = false
	}
	if after.SnoozedUntil != nil && after.Status == events.Snoozed {
		s.fresh.snooze[snoozeKey(after)] = true
	}
}

// clear empties the file.
func (s *store) clear() error {
	s.drop()
	return s.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range allBuckets {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	})
}
