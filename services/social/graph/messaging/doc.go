// Package messaging is what Messenger and Instagram direct messages share: the
// items of the lists messaging and standby, and the Send API.
//
// An item becomes one statement. A message keeps the provider's id (mid), which
// the answer to a send and the echo of what was written in the provider's own
// inbox carry alike. Reads and deliveries without ids are watermarks. What the
// package does not know is kept raw. A press of a quick reply or a postback button
// is a message whose Pressed is the payload. The provider gives no name with a message,
// no order beyond a time in milliseconds, and no key that would make a second
// send harmless.
package messaging
