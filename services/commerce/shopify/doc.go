// Package shopify is the adapter of the channel shopify: what a Shopify shop
// posts about its orders and customers. Nothing can be sent through it.
//
// A request is taken when X-Shopify-Hmac-Sha256 is the base64 HMAC-SHA256 of the
// raw body under the app's client secret. After a rotation Shopify may sign with
// the former secret for an hour, so previous_secret counts until the setting
// previous_until, which Check sets to one hour ahead when it is missing. Only the
// body is signed: whatever a topic in the header claims, a demand to delete is
// believed only where the body has the shape of one and names the shop.
//
//	orders/*                         order.stated
//	customers/create|update|enable…  contact.stated
//	customers/delete                 contact.stated, attribute shop_account=deleted
//	customers/data_request           contact.erased that asks for a report
//	customers/redact                 contact.erased of everything
//	refunds/create                   order.stated in part: the refund alone
//
// Anything else is kept raw as unknown, flagged with why where there is a reason:
// "shop-redact" (an operator has to delete the whole inbox), "no-customer" (a
// sale at the till), "other-shop" (the header names another shop than the
// setting), "topic-differs". The body of refunds/create names no customer and
// nothing of the order but its id: the refund is added to the order that stands,
// and orders/updated of the same moment states it among the rest.
//
// The id of a statement is X-Shopify-Webhook-Id, which stays the same in retries
// (https://shopify.dev/docs/apps/build/webhooks). Retries carry the original
// payload, so an order's UpdatedAt decides which statement is newer. Ids are 64
// bits wide and travel as text. The customer's id is scoped to the inbox and
// proved by the signature; e-mail and phone are stated, or claimed where Shopify
// says that the address is not verified. What Shopify leaves out of protected
// customer data is simply missing.
//
// With an access token the adapter keeps the shop's webhook subscriptions by the
// GraphQL Admin API. Shopify deletes a subscription after eight failures in a
// row, so what was registered once has to be looked at again: see
// [Adapter.Missing]. The three topics of the privacy law cannot be subscribed to
// that way; they are set in the app's own configuration.
package shopify
