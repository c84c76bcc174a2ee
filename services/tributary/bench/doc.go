// Package bench measures the whole program from outside, and beside it, in
// alternating rounds of the same run, a bare pipeline of the same parts: HTTP,
// synced append, read, synced append, socket, with none of the product between.
// What the product costs is the difference.
//
// Every server is a process of its own, started from this executable with a
// fresh folder and free ports; so is the load generator, which speaks to both
// through public ports only and knows them apart by nothing but addresses. All
// of it runs on one machine over loopback, so the generator's own work is part
// of every figure. Each figure is given with its spread over the rounds.
//
// What the generator counts it knows by itself: a message is lost when it was
// acknowledged and never came to the first agent's socket, and doubled when it
// came more than once. For queues the same words are about assignments: a
// conversation is lost when it was given to nobody, and doubled when it was given
// more than once.
package bench
