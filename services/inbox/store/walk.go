package store

import (
	"bytes"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/pkg/bolt"
)

// walk goes over the keys under several prefixes as one sequence, ordered by
// what follows the prefix. It must not be used across a write.
type walk struct {
	legs     []leg
	backward bool
	started  bool
	at       int
}

type leg struct {
	c          *bbolt.Cursor
	prefix     []byte
	key, value []byte // key is nil at the end
}

// newWalk starts at the first position after `after` in the direction of
// travel; nil starts at the end of the range that comes first.
func newWalk(b *bbolt.Bucket, prefixes [][]byte, after []byte, backward bool) *walk {
	w := &walk{legs: make([]leg, 0, len(prefixes)), backward: backward}
	for _, p := range prefixes {
		l := leg{c: b.Cursor(), prefix: p}
		l.start(after, backward)
		if l.key != nil {
			w.legs = append(w.legs, l)
		}
	}
	return w
}

func (l *leg) start(after []byte, backward bool) {
	if !backward {
		from := l.prefix
		if after != nil {
			from = append(append(make([]byte, 0, len(l.prefix)+len(after)), l.prefix...), after...)
		}
		k, v := l.c.Seek(from)
		if after != nil && bytes.Equal(k, from) {
			k, v = l.c.Next()
		}
		l.set(k, v)
		return
	}
	// The key sought is the first one that is too late; the walk begins before it.
	end := bolt.After(l.prefix)
	if after != nil {
		end = append(append(make([]byte, 0, len(l.prefix)+len(after)), l.prefix...), after...)
	}
	var k, v []byte
	if end == nil {
		k, v = l.c.Last()
	} else if k, _ = l.c.Seek(end); k == nil {
		k, v = l.c.Last()
	} else {
		k, v = l.c.Prev()
	}
	l.set(k, v)
}

func (l *leg) set(k, v []byte) {
	if !bytes.HasPrefix(k, l.prefix) {
		k, v = nil, nil
	}
	l.key, l.value = k, v
}

// next is the following entry: what stands after the prefix, and the value.
func (w *walk) next() (position, value []byte, ok bool) {
	if w.started && w.at < len(w.legs) {
		l := &w.legs[w.at]
		if w.backward {
			l.set(l.c.Prev())
		} else {
			l.set(l.c.Next())
		}
		if l.key == nil {
			w.legs = append(w.legs[:w.at], w.legs[w.at+1:]...)
		}
	}
	w.started = true
	if len(w.legs) == 0 {
		return nil, nil, false
	}
	w.at = 0
	best := w.legs[0].key[len(w.legs[0].prefix):]
	for i := 1; i < len(w.legs); i++ {
		p := w.legs[i].key[len(w.legs[i].prefix):]
		if c := bytes.Compare(p, best); c < 0 != w.backward && c != 0 {
			w.at, best = i, p
		}
	}
	return best, w.legs[w.at].value, true
}

// prefix is the one under which the present entry stands.
func (w *walk) prefix() []byte { return w.legs[w.at].prefix }
