package bus

import (
	"context"
	"sync/atomic"
	"time"
)

// Delivery is where a message came from and how often it has been tried.
type Delivery struct {
	// Stream and Seq are its place in the log.
	Stream string
	Seq    uint64
	// Subject is the one it was published to.
	Subject string
	// Attempt counts from 1. It is what the server and this process know
	// together: attempts of a key's message in a process that is gone count
	// as one.
	Attempt int
	// Stored is when it entered the log.
	Stored time.Time
}

type deliveryKey struct{}

// restKey leads to what the handler wishes for a message that it refuses, a *wish.
type restKey struct{}

type wish struct {
	rest    atomic.Int64 // nanoseconds
	untried atomic.Bool
}

// Rest says how long the message whose context is ctx is to rest when it is
// refused this time; it takes the place of the subscriber's Backoff. Messages of
// the same key wait behind it. No place is taken meanwhile.
func Rest(ctx context.Context, d time.Duration) {
	if w, ok := ctx.Value(restKey{}).(*wish); ok {
		w.rest.Store(int64(d))
	}
}

// Wait is Rest for a message with which nothing was tried: it does not count as an
// attempt, so that the Backoff of the first real one is short. Without a Key the
// server counts all the same.
func Wait(ctx context.Context, d time.Duration) {
	if w, ok := ctx.Value(restKey{}).(*wish); ok {
		w.untried.Store(true)
		w.rest.Store(int64(d))
	}
}

// DeliveryOf is what the Subscriber knows of the message whose context is ctx;
// false for a message from elsewhere.
func DeliveryOf(ctx context.Context) (Delivery, bool) {
	d, ok := ctx.Value(deliveryKey{}).(Delivery)
	return d, ok
}
