// Package eventlog appends to one JetStream stream and says when an append is
// durable, that is, when it survives the loss of power.
//
// A Log owns the wire protocol of appends to one stream: ordering,
// expectations, acknowledgements and their errors. It does not own the
// connection, the server, or what the messages mean.
//
// # Two moments
//
// An append is first accepted (the server gave it a sequence: order and
// expectation are decided) and later durable. Only the second may be told to
// the outside world; the first lets a caller go on to its next decision. All
// appends of one Log enter the stream in the order of the calls. DurableSeq is
// the watermark behind which everything is durable; readers must not show what
// lies beyond it, because a power cut may take it back.
//
// # Three ways to become durable
//
// The Commit in the Config says how:
//
//   - BlockSync, for a server embedded in this process with its own syncing off.
//     The file store of a stream with one replica writes a message to its newest
//     block file before it acknowledges. BlockSync then syncs that file once for
//     everybody who waits. It is the fastest, and what it gives up is that it
//     relies on the store's layout on disk, which is no documented interface;
//     layout_test.go fails when a server upgrade changes it.
//   - Batch, for a server that syncs always. It uses documented features only:
//     when several appends wait they travel as one atomic batch, which the
//     server syncs once. It gives up latency: for each batch the server makes
//     and removes staging files, which takes from one millisecond to several,
//     and an expectation that fails makes the rest travel again.
//   - ServerAck, for a cluster with replicas, or a server that syncs always:
//     the acknowledgement itself is the durability. It adds nothing and costs
//     the server's own price for every message.
//
// # What BlockSync relies on (nats-server 2.15, server/filestore.go)
//
//  1. With one replica, no async persistence and sync_always off, StoreMsg
//     writes the record to the block file with write(2) before the
//     acknowledgement is sent (writeMsgRecordLocked flushes in place).
//  2. Records are only ever appended to the block with the highest index. When
//     it is full a file with the next index is made in the same folder.
//  3. A block that is rewritten (compacted or compressed) is written to a
//     temporary file, synced, and renamed over the old one.
//  4. On start a block is cut at the first record whose checksum is wrong, and
//     index.db is used only when its checksum matches the last block.
//
// A power cut while two blocks are unsynced can keep the second and lose the
// tail of the first: appends that nobody was told about are then missing before
// others that nobody was told about. An atomic batch cut in half that way is
// taken out again when the Log is next opened.
//
// After a failed sync the operating system may have dropped the dirty pages and
// report success the next time, so a Log whose sync failed refuses every append
// until the process is started anew; Healthy says so.
package eventlog
