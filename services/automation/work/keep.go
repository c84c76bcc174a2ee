package work

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/automation/rules"
)

// Buckets of rules.db. rulesPlace holds one key, the place in the log; rulesSpent
// holds what the loop guard remembers, by rule, a nought byte and conversation.
var (
	rulesPlace = []byte("place")
	rulesSpent = []byte("spent")
	placeKey   = []byte("seq")
)

// keep is the kept file.
type keep struct {
	db   *bbolt.DB
	last uint64 // the place as kept; only save and place touch it
}

func openKeep(path string) (*keep, error) {
	db, err := bolt.OpenKept(path, time.Second)
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{rulesPlace, rulesSpent} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &keep{db: db}, nil
}

// Close lets go of the file.
func (k *keep) Close() error { return k.db.Close() }

// place is the kept place; false before the first.
func (k *keep) place() (seq uint64, known bool, err error) {
	err = k.db.View(func(tx *bbolt.Tx) error {
		v := tx.Bucket(rulesPlace).Get(placeKey)
		if v == nil {
			return nil
		}
		known = true
		seq, _, err = bolt.CutUint64(v)
		return err
	})
	k.last = seq
	if err != nil {
		return 0, false, fmt.Errorf("read the place of the rules: %w", err)
	}
	return seq, known, nil
}

// load reads what the loop guard remembers. What cannot be read is forgotten.
func (k *keep) load(l rules.Limits) (*rules.Budget, error) {
	b := rules.NewBudget(l)
	err := k.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(rulesSpent).ForEach(func(key, v []byte) error {
			var list []rules.Spent
			if name, ok := cutKey(key); ok && json.Unmarshal(v, &list) == nil && len(list) > 0 {
				b.Load(name, list)
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read what rules have done: %w", err)
	}
	return b, nil
}

// save writes place and changes at once. Where neither has changed it does
// nothing.
func (k *keep) save(place uint64, changed map[rules.Key][]rules.Spent) error {
	if place == k.last && place != 0 && len(changed) == 0 {
		return nil
	}
	err := k.db.Update(func(tx *bbolt.Tx) error {
		spent := tx.Bucket(rulesSpent)
		for key, list := range changed {
			var err error
			if len(list) == 0 {
				err = spent.Delete(joinKey(key))
			} else if v, bad := json.Marshal(list); bad != nil {
				err = bad
			} else {
				err = spent.Put(joinKey(key), v)
			}
			if err != nil {
				return err
			}
		}
		return tx.Bucket(rulesPlace).Put(placeKey, bolt.AppendUint64(nil, place))
	})
	if err != nil {
		return fmt.Errorf("keep the place of the rules: %w", err)
	}
	k.last = place
	return nil
}

func joinKey(k rules.Key) []byte { return []byte(string(k.Rule) + "\x00" + string(k.Conversation)) }

func cutKey(b []byte) (rules.Key, bool) {
	for i, c := range b {
		if c == 0 {
			return rules.Key{Rule: events.RuleID(b[:i]), Conversation: events.ConversationID(b[i+1:])}, true
		}
	}
	return rules.Key{}, false
}
