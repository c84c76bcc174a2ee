// Package assignment decides who should answer: which conversation is given to
// which agent, when an offer has run out, and when a queue passes on what it
// cannot serve. It is pure: settings, presence and the rows of conversations go
// in, and the next thing to do comes out, with its reasons. It decides nothing
// else and stores nothing; its owner turns an [Action] into facts, and tells the
// desk the row that came of them.
//
// A [Desk] is built from rows and nothing beside them, so one that is made anew
// from the log goes on exactly where another stopped: the place in the queue, the
// offer that stands and who let one go by are all in the row.
//
// # Order
//
// A conversation stands by the time since which it waits, put forward by its
// priority: one step is worth as much waiting as its queue says. That key changes
// with the priority alone, so ageing costs nothing, and among equals nobody
// overtakes. An agent of several queues takes the first of all of them.
//
// Service levels keep to that rule. Who is to be answered sooner is not simply
// taken first, or one promised an hour would overtake everybody promised a day for
// ever. Instead a policy may raise what is at risk, and what is late, by steps: they
// count as priority from the warning or the breach on, and are seen by all. Where
// two stand at the very same place, the one whose promise ends first is first.
//
// # Capacity
//
// An agent is given nothing that does not fit beside what they have and are asked to
// take. That holds too for what was theirs and comes back, from a reopening or a
// snooze: [Desk.Room] tells whoever decides about that whether it may stay with them.
// What people take for themselves or put upon each other by hand is theirs to judge.
//
// An agent whose connection does not come back within [Grace] is offline, and what
// they had not begun goes back to its place; how they stood is kept for when they
// return. Whoever goes away or into a wrap-up keeps what is theirs, but an offer goes to
// somebody else at once.
//
// An agent who is disabled, or who is gone from the settings, works no more: all that is
// open with them is taken back at once, begun or not and in queues of every mode, or
// nobody would see it. A desk that was told of no agent at all takes nothing from anybody.
//
// # Overflow
//
// What waits too long goes to another queue, once into each for as long as its place
// lasts: queues that overflow into each other pass it round once, and then it stays. A
// queue that is closed and passes on is passed over.
//
// # Hours and calls at a time
//
// A closed queue that holds gives out nothing and moves nothing; all that waits
// keeps its place, and goes out at the opening. The times of a queue (overflow, the
// wait for one agent, the levels that fall) stand still meanwhile. A closed queue
// that moves passes on all that waits in it, to the first that does not pass it on;
// a queue that would get it back keeps it. An offer that stands at closing stands.
//
// Who waits only for a call at a time they named keeps the place of the day they
// asked, and is not offered before that time.
//
// # Cost
//
// Waiting conversations that ask the same of an agent (queue, levels by now,
// whom they prefer, weight) form a class, kept in order. A free agent looks at
// the first of each class, and an arriving conversation at each agent; nobody
// looks at every conversation that waits.
package assignment
