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
// priority: one step is worth as much waiting as its queue says. That key never
// changes while it waits, so ageing costs nothing, and among equals nobody
// overtakes. An agent of several queues takes the first of all of them.
//
// # Cost
//
// Waiting conversations that ask the same of an agent (queue, levels by now,
// whom they prefer, weight) form a class, kept in order. A free agent looks at
// the first of each class, and an arriving conversation at each agent; nobody
// looks at every conversation that waits.
package assignment
