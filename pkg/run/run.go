// Package run starts services in order, tells when all of them are ready, and
// stops them in reverse.
//
// A Group starts a service only when the one added before it is ready, so that
// readers stand before writers. The first service that ends, with or without
// an error, and the cancelling of the context both stop the whole group: each
// service's context is cancelled only after everything added later has
// returned, and each has its own deadline to return by.
//
// The group owns one goroutine a service and returns from Run only when all of
// them have ended, except those that overstayed their deadline, which it names
// in the error. A panic in a service is turned into its error, so that the
// others can still flush.
package run

import "context"

// Service is something that runs until its context is cancelled.
type Service interface {
	// Run blocks until ctx is cancelled and everything the service started has
	// ended. It returns nil, or ctx's error, after a cancellation; any return
	// before one is a failure.
	Run(ctx context.Context) error
	// Ready returns a channel that is closed once the service does its work.
	// It is the same channel on every call. A service that is never ready
	// never closes it.
	Ready() <-chan struct{}
}

// Func makes a Service of a function, which calls ready once it does its work.
// Calling ready again does nothing.
func Func(fn func(ctx context.Context, ready func()) error) Service {
	return &funcService{fn: fn, signal: NewSignal()}
}

type funcService struct {
	fn     func(context.Context, func()) error
	signal *Signal
}

func (s *funcService) Run(ctx context.Context) error { return s.fn(ctx, s.signal.Set) }
func (s *funcService) Ready() <-chan struct{}        { return s.signal.Done() }
