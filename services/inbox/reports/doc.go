// Package reports tells what happened, as the log tells it, over any range. It only
// computes: decisions and settings go in, entries come out and are kept by
// somebody else (see services/inbox/ledger), and a question is answered from them.
// What each number means stands in the glossary, under The board and the reports;
// the same decisions under the same settings give the same tables.
//
// # Entries
//
// A [Fold] follows the log and notes an [Entry] for each thing that counts or was
// measured: when, which number, how much, in which conversation, and the [Place]
// where it stood after the decision (channel, inbox, queue, teams, agent, priority).
// Entries are never added up beforehand. So a table can be
// grouped and narrowed by anything, in the hours and days of any zone, an average,
// median or 90th percentile of a month is that of every single value in it, and
// behind every number stand exactly the conversations that made it. The price is
// about ten bytes for each entry, a few hundred for a conversation, which is little
// beside what was said in it.
//
// Tags and segments are not noted with them: they are what the conversation carries
// when somebody asks, see [Keeper], so that a tag which comes late is found under all
// that went before. So is the agent of what happened while nobody had it. The time of
// an agent is noted in shares, one for each conversation that they had in hand.
//
// The backlog is noted as what came into it and what left it, and starts from how
// it stood on a day that the keeper remembers.
//
// # The formula
//
// [Formula] is the version of all this. Whoever changes what a number means raises
// it: what was kept under another version is thrown away and comes out of the log
// anew, so that a mended formula holds for the past as well.
package reports

// Formula is the version of the definitions. It stands in every answer.
const Formula = 3
