// Package shop is the adapter of the channel shop: any shop that can post its
// orders as JSON, described by the inbox's settings. Nothing can be sent through
// it.
//
// A request is proved by an HMAC over the raw body, a token in a header, or basic
// authentication; "none" leaves the hook's secret path as the only proof. JSON
// pointers (RFC 6901) name the fields of an order and of its customer. Where a
// pointer to a batch is given, every item there is an order, and one that cannot
// be read is kept raw as unknown without harm to the others.
//
// An order becomes order.stated under the id "order id @ time of change", so that
// a second delivery changes nothing and a changed order is news. A shop without
// times of change gets the time of receipt, and an id over the content, flagged
// "derived-id". The customer's own id is the shop's, or that of external_scope; it
// is proved where the body is signed and stated elsewhere. An order whose customer has no address
// at all is kept raw, flagged "no-customer".
package shop
