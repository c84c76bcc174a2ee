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
// Each text carries a mark that is unique in the run, so nothing depends on how
// the program names things. The same seed gives the same customers and the same
// choices; only timing differs. The load it makes is bounded by its options.
package simulate
