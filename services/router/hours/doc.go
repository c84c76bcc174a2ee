// Package hours counts time in hours of business: whether somebody is there at a
// moment, how much of such time lies between two, and when so much of it will have
// passed. It is pure: the settings and the zone go in, and nothing is kept but
// them, so a [Calendar] may be shared freely.
//
// # What is open
//
// It is open whenever the clock on the wall of the zone shows a time within a
// block of the day, or of the holiday that takes the day's place. Where that clock
// jumps ahead, the hour that never was is not counted; where it is set back, the
// hour that comes twice is counted twice, and a block that ends inside it is open
// in both of its runs. Between two changes of the zone the clock runs evenly, so
// the work is done in plain seconds from one change to the next.
//
// # Bounds
//
// No answer looks further than [Horizon] ahead or back. Hours that are never open
// again are told from those that are by the second result of each question.
package hours
