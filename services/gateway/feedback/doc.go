// Package feedback is the public page of a survey: a form for whoever has the
// address that stands in the question.
//
// The address is the right to answer one survey (see surveylink); there is no
// session, no cookie, and nothing of the customer is shown. To open the page never
// records anything: scanners of mail open every address. Only the form does, and
// it may be sent again until the survey ends, each time in the place of the last.
// A form sent by another site would need the address, so there is nothing to forge.
//
// Whoever was asked again later may still answer the earlier question for itself, by
// the rules of a button in the channel: until it ends, and as long as the router
// remembers it. After that the page says that it is over, and whether an answer is
// kept. What was never made here gets another page, the same for every guess: it
// tells nobody whether a survey exists. The page works without scripts,
// loads nothing from anywhere, and speaks Korean or English by Accept-Language.
package feedback
