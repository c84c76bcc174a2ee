// Package feed reads a stream once for a whole process and lets any number of
// cursors follow it.
//
// A Feed owns one consumer, decodes each message once, and keeps the newest
// entries in memory. A Cursor inside that ring costs a lock and a slice header
// for each call of Next: entries are neither copied nor decoded again. A Cursor
// behind the ring reads the stream in pieces and without a consumer of its own
// (JetStream's batched direct get), until it has caught up; cursors that want
// the same piece share one read and one decoding of it.
//
// What it promises: a cursor sees every message of the stream after its
// position, once, in order, as long as the stream holds it; nothing is skipped
// because somebody is slow, and a slow cursor holds up nobody. Nothing is shown
// before it is durable (eventlog.Log.DurableSeq), also when another process or
// another Log appended it. A message that cannot be decoded is passed on as an
// Entry with an error.
//
// It keeps nothing on disk, and no position: cursors belong to their users.
package feed
