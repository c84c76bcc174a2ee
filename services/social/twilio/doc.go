// Package twilio is the adapter of the channel twilio: text and picture messages
// of a telephone number, and WhatsApp or Messenger through Twilio, by its
// Programmable Messaging API (2010-04-01).
//
// It owns the meaning of Twilio's form posts for messages and their receipts, and
// the call that sends. What signs them is in pkg/channel/signature.
//
// Ids: a message is its MessageSid, a receipt "MessageSid:status". An answer's
// receipts are asked for at an address that carries our own id, so a receipt is
// matched even where nobody saw Twilio's answer to the attempt.
//
// A customer of a text message is their number, a point of kind phone that other
// channels share. On WhatsApp an answer goes to "whatsapp:+…", a point of kind
// twilio, with the number beside it. Senders that are words or short codes are
// points of this inbox.
//
// Buttons go out only in contents that were made at Twilio before, so quick replies
// are left to the text. A press of such a content's button or row comes in with its
// payload as the value.
//
// Twilio gives no time with a message and no idempotency key. Messages are
// ordered by arrival; an attempt whose end nobody saw is unclear until a receipt
// says more. Text that answers a hook would be sent to the customer, so the
// answer is always an empty TwiML document.
package twilio
