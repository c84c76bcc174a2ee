// Package bolt opens bbolt files that hold derived data: what they say can be
// said again from a log, so they trade safety on power loss for speed and
// know when the trade was called in.
//
// While a file is open nothing is synced. That is safe against the death of
// the process, however sudden: what it wrote is in the page cache of the
// kernel, which outlives it. It is not safe against the death of the kernel.
// A mark beside the file ("<file>.mark") tells the two apart: it holds the
// boot id of the machine (/proc/sys/kernel/random/boot_id), whether the file
// was closed cleanly, and the version of the schema. A file that was not
// closed cleanly and is opened under another boot id is refused with
// ErrUnclean; its owner removes it and builds it anew. Where there is no boot
// id to read, every file that was not closed cleanly is refused.
//
// The mark is a file of its own rather than a key in the database because it
// must be readable when the database is not: after a loss of power bbolt's
// pages can be any mixture of old and new, and walking them may panic or
// fault. The mark is replaced by rename and synced before the first write of
// a session can be.
//
// A kept file (OpenKept, kept.go) is the other kind: it holds what no log can say
// again, is synced at every write, and can be copied while it is open.
//
// The package also has the ordered encodings of keys (keys.go) and Hash, by
// which a test compares two files.
package bolt
