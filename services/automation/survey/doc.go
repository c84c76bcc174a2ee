// Package survey asks customers by itself once a conversation has been resolved.
//
// It has two halves. One follows the log in every process and remembers, in
// surveys.db, what the asking depends on and when it is due:
//
//	talk     conversation id               -> flags, who of ours answered last
//	contact  contact id                    -> when they were last asked
//	due      time, conversation id, survey -> when and by what they are due, JSON
//	of       conversation id, key in due   -> nothing
//	failed   contact id                    -> messages that never reached them, JSON
//
// The file is made from the log and the questionnaires as they stand when a
// conversation is resolved: a questionnaire that is made or changed later counts
// for what is resolved later. It may be deleted; what should have been asked more
// than a day ago is then left alone, as it is after a stop of more than a day.
//
// The other half acts, in one process at a time (see package work): it looks again
// at whatever is due, and gives the router one command with an id that follows from
// the resolving. Should two processes act at once, or one repeat itself after a
// crash, the router still asks once.
//
// A customer is asked by a message over the road they used last: what is asked, how
// to answer by number, and the address of the page where this program has a public
// one. The scores go along as answers to press. Which channel it will be is not known
// here, and whether it has that many buttons: so the text never speaks of them.
//
// Where that road takes no question (a call, an inbox that only hears, a closed
// window) the router is given the same asking once more, to go over another road that
// is proved to be the same customer's: see [commands.AskSurveyBody]. It keeps away
// from addresses that failed before, which is known here alone. A questionnaire may
// forbid it. Where there is no such road they are not asked, and the count says why.
package survey
