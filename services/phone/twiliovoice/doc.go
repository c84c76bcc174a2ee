// Package twiliovoice is the source of calls that a Twilio number takes: it
// answers the number's webhook with TwiML, and turns Twilio's callbacks into
// legs that the phone service folds.
//
// One call is many posts to one hook, told apart by the parameter step and by
// their fields. They become legs under the CallSid of the parent:
//
//	CallSid:began        the number was called; keeps when, and who
//	CallSid              the parent is over (or a child of a dial is)
//	DialCallSid          somebody of ours was rung: a person
//	RecordingSid         a recording; of the verb Record it is a voicemail box
//	TranscriptionSid     what was said in a recording
//
// Twilio calls a parent completed even where only a machine spoke, so the parent
// of an inbound call is a machine's leg: it is missed unless a dialled leg was
// answered or a voicemail left. A late recording states the call again, richer,
// under the same CallSid.
//
// Times are Twilio's where a callback has them, else those of its first arrival.
package twiliovoice
