// Package wire is what the adapters of providers that have nothing else in
// common share: secrets that are compared, statements with their raw form,
// ids for providers that give none, messages that leave in several pieces, and
// small bounded memories.
//
// It knows no provider, keeps no state of its own, and its functions may be
// called from many goroutines.
package wire
