package kv

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/pkg/feed"
)

// Change is one entry of a bucket's stream, reduced by whoever reads the past to
// what it needs. An entry of a table that does not concern it has no Prefix.
type Change[V any] struct {
	Prefix, ID string
	Removed    bool
	Value      V
	unread     bool // it could not be decoded, so it was never in force
}

// Changes makes a function that reads entries of a bucket, for feed.Open over the
// bucket's log. read decodes a value; it is called for the tables of prefixes alone,
// and never for a removal. What it cannot decode was never in force, as in a [Table].
func Changes[V any](bucket string, read func(prefix string, data []byte) (V, error), prefixes ...string) func(feed.Raw) (Change[V], error) {
	return func(r feed.Raw) (Change[V], error) {
		prefix, id, removed := Entry(bucket, r.Subject, r.Header)
		if !slices.Contains(prefixes, prefix) {
			return Change[V]{}, nil
		}
		c := Change[V]{Prefix: prefix, ID: id, Removed: removed}
		if removed {
			return c, nil
		}
		v, err := read(prefix, r.Data)
		if err != nil {
			return Change[V]{Prefix: prefix, ID: id, unread: true}, nil
		}
		c.Value = v
		return c, nil
	}
}

// Former is a value of an entry from a time on, until the next one.
type Former[V any] struct {
	// At is when the server stored it.
	At      time.Time
	Removed bool
	Value   V
}

// Past is how the entries of a bucket stood at any time, as far as the bucket
// remembers: of each key the newest [History] values. It does not change.
type Past[V any] struct {
	of   map[string]map[string][]Former[V]
	kept map[string]int // values the bucket has of a key, those that cannot be read too
}

// ReadPast reads what the bucket has now; it fails with ctx's error or the feed's.
func ReadPast[V any](ctx context.Context, f *feed.Feed[Change[V]]) (*Past[V], error) {
	p := &Past[V]{of: map[string]map[string][]Former[V]{}, kept: map[string]int{}}
	head, err := f.CatchUp(ctx)
	if err != nil {
		return nil, err
	}
	cursor := f.From(0)
	for {
		batch, err := cursor.Until(ctx, head)
		if err != nil {
			return nil, fmt.Errorf("read former settings: %w", err)
		}
		if len(batch) == 0 {
			return p, nil
		}
		for i := range batch {
			if c := &batch[i].Value; batch[i].Err == nil && c.Prefix != "" {
				p.add(c, batch[i].Time)
			}
		}
	}
}

func (p *Past[V]) add(c *Change[V], at time.Time) {
	p.kept[c.Prefix+"."+c.ID]++
	if c.unread {
		return
	}
	of := p.of[c.Prefix]
	if of == nil {
		of = map[string][]Former[V]{}
		p.of[c.Prefix] = of
	}
	of[c.ID] = append(of[c.ID], Former[V]{At: at, Removed: c.Removed, Value: c.Value})
}

// Sight is how well a moment of the past can be seen.
type Sight int

// Of an entry at a time: it stood as told; it had not been made yet; or it is not
// known any more how it stood, because the bucket keeps no value that old.
const (
	Seen Sight = iota
	Unmade
	Forgotten
)

// Then is how an entry stood at a time; nil where there never was one. Before the
// oldest value that the bucket has, it is that one: what to make of it depends on
// the question, and how tells whether it was made only then. What was removed is
// told as removed.
func (p *Past[V]) Then(prefix, id string, at time.Time) (is *Former[V], how Sight) {
	list := p.of[prefix][id]
	if len(list) == 0 {
		return nil, Unmade
	}
	later, _ := slices.BinarySearchFunc(list, at, func(f Former[V], at time.Time) int { // the first that is later
		if f.At.After(at) {
			return 1
		}
		return -1
	})
	switch {
	case later > 0:
		return &list[later-1], Seen
	case p.kept[prefix+"."+id] >= History:
		return &list[0], Forgotten
	}
	return &list[0], Unmade
}

// IDs are the entries of a table that there are or were, sorted.
func (p *Past[V]) IDs(prefix string) []string { return slices.Sorted(maps.Keys(p.of[prefix])) }

// Values are all that are kept of an entry, oldest first. They are shared: they are
// not to be changed.
func (p *Past[V]) Values(prefix, id string) []Former[V] { return p.of[prefix][id] }
