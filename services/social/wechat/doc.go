// Package wechat is the adapter of WeChat official accounts: messages and events
// as XML in, customer service messages out.
//
// Requests are signed in the query. In plain mode the signature covers a token,
// a time and a nonce but not the body, so a sender is stated and not proved; in
// secure mode it covers the encrypted body, which is read with the account's AES
// key. A time more than ten minutes off is refused: WeChat repeats an event
// within fifteen seconds, and the time is that of the attempt.
//
// A user's openid belongs to one account. Messages have an id, events have none
// and are known by who, when and what. Sending answers no id and has no
// idempotency key, so an attempt whose end nobody saw is unclear. Anything may be
// sent for 48 hours after the user's last words. The access token is fetched when
// it is needed and kept in memory for as long as it holds.
//
// Quick replies are a menu below the text (msgmenu). Its lines can be pressed
// again; a press is a text with the line's id.
package wechat
