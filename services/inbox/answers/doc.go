// Package answers replies to contracts/queries: over NATS by request and reply
// on events.QueryPrefix + name, in the queue group "inbox", or by a direct call
// of [Server.Answer] with the same bytes.
//
// Every answer is read within one transaction of the views and names the
// sequence it stands for. A query with a MinSeq waits for the views to reach it,
// for a bounded time. What comes in is bounded: the size of a query, the length
// of its words, the number of queries at work and waiting; beyond that a query
// is answered "unavailable" at once and its sender tries again.
//
// Problems are "invalid" (the question makes no sense, a cursor among others),
// "not_found" and "unavailable". Their details never repeat what was asked.
package answers
