// Package fetch is the media worker: it brings the files that messages name by
// URL into the blob store, and takes them out again when their message is taken
// back.
//
// It follows the facts. Every attachment of a message.added or call.amended that
// has a URL and no hash becomes a job in its own bbolt file. A job opens the file
// through the inbox's adapter (channel.MediaSource) or, for kind webhook with the
// setting media_hosts, with a plain GET; stores the bytes under their SHA-256;
// and tells the router with the command settle_attachment, always under the same
// id. What cannot be had is settled with the reason.
//
// Everything comes from outside, so everything is bounded: hosts by the adapter's
// list, addresses to public ones after resolution, schemes to https, redirects to
// listed hosts and without credentials, size, time, files at once and files at
// once from one host. An inbox with allow_private may use http and private
// addresses; its list of hosts holds all the same. The type is what the bytes are
// found to be.
//
// Jobs survive a restart: the file is folded from the log, its retry counters
// alone are not, and a file that is lost begins again. A file that cannot be had
// now is tried again, after a second at first and an hour at last, for three days
// after its message. The order in which files arrive means nothing.
//
// When a message is removed or its contact erased, its jobs are dropped, and
// every blob that no other message uses is deleted after a pause (Deps.Grace), in
// which an upload of the same bytes may become part of a message. Two processes
// that run this worker fetch everything twice and change nothing by it.
//
// Layout of the file:
//
//	jobs    message, attachment      → job as JSON
//	lanes   lane, due, message, att. → nothing: what is due, host by host
//	users   hash, message            → nothing: who uses a blob
//	uses    message, hash            → nothing: the same, the other way round
//	calls   message                  → inbox and channel of a call, for amendments
//	removed message                  → nothing: what is taken back
//	drops   hash                     → when the blob may go
package fetch
