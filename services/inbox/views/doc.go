// Package views is what the inbox remembers of the log, and how a decision
// changes it. It is pure: no clock, no files, no network. Package store keeps
// what these functions return and knows nothing of what it means.
//
// # Lists
//
// A [Row] is what a list knows about a conversation. From it follow the
// listings it stands in ([Row.Listings]) and with them the counters: a counter
// is the number of rows in a listing with one status, so it is kept, never
// counted. A row's Rank is the log sequence of the newest decision that moved
// UpdatedAt; a receipt or a reading changes the version and not the place.
//
// # Order of messages
//
// Messages of one inbox stand in the order the provider gives them
// (OccurredAt, Order, id), whatever order they arrive in. What is written on
// our side (a reply, a note) stands after everything the conversation held
// when it was written, even when the provider's clock is ahead of ours. Place
// says how both hold at once.
package views
