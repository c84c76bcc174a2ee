// Package recounttest counts the supervisors' board anew from all that ever
// happened on a generated day: slowly, with nothing kept from one answer to the
// next, and with no code in common with the board, so that the two can be held
// against each other. Only tests import it.
package recounttest
