// Package viber is the adapter of Viber bots (REST bot API).
//
// Viber signs every callback with the bot's token. A message is known by its
// message_token, a number of 64 bits. A user's id belongs to one bot. Viber has
// no idempotency key: an attempt whose end nobody saw is unclear, and neither
// delivered nor seen can settle it, because both name a token that was not read.
package viber
