// Package testkit holds what many packages' tests need: a real NATS server in
// the process, logs on it, waiting for a condition, golden files, and the check that
// no goroutine is left.
//
// Everything it starts is stopped by the test's own cleanup, in reverse order.
// It fakes nothing.
package testkit
