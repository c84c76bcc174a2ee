// Package whatsapp is the adapter of the WhatsApp Business Platform (Cloud API):
// one inbox is one business phone number.
//
// Who is who. A customer is known by a number (wa_id), by a business-scoped user
// id, or by both; somebody with a user name may show the user id alone. The user
// id is the first address where there is one, the wa_id stands beside it, and so
// does the phone number, which the provider has proved. A change of either is a
// statement with both addresses. Ids are scoped to the business number.
//
// What comes in: messages in all kinds, edits, revokes, reactions, statuses,
// calls, opt-outs, and what was sent from the phone's own app. A request holds
// several items and each becomes one statement; items of another number are kept
// raw. Times are whole seconds, order within one second is not given. Files are
// ids: they are fetched later, by [Adapter.OpenMedia].
//
// What goes out carries our message id as biz_opaque_callback_data, which every
// status brings back. The provider has no key against double sends. Outside 24
// hours after the customer's last message it takes templates only. Quick replies
// are buttons under the last part of the text or a list behind it; groups get the
// text alone. A press, of a template's button too, is a message with its value.
package whatsapp
