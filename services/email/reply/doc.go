// Package reply finds what a correspondent wrote and what their program
// quoted. It reads the structure of HTML where mail programs leave one, and
// otherwise the habits of plain text in the languages listed in
// attribution.go and headers.go.
//
// It throws nothing away: Split returns the reply, the signature and the
// quoted part, and where stripping would leave nothing the whole text is the
// reply. It is deliberately timid, because a quotation shown twice costs an
// agent a glance and an answer hidden costs a customer. Input beyond MaxText
// bytes is not analysed; it goes with whatever precedes it.
//
// Patterns are RE2, so time is linear in the input. All functions are pure.
package reply
