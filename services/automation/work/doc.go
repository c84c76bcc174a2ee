// Package work is the automation as a service: it runs what does something by
// itself when facts are stored, and is the shell around package rules.
//
// There are two kinds of work. What follows the log to know things (customers and
// their orders) runs in every process and is ready before anything acts. What acts
// (rules, segments, surveys) runs in one process of a cluster at a time: whoever
// acts answers on events.AutomationPresentSubject with its name and its place in
// the log, the others look there, and one of them takes over from that place when
// nobody answers any more. Two may act at once for a moment; every command has an
// id that follows from the fact it answers, and whoever begins looks first which
// of them the log has already.
//
// The rules' worker asks the rules about every decision after its place, in order,
// and gives the commands that come out to lanes: those of one conversation go one
// after the other, and a conversation whose command has to wait holds up few
// others. Its place moves when everything before it is carried out or refused for
// good. So each fact is acted on at least once, and what is repeated changes
// nothing. The very first start begins at the end of the log: the past is for the
// dry run. A fact that is older than a day when its turn comes (the program was
// down) is passed over and counted.
//
// What is kept, in rules.db, is the place and what the loop guard remembers. It
// does not follow from the log (a rule that found nothing to do leaves no trace),
// so it is a kept file. Losing it loses the facts that were stored and not yet
// acted upon, no more.
package work
