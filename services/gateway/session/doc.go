// Package session is one agent's socket at /live: it says hello, answers frames,
// begins subscriptions and ends with a code that tells the client what to do
// next. What a subscription is given is package hub's business; what a command
// may do is package desk's.
//
// # Promises
//
// A subscription without a cursor is given a snapshot that names its place in
// the log and then every event after it. With a cursor it is given exactly the
// events after that cursor, by whichever gateway it asks, unless the gap is
// longer than Options.MaxGap or the cursor is beyond the end of the log: then a
// snapshot comes instead. Subscribing anew under the same id replaces the former.
//
// Commands of one socket are carried out one after another, in the order in
// which they came. Nothing waits on a browser: frames queue up to a bound in
// bytes and in number, and a reader that falls behind is closed with 4408 and
// resumes. A past that is read for a subscription is held back until the socket
// has written what it has.
//
// A pong carries a cursor when every subscription of the socket follows live;
// everything up to it had been sent before the pong.
//
// # The board
//
// The view "board" is not of conversations: it has no filter and no cursor. While a
// screen of this process shows it, the inbox's board is followed once, asked for
// whole at the beginning and after every change that was lost on the way. What is
// sent is divided and written once for all who see the same. A screen whose socket
// is behind with its facts is left out, and given the whole when it has caught up.
//
// # Cost
//
// An idle socket has the one goroutine of package ws and about half a KiB here.
package session
