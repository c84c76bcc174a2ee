// Package simulate drives a running Tributary, wherever it runs, through its
// public ports: customers who write by webhook, by mail and in the web chat, in
// three languages, in bursts and lulls, who change channels and send things
// twice; and agents who claim, answer, note, tag, put aside and end their
// conversations over REST while they watch them live.
//
// At the end it holds the REST answers against its own books: every message that
// was acknowledged to a customer, and every answer that was accepted from an
// agent, stands there exactly once.
//
// Beside them stand those that only tell: telephone exchanges that report missed
// calls and the calls back, shops whose orders are refunded and cancelled, and a
// product that reports what its users do. There the books say that each call
// stands once, that a missed one promised a call which the call back kept, and
// that the timeline shows each order once and as it is by now.
//
// Each text carries a mark that is unique in the run, so nothing depends on how
// the program names things. The same seed gives the same customers and the same
// choices; only timing differs. The load it makes is bounded by its options.
package simulate
