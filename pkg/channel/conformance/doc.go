// Package conformance is the suite that every channel adapter passes. It holds
// an adapter to the port of package channel through its public doors only: HTTP
// requests in, statements and send results out.
//
// [Run] is for an adapter in this program: it stands the adapter behind
// channel.Hooks on a real socket, with a publisher that keeps what is published
// and can be made to fail. [RunDoor] is for a door anywhere, given its URL: it
// checks what a provider can see, and leaves out what only the log shows.
//
// The author of an adapter describes it as a [Subject]: how its provider writes
// a message, a batch, something unknown, and how it signs.
package conformance
