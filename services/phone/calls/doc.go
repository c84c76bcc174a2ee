// Package calls turns the legs that an exchange records into the one call a
// customer would speak of. It is pure: the same legs, in any order and however
// often repeated, fold to the same call.
//
// A leg is one attempt to connect somebody: the caller's own channel, an agent's
// telephone that rang, a voicemail box. What is called "answered" by an exchange
// is often a machine, so every leg says who answered ([Role]), and only a person
// makes a call answered.
//
// The rules, in the order in which they are asked:
//
//	answered   a person on the far side took a leg
//	voicemail  none did, and a voicemail box took one
//	abandoned  none did, and an inbound call stood in a queue
//	missed     some leg rang out or was given up by the caller
//	busy, rejected, failed   the first of these that any leg ended with
//	missed     there is nothing but machines
//
// Ringing is what the customer waited, menus and queues included: from the first
// leg's beginning to the first person (or voicemail box), else to the end. Talk is
// the time in which at least one person was connected: an overlap, as in an
// attended transfer, counts once.
package calls
