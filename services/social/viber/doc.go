// Package viber is the adapter of Viber bots (REST bot API).
//
// Viber signs every callback with the bot's token. A message is known by its
// message_token, a number of 64 bits. A user's id belongs to one bot. Viber has
// no idempotency key: an attempt whose end nobody saw is unclear, and neither
// delivered nor seen can settle it, because both name a token that was not read.
//
// A pressed button comes as a text like any other, the one that the customer then
// sees as their own words in the chat: that is its label. The values stand in the
// tracking data of the message that offered them, which comes back with whatever
// the customer says next. So who types exactly what stands on a button, while the
// message that offers it is our newest, has pressed it: Viber tells no difference.
package viber
