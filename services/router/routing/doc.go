// Package routing is the router's shell: it reads statements, commands and due
// timers, has the pure rooms decide, and appends what they decided.
//
// Order and consistency. One goroutine decides, so one contact is changed by
// one decision at a time. A decision counts in memory as soon as it is handed
// to the log; every append carries the last sequence of its shard, so the log
// refuses a decision made on a state that is not the present one. After any
// refusal or failure the router drops what it holds, reads the log again from
// its checkpoint, and decides anew whatever was not stored.
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
//	progress      "state"               -> checkpoint, statements decided, shards
package routing
