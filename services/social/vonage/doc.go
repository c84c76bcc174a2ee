// Package vonage is the adapter of the channel vonage: text and picture messages,
// WhatsApp, Viber and Messenger by Vonage's Messages API (v1), and text messages
// that an account still gets by the older SMS API.
//
// Two ways of proof are taken: a JSON web token over the body (Messages API), and
// the parameter sig (SMS API). Vonage says that it now and then forgets to sign
// and signs the repeat that follows a 5xx, so a message without any proof gets
// 503; one with a wrong proof gets 401.
//
// Ids: message_uuid, "message_uuid:status" for a receipt, messageId in the SMS
// API. An answer carries our own id as client_ref, which its receipts bring back.
// Parts of one long text message that the older API delivers apart are messages
// of their own in one thread, since nothing here could keep a part durably until
// the others come.
//
// Quick replies go out on WhatsApp only, as a custom message in WhatsApp's own
// form; text messages have none. A press is a message with the reply's id, or the
// button's payload.
//
// Customers are numbers, points of kind phone, on the networks of telephones;
// elsewhere they are points of kind vonage. Where a customer wrote on another
// network than the inbox's, the point is "network:id", so that the answer goes
// back the same way. There is no idempotency key: an attempt whose end nobody saw
// is unclear until a receipt says more.
package vonage
