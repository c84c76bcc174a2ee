// Package threecx reads the call data records of 3CX, from a file or over TCP.
//
// The administrator of the exchange chooses which fields a record has and in
// which order; the same list stands in the settings. Over TCP the exchange
// connects to us (3CX: active socket) or we to it (passive socket); it repeats
// nothing that it sent while nobody listened, so a file is the safer way.
//
// callid holds the records of one call together: a transfer gives one more. A
// record that was replaced by another does not end its call.
//
// Source: 3CX's documentation of call data records.
package threecx
