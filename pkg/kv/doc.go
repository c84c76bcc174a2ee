// Package kv keeps small settings in one JetStream key-value bucket, with
// history, and shows them to this process as typed tables that are always
// current.
//
// A write goes through the event log of the bucket's stream, so it is durable
// when Put returns, and a stale expectation is refused by the server. Reads
// never leave memory: a table watches its keys and holds every value decoded,
// so it is meant for thousands of entries, not for millions. A Put is visible
// in the table it went through when it returns, and in every other table a
// moment later.
package kv
