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
// At most 65 536 ids are held, the oldest make room, and none counts after a
// fortnight. A watermark moves what was sent over its road, the newest 200.
//
// Echoes. What leaves through an account comes back from its provider. A message
// of ours is known again by its ids, or by address and words while its sending
// has no answer yet; what was shown as somebody else's until the ids met is taken
// back then.
//
// Calls. A call that is logged again, or amended, is one message that knows more.
// Missed calls promise a callback, a later answered call to the number keeps it,
// in whatever order the calls are told. A recording that comes before its call
// is that call, if it says enough to be one, and is rejected otherwise.
//
// Service levels. Every decision ends by holding the clocks of what it touched
// against the policy of its queue, and says what follows: begun, paused, ended.
// What a clock depends on and no row shows is remembered beside the row and follows
// from the facts; the settings do not, and need not, since what they lead to becomes
// facts. Warnings and breaches come from an index of moments in the state's file, one
// decision each, within half a second, and after a stop for all that came due
// meanwhile; they leave the version of a conversation alone.
//
// Settings. Policies, hours, queues and the weight of work are taken over before the
// next decision. Then every open conversation of a queue whose promise or mode has
// changed is looked at again, in batches between other work: its clocks get their
// new ends and its place is given or taken. What each queue promised when that was
// done last is kept in the file, so a change made meanwhile by others, or while the
// router was stopped, is found at the start. Where the file was lost, or the router
// that was telling was another one, a clock of a resolution counts what it ran until
// then in the hours of now.
//
// Surveys. A question goes out over the road an answer would take, and is refused
// where nothing may be said unasked. A score that is written back over that road is
// shown and counted, and begins nothing; words within an hour after it belong to the
// same conversation. A number after anybody of ours has written answers them. A
// pressed button names its survey, so it is a score of that one whatever has been
// said or asked since; of a survey that has ended it is shown and counts for nothing.
//
// Who is there. Presences are stored, connections are not. Where gateways tell who is
// connected ([Deps.Attended]), a router that begins to decide asks them, and until
// somebody vouches for an agent they count as one whose connection broke just then:
// nothing is given to them, and after the grace they are offline. Who comes back stands
// as before the break, and whoever connects for the first time is away until they say
// more; so every agent with a screen has a presence, and what waits is never left with
// one who has gone.
//
// Erasure clears what the router holds of a contact at once. The log keeps what
// was written to it.
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
//	clock         next moment of a clock, conversation id -> nothing
//	live          queue id, id of an open or snoozed conversation -> nothing
//	told          queue id              -> what it promised when its conversations were told last
//	held          scope, provider id    -> receipts that came too early
//	ring          slot                  -> provider id whose receipt is held; oldest first out
//	outgoing      inbox, address key    -> messages of ours on their way, newest 200
//	order         inbox, order id       -> contact id, time of the newest statement
//	talk          contact id, conversation id -> nothing
//	callback      telephone number      -> conversation that has promised a call
//	presence      agent id              -> events.Presence, JSON
//	desk          conversation id       -> nothing, for what waits, is offered or is somebody's
//	progress      "state"               -> checkpoint, statements decided
package routing
