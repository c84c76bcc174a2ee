// Package whatif plays a past span of time again, as it was or with other people
// and other rules, from the log alone.
//
// A [Recorder] reads decisions in order and makes a [Day] of them: who began to
// wait when, for what and with what claim to which agent, how long the work on it
// took, how long the offers were thought about and how they ended, what agents had
// to do beside, and how they stood. [Simulate] gives that day to the same desk that
// gives out work (package assignment) and moves the clock from one thing that
// happens to the next, so a day takes as long as its decisions do and no longer. The
// [World] it is played in is that of the day too, with what was changed within it; a
// question changes nothing but what it names.
//
// What is taken from the day and never guessed anew: arrivals, needs, priorities,
// the length of the work, which of the offers of a conversation were let go by, and
// the patience of those who left. What cannot be known is assumed, and told with
// every answer; see [Assumptions].
//
// In one queue of equal agents and work, more agents never make anybody wait
// longer. With skills, teams and shifts they may, as in life: an agent more can
// take the conversation that kept another one free for the next.
package whatif
