// Package ledger keeps what reports are made of: it follows the log with a
// [reports.Fold], stores the entries in one bbolt file, and answers the queries for
// reports and retention from it.
//
// The file is derived from the log and the history of the settings, and may be
// deleted: it comes out the same. It is also thrown away when its layout or the
// formula ([reports.Formula]) is another one, so that a mended definition holds for
// the past. While it is made anew questions are answered "unavailable": half a
// history would be a wrong number.
//
// # Layout of reports.db
//
// Numbers are big-endian; places and conversations are numbered from 1 as they
// first occur.
//
//	entries        code(1) hour(4) chunk(4)  -> records, see reports.ReadBlock
//	places         place's bytes             -> number(4)
//	placenames     number(4)                 -> place's bytes
//	conversations  id                        -> number(4) item as JSON, or nothing after it
//	names          number(4)                 -> id
//	duties         agent                     -> JSON
//	askings        survey                    -> JSON
//	carried        conversation(4)           -> place(4) of its tags, segments and agents
//	hands          agent 0 conversation(4)   -> place(4) units(4) of what they have in hand
//	stock          place(4)                  -> the backlog there now, varint
//	standing       conversation(4)           -> place(4) in the backlog now
//	days           day(4) place(4)           -> the backlog at the day's beginning
//	orders         contact 0 inbox 0 order   -> the order as JSON
//	folded         contact                   -> the contact it was merged into
//	folds          contact 0 contact         -> nothing: the second was merged into the first
//	segments       contact                   -> segments, joined
//	meta           span, day
//
// What is held in memory is bounded: one batch of decisions, the newest places, and
// for a question its groups.
package ledger
