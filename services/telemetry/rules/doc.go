// Package rules says what an event of a product means for the people who help
// its users: a rule with conditions over the event's JSON makes a message of it
// ("battery at 5 %"), or a fact about the customer ("plan: trial").
//
// It is pure: the same settings and event give the same matches, and nothing is
// remembered. Whoever uses it keeps once_per (see [Match.Once]).
//
// A pointer is a JSON pointer (RFC 6901). A text may hold {{/pointer}} places,
// which are filled with the value as it is written; a value that is missing or is
// no text, number or boolean fills in nothing.
package rules
