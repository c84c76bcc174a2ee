// Package zalo is the adapter of a Zalo Official Account (Open API version 3).
//
// Zalo signs an event with a plain SHA-256 over the app's id, the raw body, the
// timestamp that stands in the body, and the account's secret key. It repeats an
// event for hours, so an old timestamp is no reason to refuse one. A user's id
// belongs to one Official Account. Echoes of the account's own messages
// (oa_send_…) bear the id that sending answered.
//
// Quick replies are not offered: a customer care message of version 3 is a text, a
// picture, a file, a sticker or a form that asks for an address. Buttons stand in
// the paid templates only (transaction, promotion), whose content Zalo approves.
// What an account's own menu has a user say comes as a text like any other.
//
// The access token lives for about a day, and the refresh token that renews it
// may be used once only: two programs that refresh lose the account. With
// refresh_token and app_secret the token is renewed here (see channel.Renewals);
// without them it is a setting, renewed by whoever holds the refresh token. When
// it dies, the inbox is suspended until a new one is set, and nothing that waits
// is lost.
package zalo
