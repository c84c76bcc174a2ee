package kv

import (
	"strings"

	"github.com/nats-io/nats.go"
)

// operation is the header with which a bucket marks a deletion or a purge.
const operation = "KV-Operation"

// Subject is the subject of an entry in the stream of a bucket.
func Subject(bucket, prefix, id string) string { return "$KV." + bucket + "." + prefix + "." + id }

// Entry reads of a message of a bucket's stream, for those who follow the stream
// itself and with it every former value, which entry it is of which table, and
// whether it was removed. The prefix is empty where it is no table's entry.
func Entry(bucket, subject string, header nats.Header) (prefix, id string, removed bool) {
	rest, ours := strings.CutPrefix(subject, "$KV."+bucket+".")
	prefix, id, ok := strings.Cut(rest, ".")
	if !ours || !ok {
		return "", "", false
	}
	return prefix, id, header.Get(operation) != ""
}
