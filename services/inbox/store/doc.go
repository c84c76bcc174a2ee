// Package store keeps the inbox's views in one bbolt file and reads pages out
// of it. All of it is derived from the stream CONVERSATIONS: delete the file
// and the same bytes come back (P6).
//
// One transaction holds a batch of decisions and the sequence of the last one,
// so a batch is in or it is not; decisions at or before that sequence are
// skipped, so delivering twice changes nothing. Within a batch hot rows are
// folded: a conversation changed ten times is written once. What is read within
// one [Store.View] stands for one sequence, [Reader.AsOf].
//
// # Layout
//
// Numbers are big-endian, strings end with a mark that keeps their order (see
// pkg/bolt), "newest" numbers are inverted.
//
//	meta      "applied"                                   sequence of the last decision
//	rows      conversation id                             columns (rowcode.go), then the conversation's JSON
//	lists     order, dimension, status, value, sort, id   nothing; the id is read from the key
//	counters  name                                        count, 8 bytes
//	cells     team, queue, name of an open one            count, 8 bytes
//	items     owner, place, id                            kind, inbox, sequence, JSON of a message or a line
//	folded    conversation, merged conversation           nothing
//	contacts  contact id                                  JSON of views.Contact
//	holds     contact, conversation                       nothing
//	messages  sequence >> 14, message id                  conversation id
//	books     inbox                                       stored, duplicate, rejected, 8 bytes each
//
// A page is spliced of stored JSON: nothing is decoded or encoded to show a row.
// Message ids are hashes, and random keys are what bbolt is slow at; the index
// of messages is therefore cut into generations by sequence, each small enough
// to be hot while it is written, and a look-up tries them from the newest on.
package store
