// Package channeltalk is the adapter of Channel Talk (Open API version 5): its
// user chats come in by webhook and answers go back into the chat they belong
// to. Team chat is not a customer's and is left out of conversations.
//
// Webhooks are not signed; they carry, in the query, the token that Channel Talk
// made for the webhook. A user's id is that of one Channel Talk channel, the
// Thread of a message is its user chat. Bots' and managers' messages come back as
// echoes: those sent here are known by the requestId they were sent with, and
// reported as sent.
//
// The buttons of a message open pages or run what is set up in Channel Talk, and
// no webhook tells of a press, so quick replies are left to the text.
package channeltalk
