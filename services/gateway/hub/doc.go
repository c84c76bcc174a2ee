// Package hub shows facts as they happen. There is one Hub a process: it reads
// the feed of decisions once, works out for each which subscriptions it
// concerns, encodes each event once, and hands the bytes to the sockets.
//
// # What a subscription gets
//
// Every event of every conversation that its person sees and that is in its
// view, in the order of the log, from the place it was joined at, without a gap
// and without a repetition. A conversation that leaves the view while it may
// still be seen is sent with its new state, so that the client takes it off the
// list by itself; one that may no longer be seen is taken off by the fact
// "conversation.hidden", which carries its id and nothing else. Where the state
// before a decision is not known any more, such a fact may also name a
// conversation the client never had; it then ignores it.
//
// # Places and cursors
//
// An event's place is "sequence in the log.number of the event in its decision".
// Of the events that one decision gives to one subscription only the
// last carries the cursor of that decision; the others carry the one before it.
// A client that was cut off in between gets the whole decision again and drops
// the places it has.
//
// # Cost
//
// Subscriptions are indexed by what makes a conversation visible (team, queue,
// assignee, or nothing), so a fact about one team's conversation does not look
// at the other teams' sockets. The lock is held for one fan-out at a time,
// which never waits: a socket whose queue is full is closed by the socket.
package hub
