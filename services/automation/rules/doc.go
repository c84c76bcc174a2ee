// Package rules decides what the rules of the house do about a decision. It is
// pure: whether an expression holds is asked through a function, and what comes
// out is a list of commands with the ids under which they may be given any number
// of times and are carried out once.
//
// A rule acts on a fact of one of its types, in the conversation that the fact is
// about; a fact about a customer alone (an order, a segment) concerns every
// conversation that the decision brought a row of and that goes on. Within one
// decision a rule acts on a conversation once, on the first fact for which it
// holds. Rules are asked by position, then by id, each of the same row: what one
// does is seen by another only as a fact of its own.
//
// Three things keep rules from going round for ever. A rule does not act on what
// followed from itself (it is among Cause.Rules). A chain of rules that follow
// from one another ends after events.MaxRules. And [Budget] counts how often a
// rule has changed a conversation within an hour, whatever way it came round: a
// loop that goes over something that knows no causes, such as a provider's
// receipt or a customer's machine, ends there.
package rules
