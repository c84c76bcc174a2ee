// Package chaos makes a storm: customers who write through every door, an agent
// who answers, and somebody who kills the whole program at random moments and
// starts it again. Whoever was not answered tries again with the same id, as
// providers, mail servers and browsers do.
//
// When the storm is over everything that was acknowledged has to be there,
// exactly once, in the order of each sender; each answer has to have reached the
// shop, once for whoever ignores an id they have seen; and the books have to
// balance.
package chaos
