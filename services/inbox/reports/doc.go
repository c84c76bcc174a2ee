// Package reports keeps what happened, hour by hour, as the log tells it, and
// answers questions over any range. It only computes: decisions and settings go
// in, tables come out, and beside the contracts it knows only the sketch that
// keeps percentiles. What each number means stands in the glossary, under
// Reports; the same decisions in the same order give the same tables.
//
// # Layout
//
// What happens falls into a cell: an hour of the zone's clocks, and where the
// conversation stood (channel, inbox, queue, teams, agent, tags) after the
// decision. A cell holds counts and sketches, so a table is the merge of cells,
// whatever it is grouped by, and an average, median or 90th percentile of a month
// is that of every single value in it.
//
// The backlog is kept as it is now and walked back to the end of each hour that a
// question asks for, by what came and went since: a question about lately costs
// little, and one about years ago a walk over the years.
//
// # The conversations behind a number
//
// A cell remembers the first [MaxNamed] conversations of each of its numbers; see
// [Ledger.Conversations], which says when that is not all of them. Cells are
// narrow, one hour of one agent in one queue, so this is seldom. The backlog is
// named as it stands now only: what it was made of in the past is in the log.
//
// A [Ledger] is for one goroutine.
package reports
