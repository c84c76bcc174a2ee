// Package routing is the router's shell: it reads statements, commands and due
// timers, has the pure rooms decide, and appends what they decided.
//
// Order and consistency. One goroutine decides, so one contact is changed by
// one decision at a time. A decision counts in memory as soon as it is handed
// to the log. Every append carries the last sequence of the whole log and the
// place of the router's claim (see below), so the log refuses a decision made on
// a state that is not the present one, and everything that was decided upon it. After any refusal or
// failure the router drops what it holds, waits until nothing it sent can still
// arrive, reads the log again from its checkpoint, and decides anew whatever was
// not stored.
//
// One decides. Of several routers on one log one decides and the others stand
// by, reading along; they look for it four times a second and take over when it
// is gone. Before its first decision a router writes a claim into the log, a
// decision without facts under conversation.lead, at the very end of what it has
// read. From
// then on the log refuses every append of a router that claimed before. So two
// that believe to be alone, because they started together or do not see each
// other, spoil nothing: the older claim loses, its router reads on and stands by.
//
// Commands. At most 1024 wait, for four seconds at most; whatever cannot be
// decided in that time is answered unavailable, never dropped.
//
// Receipts. One that names an id nobody knows yet is stored as the fact
// message.receipt_held and counts when the id becomes known.
//
// Durability. A command is answered, and a checkpoint written, only after the
// log has synced.
//
// State. The file router.db is a projection of the log and may be deleted at
// any time:
//
//	contact       contact id            -> conversation.Contact, JSON
//	conversation  conversation id       -> conversation.State, JSON
//	message       message id            -> conversation.MessageRef, JSON
//	seen          statement id          -> content hash
//	point         address key           -> contact id, trust
//	thread        scope, provider id    -> message id
//	snooze        time, conversation id -> nothing
//	held          scope, provider id    -> receipts that came too early
//	progress      "state"               -> checkpoint, statements decided
package routing
