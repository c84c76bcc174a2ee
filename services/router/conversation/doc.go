// Package conversation holds the state of contacts and conversations and the
// rules by which they change. It is pure: a decision is made in a [Draft] over a
// [World] that only answers questions, at a time that is given, and what comes
// out is a decision made of facts.
//
// Every rule is in the methods that decide; [apply] has none and cannot fail.
// The same apply serves a decision in the making and the replay of a stored
// one, so state is the same whichever way it came about; a replay then takes
// each conversation's row from the decision, which carries it.
package conversation
