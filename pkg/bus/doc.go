// Package bus is Watermill's Publisher and Subscriber over JetStream, for
// durable workers: those that act on the outside world and must neither forget
// a message nor be stopped by a bad one. Readers that only fold the log into a
// state use package feed, which costs the server no consumer.
//
// # Publishing
//
// Publish returns when every message is as durable as its Appender makes it.
// The messages of one call are sent without waiting for one another and stand
// in the stream in their order. The stream drops a second message of the same
// topic and UUID within its Duplicates window.
//
// # Subscribing
//
// A Subscriber reads through a durable pull consumer, one for each group and
// topic, and hands out at most Concurrency messages at a time. A message that
// is not acknowledged comes again, for ever: at least once is the promise, so
// handlers must bear a repetition (acknowledgements are not synced to disk).
// While a message waits or is worked on the server is told so, and a handler
// may take as long as it likes.
//
// With a Key, messages of one key are handed out one at a time in the order of
// the stream, and a refused one is offered again, after its back-off, before
// the next of its key; other keys go on. This holds over a restart, and over a
// crash, after which all wait until those that the dead process held have come
// back (at most AckWait). It holds for one subscriber of a
// group and topic at a time. Without a Key a refused message goes back to the
// server and others overtake it.
//
// # Giving up
//
// Poison is a middleware that stores a message under a dead-letter subject,
// with its history, before it lets it be acknowledged. DeadLetters lists what
// is there, and sends one back on its way.
//
// # Why not watermill-nats
//
// It waits for each published message before it sends the next, deletes the
// durable consumer when a subscription ends, and its JetStream subscriber
// panics on a subscription cancelled at the wrong moment.
package bus
