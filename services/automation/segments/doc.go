// Package segments keeps customers in the segments they belong to.
//
// A contact is looked at again when a fact has changed what is known of them, and
// all are when a segment was changed and once an hour, because time passes. Where
// what holds differs from what the log says, a command says it anew. Its id follows
// from the contact, the place in the log where their segments were last said and
// the answer, so that two who give it at once, or one who gives it twice, change
// nothing; and what was decided on an old state is looked at again when the fact
// comes back.
//
// An expression that fails at work holds for nobody, and is counted.
package segments
