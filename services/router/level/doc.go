// Package level keeps the clocks of service levels: when one begins, pauses, warns,
// is late and ends. It is pure: a conversation's row, a little memory beside it and
// the rules in force go in, and the facts of clocks come out. It decides nothing
// else, keeps nothing, and waits for nothing: its owner adds the facts to the
// decision they belong to, and asks again at [Due].
//
// # How it is used
//
// Whoever applies facts keeps a [Memory] beside each row and lets it take in every
// [Change] that [Read] finds in a fact. At the end of a decision [Settle] holds the
// clocks against row and memory and gives the facts that bring them in line; so it
// does not matter how many things one decision holds. [Apply] makes each fact true
// in the row. Between decisions only time passes: [OnTime] gives what is to be said.
//
// Everything that a timer depends on is in the row, so whoever starts anew from the
// log is due at the same moments.
//
// # The clocks
//
// First response runs from the customer's first message until our first answer;
// next response from the first message after an answer until the next one. There
// is one wait at a time. Notes, automatic mail, calls in vain and bots that do not
// count are no answers, and automatic mail is no message. A conversation that was
// resolved without an answer still owes its first one: the wait that reopens it
// begins with the message that did, and never counts the time it was closed.
//
// A callback that nothing else was waited for with waits from the time at which the
// customer wants it, else from the wish. Postponing moves it; once the customer
// writes, they wait from then on like everybody.
//
// Resolution runs from the opening until the conversation is resolved, and stops
// while the policy says so. Reopening begins a new one from nought, as it is a new
// promise: the time in between belongs to nobody, and what the first took has been
// said. How often that happens is told by the reopenings, not hidden in one clock.
//
// # Targets
//
// Whatever changes the policy, its hours or the priority gives a running clock its
// new target from its own start: of a response all of the wait is counted in the
// new hours, of a resolution what it ran before stays as it was counted, since
// the row does not tell its pauses. That is a [events.ClockStarted] of a kind that
// runs already, and takes the place of the one before. A clock has warned or is
// late in the new one only where the moment for it has passed there as well.
//
// A target is missed at the very moment that it ends, which may be that of closing.
// A clock that is late goes on. It ends as missed even where nothing was answered,
// so that closing a late conversation does not hide it; one that still had time and
// was resolved, folded away or lost its promise is dropped.
//
// Times are kept in whole milliseconds.
package level
