package feed

import "sort"

// ring is the newest part of the stream, in chunks that are only appended to.
// Readers keep slices of chunks after the lock is gone, which is safe because
// what a slice covers is never written again.
type ring[T any] struct {
	maxCount, maxBytes int
	chunkCount         int

	chunks []*chunk[T] // oldest first
	count  int
	bytes  int
	base   uint64 // every message after base and up to head is in the ring
	head   uint64
}

type chunk[T any] struct {
	entries []Entry[T]
	bytes   int
}

func newRing[T any](o Options, at uint64) ring[T] {
	return ring[T]{
		maxCount: o.Ring, maxBytes: o.RingBytes, chunkCount: max(1, min(256, o.Ring/4)),
		base: at, head: at,
	}
}

func (r *ring[T]) add(entries []sized[T]) {
	for i := range entries {
		e := &entries[i]
		c := r.room(e.bytes)
		c.entries = append(c.entries, e.entry)
		c.bytes += e.bytes
		r.count++
		r.bytes += e.bytes
		r.head = e.entry.Seq
	}
	for len(r.chunks) > 1 && (r.count > r.maxCount || r.bytes > r.maxBytes) {
		old := r.chunks[0]
		r.chunks[0] = nil
		r.chunks = r.chunks[1:]
		r.count -= len(old.entries)
		r.bytes -= old.bytes
		r.base = old.entries[len(old.entries)-1].Seq
	}
}

// room is the chunk for the next entry.
func (r *ring[T]) room(bytes int) *chunk[T] {
	if n := len(r.chunks); n > 0 {
		c := r.chunks[n-1]
		if len(c.entries) < r.chunkCount && c.bytes+bytes <= r.maxBytes/4 {
			return c
		}
	}
	c := &chunk[T]{entries: make([]Entry[T], 0, r.chunkCount)}
	r.chunks = append(r.chunks, c)
	return c
}

// after returns entries with a sequence greater than seq, up to limit and from
// one chunk; none when seq is at the head. seq must not be before base.
func (r *ring[T]) after(seq uint64, limit int) []Entry[T] {
	at := sort.Search(len(r.chunks), func(i int) bool {
		es := r.chunks[i].entries
		return es[len(es)-1].Seq > seq
	})
	if at == len(r.chunks) {
		return nil
	}
	es := r.chunks[at].entries
	from := sort.Search(len(es), func(i int) bool { return es[i].Seq > seq })
	to := min(len(es), from+limit)
	return es[from:to:to]
}
