// Package natsd runs a NATS server with JetStream inside the process.
//
// It owns the server's life: start, in-process connections, where its file
// store keeps a stream, and an orderly stop. It owns no streams and reads no
// messages.
//
// What it promises: nothing listens on the network unless a port is asked for;
// no signal handler is installed and nothing is written to stdout or stderr;
// Shutdown returns only when the server's goroutines are gone and its files are
// closed.
//
// On disk, under Options.StoreDir, the server keeps
//
//	jetstream/$G/streams/<stream>/meta.inf, meta.sum    the stream's configuration
//	jetstream/$G/streams/<stream>/msgs/<n>.blk          records, appended to the highest n
//	jetstream/$G/streams/<stream>/msgs/index.db         a cache of the above, rebuilt when stale
//	jetstream/$G/streams/<stream>/obs/<consumer>/       consumers
//
// StreamDir names the directory of one stream, for those who sync or copy it.
package natsd
