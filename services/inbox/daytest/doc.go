// Package daytest makes up days of a contact centre, decision by decision, as a
// router would store them: every fact stands with the row that comes of it. It is
// for tests of what is folded from the log. Chance is handed in, so that a
// property test can shrink a day and a benchmark can repeat one.
package daytest
