// Package ws holds one WebSocket (RFC 6455) each: reads its text frames,
// writes what others queue, and notices when the other side is gone.
//
// # Promises
//
// Frames of one connection leave in the order of Send and SendPrepared, each
// as a message of its own; several that wait go out in one system call.
// Nobody who sends ever waits for the network: the queue is bounded in frames
// and in bytes, and a connection that cannot keep up is closed with
// Options.OverflowCode, never served with a gap. Everything may be called
// from many goroutines.
//
// # Cost
//
// An idle connection costs one goroutine blocked in a read, a read buffer of
// 512 bytes and a timer: TestMemoryOfAnIdleConnection holds it under 15 KiB.
// The writer goroutine lives only while there is something to write, and
// write buffers are pooled. For the same reason the HTTP handler that calls
// Upgrade should return soon after Start: as long as it stays, so do the
// buffers of net/http.
//
// # What it refuses to own
//
// Who may connect, what the frames say, and the list of connections.
package ws
