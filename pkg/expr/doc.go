// Package expr compiles conditions that people write (CEL) and asks whether they
// hold for a Go value.
//
// The type parameter of a [Language] is the struct that an expression sees: its
// fields, by their json names, are the variables; the fields of the structs in
// them follow after a dot; and exported methods of those structs, in snake case,
// are functions on them (contact.spent_since(now - days(90))). Nothing else is
// known: no clock, no chance, no files, so that the same expression over the same
// value gives the same answer whenever it is asked.
//
// Added to the functions of CEL itself are days(n) and minutes(n), which are
// durations; sum() over a list of numbers; lower() and trim() over a text; and
// contains_any(list), which looks for one of several texts without regard to
// upper and lower case.
//
// An expression is bounded when it is compiled (bytes, nodes, nested loops, the
// size of its patterns) and when it is asked ([MaxCost], in the units of CEL's
// cost model, which is counted and not timed and therefore the same on every
// machine). A [Program] may be asked by many goroutines at a time.
package expr
