package fetch

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
)

// schema is the version of the file's layout.
const schema = 1

var (
	bucketJobs    = []byte("jobs")
	bucketLanes   = []byte("lanes")
	bucketUsers   = []byte("users")
	bucketUses    = []byte("uses")
	bucketCalls   = []byte("calls")
	bucketRemoved = []byte("removed")
	bucketDrops   = []byte("drops")
)

// source says through which inbox a message came.
type source struct {
	Inbox   events.InboxID `json:"inbox"`
	Channel string         `json:"channel"`
}

// job is one file to fetch. Settled is set once its end is known and the router
// has not yet been told.
type job struct {
	source
	Conversation events.ConversationID `json:"conversation"`
	Message      events.MessageID      `json:"message"`
	Attachment   events.Attachment     `json:"attachment"`
	Since        time.Time             `json:"since"`
	Attempt      int                   `json:"attempt,omitempty"`
	Due          time.Time             `json:"due"`
	Settled      *events.Attachment    `json:"settled,omitempty"`
}

func (j *job) key() []byte { return jobKey(j.Message, j.Attachment.ID) }

func jobKey(message events.MessageID, attachment string) []byte {
	return bolt.AppendString(bolt.AppendString(nil, string(message)), attachment)
}

// lane is what shares a bound on parallel work: the file's host within the
// inbox, or the inbox where only the adapter knows the host.
func (j *job) lane() string {
	if u, err := url.Parse(j.Attachment.URL); err == nil && u.Host != "" {
		return string(j.Inbox) + " " + strings.ToLower(u.Host)
	}
	return string(j.Inbox)
}

func (j *job) laneKey() []byte {
	key := bolt.AppendString(nil, j.lane())
	key = bolt.AppendUint64(key, uint64(max(j.Due.UnixMilli(), 0)))
	return append(key, j.key()...)
}

// files is one transaction's view of the layout.
type files struct{ tx *bbolt.Tx }

// prepare makes the buckets of a fresh file.
func prepare(db *bolt.DB) error {
	return db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketJobs, bucketLanes, bucketUsers, bucketUses, bucketCalls, bucketRemoved, bucketDrops} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return fmt.Errorf("make bucket %s: %w", name, err)
			}
		}
		return nil
	})
}

func (f files) job(key []byte) (*job, error) {
	data := f.tx.Bucket(bucketJobs).Get(key)
	if data == nil {
		return nil, nil
	}
	j := new(job)
	if err := json.Unmarshal(data, j); err != nil {
		return nil, fmt.Errorf("read job: %w", err)
	}
	return j, nil
}

// put writes a job and its place in its lane, in the stead of the one there.
func (f files) put(j *job) error {
	if err := f.dropJob(j.key()); err != nil {
		return err
	}
	data, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("write job: %w", err)
	}
	if err := f.tx.Bucket(bucketJobs).Put(j.key(), data); err != nil {
		return fmt.Errorf("write job: %w", err)
	}
	return f.tx.Bucket(bucketLanes).Put(j.laneKey(), nil)
}

func (f files) dropJob(key []byte) error {
	old, err := f.job(key)
	if err != nil || old == nil {
		return err
	}
	if err := f.tx.Bucket(bucketLanes).Delete(old.laneKey()); err != nil {
		return err
	}
	return f.tx.Bucket(bucketJobs).Delete(key)
}

// use notes that a message has a blob.
func (f files) use(message events.MessageID, hash string) error {
	if err := f.tx.Bucket(bucketUsers).Put(pair(hash, string(message)), nil); err != nil {
		return err
	}
	if err := f.tx.Bucket(bucketDrops).Delete([]byte(hash)); err != nil {
		return err
	}
	return f.tx.Bucket(bucketUses).Put(pair(string(message), hash), nil)
}

func (f files) used(hash string) bool {
	prefix := bolt.AppendString(nil, hash)
	key, _ := f.tx.Bucket(bucketUsers).Cursor().Seek(prefix)
	return strings.HasPrefix(string(key), string(prefix))
}

// release lets a blob go at the time, unless a message has it.
func (f files) release(hash string, at time.Time) error {
	if f.used(hash) {
		return nil
	}
	return f.tx.Bucket(bucketDrops).Put([]byte(hash), bolt.AppendUint64(nil, uint64(max(at.UnixMilli(), 0))))
}

// forget drops the jobs of a message and lets its blobs go. It returns the keys
// of the jobs.
func (f files) forget(message events.MessageID, at time.Time) (dropped [][]byte, err error) {
	prefix := bolt.AppendString(nil, string(message))
	if err := f.tx.Bucket(bucketRemoved).Put(prefix, nil); err != nil {
		return nil, err
	}
	dropped = keysBelow(f.tx.Bucket(bucketJobs), prefix)
	for _, key := range dropped {
		if err := f.dropJob(key); err != nil {
			return nil, err
		}
	}
	for _, key := range keysBelow(f.tx.Bucket(bucketUses), prefix) {
		hash, _, err := bolt.CutString(key[len(prefix):])
		if err != nil {
			return nil, fmt.Errorf("read use of a blob: %w", err)
		}
		if err := f.tx.Bucket(bucketUses).Delete(key); err != nil {
			return nil, err
		}
		if err := f.tx.Bucket(bucketUsers).Delete(pair(hash, string(message))); err != nil {
			return nil, err
		}
		if err := f.release(hash, at); err != nil {
			return nil, err
		}
	}
	return dropped, f.tx.Bucket(bucketCalls).Delete(prefix)
}

func (f files) removed(message events.MessageID) bool {
	return has(f.tx.Bucket(bucketRemoved), bolt.AppendString(nil, string(message)))
}

// has finds keys whose value is empty, too, which Get cannot tell from none.
func has(b *bbolt.Bucket, key []byte) bool {
	found, _ := b.Cursor().Seek(key)
	return string(found) == string(key)
}

func keysBelow(b *bbolt.Bucket, prefix []byte) (out [][]byte) {
	c := b.Cursor()
	for key, _ := c.Seek(prefix); key != nil && strings.HasPrefix(string(key), string(prefix)); key, _ = c.Next() {
		out = append(out, append([]byte(nil), key...))
	}
	return out
}

func pair(first, second string) []byte {
	return bolt.AppendString(bolt.AppendString(nil, first), second)
}
