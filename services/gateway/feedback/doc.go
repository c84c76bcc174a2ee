// Package feedback is the public page of a survey: a form for whoever has the
// address that stands in the question.
//
// The address is the right to answer one survey (see surveylink); there is no
// session, no cookie, and nothing of the customer is shown. To open the page never
// records anything: scanners of mail open every address. Only the form does, and
// it may be sent again until the survey ends, each time in the place of the last.
// A form sent by another site would need the address, so there is nothing to forge.
//
// What was never made here, has ended, or cannot be found, is one and the same
// page: it tells nobody whether a survey exists. The page works without scripts,
// loads nothing from anywhere, and speaks Korean or English by Accept-Language.
package feedback
