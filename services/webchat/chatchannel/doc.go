// Package chatchannel is the channel webchat: the visitor's socket, what was
// said on it, and the page that shows it off.
//
// # What it owns
//
// The frames between the widget and us (frames.go), who a visitor is (token.go),
// the limits of strangers (limits.go), and one bbolt file with what was said on
// each web chat inbox with each visitor (store.go). It does not own the
// conversation: that is in the log, and the file is derived from it and may be
// deleted at any time.
//
// # What it promises
//
// An ack follows only once the message is durable in the log. A client id is
// one message however often it is sent, on whichever socket. A socket that
// comes back with the last seq it saw gets exactly what it missed, and edits and
// removals count as something missed. A visitor sees what was said on this
// inbox under an identity they have shown, and nothing else: no e-mail, no note,
// no other channel, also where an agent sees all of them in one conversation.
// Messages are pushed from the log's feed; no visitor waits for the file. What a
// visitor presses is a press only if that button was offered to them. An end of the chat is
// stated under the same promises as a message, and a line tells of it where there
// was a talk to end.
//
// # Who a visitor is
//
// A visitor holds a random token, made here, of which only a hash is stored. A
// page that knows its visitor proves it with HMAC-SHA256 over its own user id;
// then the visitor is that customer on every channel. A token that has been used
// by a signed-in customer is bound to them and worthless to the next person at
// the same browser. What a visitor types about themselves proves nothing.
//
// # The file
//
//	lines   visitor(16) seq(8)  -> a line as JSON: message, edited, removed
//	index   'm' message id      -> key in lines
//	        'p' provider hash   -> key in lines
//	        'c' visitor(16)     -> conversation id
//
// visitor is a hash over inbox and contact point. seq is the decision's place
// in the log times 256 plus the place of the fact among those that concern the
// chat, so it fits a JavaScript number until 2^45 decisions.
package chatchannel
