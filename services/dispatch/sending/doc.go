// Package sending brings answers to the channel services: once per decision, in
// order within a conversation, and with a person's word where nobody can know
// whether a provider has a message.
//
// A pump reads the facts and puts what SendRequested asks for into the stream
// OUTBOUND; its place is written in each message there, so it needs no file.
// Durable workers take it from there, one at a time within a conversation.
//
// Before an attempt the worker has the router record that it begins, and
// afterwards how it ended. So the log alone tells whether a message has been
// attempted: a message that is settled is never sent again, however often it is
// handed out, and one whose attempt was cut short by a crash is sent again only
// over a channel that can bear it; for any other its outcome becomes unknown.
//
// An attempt that is known not to have left is repeated with back-off, or when
// the provider said to, for GiveUp; meanwhile later answers of the same
// conversation wait, and no others do.
package sending
