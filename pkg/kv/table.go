package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

// ErrConflict says that the entry is not at the revision the writer expected.
var ErrConflict = errors.New("entry changed meanwhile")

// History is how many former values of a key are kept, the most a bucket can.
const History = 64

// Stream is the configuration of the stream behind a bucket, for
// eventlog.Open: it is what the server makes for a key-value bucket.
func Stream(bucket string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: "KV_" + bucket, Subjects: []string{"$KV." + bucket + ".>"},
		MaxMsgsPerSubject: History, Discard: jetstream.DiscardNew, DenyDelete: true,
		AllowRollup: true, AllowDirect: true, Storage: jetstream.FileStorage,
		MaxMsgs: -1, MaxBytes: -1, MaxMsgSize: -1, MaxConsumers: -1,
	}
}

// Item is one entry of a table. Rev is the sequence of its last write.
type Item[T any] struct {
	ID    string
	Value T
	Rev   uint64
}

// Table is the live, typed view of all keys "prefix.<id>" of a bucket.
type Table[T any] struct {
	log     *eventlog.Log
	subject string
	watcher jetstream.KeyWatcher
	done    chan struct{}

	mu      sync.RWMutex
	items   map[string]Item[T]
	broken  map[string]error
	seen    uint64
	changed chan struct{}
}

// Open shows the keys under prefix and returns when all present ones are
// loaded. log is the event log of the bucket's stream; the caller owns both and
// closes the table first.
func Open[T any](ctx context.Context, nc *nats.Conn, log *eventlog.Log, bucket, prefix string) (*Table[T], error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("open table %s: %w", prefix, err)
	}
	store, err := js.KeyValue(ctx, bucket)
	if err != nil {
		return nil, fmt.Errorf("open table %s: %w", prefix, err)
	}
	watcher, err := store.Watch(context.WithoutCancel(ctx), prefix+".>")
	if err != nil {
		return nil, fmt.Errorf("watch table %s: %w", prefix, err)
	}
	t := &Table[T]{
		log: log, subject: "$KV." + bucket + "." + prefix + ".", watcher: watcher,
		done: make(chan struct{}), items: map[string]Item[T]{}, broken: map[string]error{}, changed: make(chan struct{}),
	}
	loaded := make(chan struct{})
	go t.follow(prefix+".", loaded)
	select {
	case <-loaded:
		return t, nil
	case <-ctx.Done():
		t.Close()
		return nil, fmt.Errorf("load table %s: %w", prefix, ctx.Err())
	}
}

// Get returns the entry. The value is shared: treat it as read-only.
func (t *Table[T]) Get(id string) (T, uint64, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	item, ok := t.items[id]
	return item.Value, item.Rev, ok
}

// All returns every entry, sorted by id.
func (t *Table[T]) All() []Item[T] {
	t.mu.RLock()
	out := make([]Item[T], 0, len(t.items))
	for _, item := range t.items {
		out = append(out, item)
	}
	t.mu.RUnlock()
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// Changes returns a channel that is closed at the next change of the table.
func (t *Table[T]) Changes() <-chan struct{} {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.changed
}

// Put writes an entry. expect is the revision the writer saw (0: must not
// exist; nil: whatever it is). ids are key tokens: letters, digits, - _ = only.
func (t *Table[T]) Put(ctx context.Context, id string, value T, expect *uint64) (uint64, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return 0, fmt.Errorf("encode entry: %w", err)
	}
	return t.write(ctx, id, eventlog.Message{Data: data, ExpectLast: expect})
}

// Delete removes an entry; its history stays in the bucket.
func (t *Table[T]) Delete(ctx context.Context, id string) error {
	header := nats.Header{}
	header.Set(operation, "DEL")
	_, err := t.write(ctx, id, eventlog.Message{Header: header})
	return err
}

func (t *Table[T]) write(ctx context.Context, id string, msg eventlog.Message) (uint64, error) {
	if !validKey(id) {
		return 0, fmt.Errorf("entry id %q has characters a key cannot have", id)
	}
	msg.Subject = t.subject + id
	seq, err := t.log.Append(ctx, msg)
	if errors.Is(err, eventlog.ErrConflict) {
		return 0, ErrConflict
	}
	if err != nil {
		return 0, err
	}
	return seq, t.waitFor(ctx, seq)
}

func (t *Table[T]) waitFor(ctx context.Context, seq uint64) error {
	for {
		t.mu.RLock()
		seen, changed := t.seen, t.changed
		t.mu.RUnlock()
		if seen >= seq {
			return nil
		}
		select {
		case <-changed:
		case <-t.done:
			return errors.New("table closed")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close stops watching and waits until nothing of the table runs.
func (t *Table[T]) Close() {
	_ = t.watcher.Stop()
	<-t.done
}

func (t *Table[T]) follow(prefix string, loaded chan struct{}) {
	defer close(t.done)
	for entry := range t.watcher.Updates() {
		if entry == nil { // everything that was there has been sent
			if loaded != nil {
				close(loaded)
				loaded = nil
			}
			continue
		}
		t.apply(strings.TrimPrefix(entry.Key(), prefix), entry)
	}
}

func (t *Table[T]) apply(id string, entry jetstream.KeyValueEntry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = entry.Revision()
	if entry.Operation() != jetstream.KeyValuePut {
		delete(t.items, id)
	} else {
		var value T
		if err := json.Unmarshal(entry.Value(), &value); err != nil {
			t.broken[id] = err
		} else {
			delete(t.broken, id)
			t.items[id] = Item[T]{ID: id, Value: value, Rev: entry.Revision()}
		}
	}
	close(t.changed)
	t.changed = make(chan struct{})
}

// Broken lists entries that could not be read; their last good value stays.
func (t *Table[T]) Broken() map[string]error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := make(map[string]error, len(t.broken))
	for id, err := range t.broken {
		out[id] = err
	}
	return out
}

func validKey(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for _, c := range id {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '='
		if !ok {
			return false
		}
	}
	return true
}
